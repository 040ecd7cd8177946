import { type IndustryListEvent, industryListEvents } from '#domain/industry-list/events.ts'
import type { Entry, EntryKey } from '#domain/industry-list/fields.ts'
import { bareCode } from '#domain/shared/trade.ts'
import { type Projected, type ProjectionDb, projection } from '#projections/shared/projection.ts'
import { rowset, run } from '#projections/shared/sql.ts'

/**
 * The industry list (行业清单): its versions and their entries, drafts too, which province has acknowledged which, and what screening it by them came to.
 * What is in force on a date follows from the dates; nothing is written when a version is superseded.
 */
export const inForce = projection({
  name: 'industry-list-in-force',
  version: 2,
  sources: { IndustryList: industryListEvents },
  onPoison: 'halt', // all of it is one stream: what follows a hole would be wrong
  restMs: 100,
  publishes: ['industry_list', 'industry_list_trade', 'industry_list_acknowledgement', 'industry_list_screening'],

  create: `
    create table industry_list (
      version int primary key, status text not null, based_on int, drafted_at timestamptz, drafted_by text,
      published_at timestamptz, published_by text, effective_from date, ack_due_at timestamptz,
      revoked_at timestamptz, revoked_by text, revoke_reason text, diff jsonb, revision bigint not null
    );
    create table industry_list_trade (
      version int not null, standard text not null, code text not null, include_children boolean not null, category text not null,
      policy_ref text, note text, primary key (version, standard, code)
    );
    create table industry_list_acknowledgement (
      version int not null, province text not null, at timestamptz not null, by text not null, on_time boolean not null,
      primary key (version, province)
    );
    create table industry_list_screening (
      version int not null, province text not null, at timestamptz not null, run_id uuid not null, as_of date not null, rule_set_version int not null,
      customers int not null, named int not null, candidates int not null, reviews int not null, primary key (version, province)
    );`,

  apply: async (events, db) => {
    // A handful of events a year, each of another kind: they are applied one by one.
    for (const event of events) await applyOne(event, db)
  },
})

const applyOne = async (event: Projected<IndustryListEvent>, db: ProjectionDb): Promise<void> => {
  const { type, data, revision } = event
  switch (type) {
    case 'VersionDrafted': {
      const drafted = await db.query(run`
        insert into industry_list (version, status, based_on, drafted_at, drafted_by, revision)
        values (${data.version}, 'draft', ${data.basedOn ?? null}, ${data.at}, ${data.by}, ${revision}) on conflict do nothing`)
      return drafted.rowCount > 0 ? putTrades(db, data.version, data.entries) : undefined
    }
    case 'EntryAdded':
      return (await isNews(db, data.version, revision)) ? putTrades(db, data.version, [data.entry]) : undefined
    case 'EntryChanged':
      return (await isNews(db, data.version, revision)) ? putTrades(db, data.version, [data.after]) : undefined
    case 'EntryRemoved':
      return (await isNews(db, data.version, revision)) ? dropTrade(db, data.version, data.entry) : undefined
    case 'VersionPublished':
      return publish(db, event as Published)
    case 'VersionAcknowledged':
      await db.query(run`
        insert into industry_list_acknowledgement (version, province, at, by, on_time)
        values (${data.version}, ${data.province}, ${data.at}, ${data.by}, ${data.onTime}) on conflict do nothing`)
      await isNews(db, data.version, revision)
      return
    case 'VersionScreened':
      await db.query(run`
        insert into industry_list_screening (version, province, at, run_id, as_of, rule_set_version, customers, named, candidates, reviews)
        values (${data.version}, ${data.province}, ${data.at}, ${data.runId}, ${data.asOf}, ${data.ruleSetVersion}, ${data.customers}, ${data.named},
          ${data.candidates}, ${data.reviews}) on conflict do nothing`)
      await isNews(db, data.version, revision)
      return
    case 'VersionRevoked':
      await db.query(run`
        update industry_list set status = 'revoked', revoked_at = ${data.at}, revoked_by = ${data.by}, revoke_reason = ${data.reason}, revision = ${revision}
        where version = ${data.version} and revision < ${revision}`)
  }
}

type Published = Projected<Extract<IndustryListEvent, { type: 'VersionPublished' }>>

/** The whole list comes with the event: what the draft held is replaced by what was published. */
const publish = async (db: ProjectionDb, { data, revision }: Published): Promise<void> => {
  const published = await db.query(run`
    insert into industry_list as l (version, status, published_at, published_by, effective_from, ack_due_at, diff, revision)
    values (${data.version}, 'published', ${data.at}, ${data.by}, ${data.effectiveFrom}, ${data.ackDueAt}, ${JSON.stringify(data.diff)}::jsonb, ${revision})
    on conflict (version) do update set status = excluded.status, published_at = excluded.published_at, published_by = excluded.published_by,
      effective_from = excluded.effective_from, ack_due_at = excluded.ack_due_at, diff = excluded.diff, revision = excluded.revision
    where l.revision < excluded.revision`)
  if (published.rowCount === 0) return
  await db.query(run`delete from industry_list_trade where version = ${data.version}`)
  await putTrades(db, data.version, data.entries)
}

/** Moves the version's row to the event's revision; false when it has been there. */
const isNews = async (db: ProjectionDb, version: number, revision: bigint): Promise<boolean> => {
  const { rowCount } = await db.query(run`update industry_list set revision = ${revision} where version = ${version} and revision < ${revision}`)
  return rowCount > 0
}

const putTrades = async (db: ProjectionDb, version: number, entries: readonly Entry[]): Promise<void> => {
  const rows = entries.map(({ standard, code, includeChildren, category, policyRef, note }) => ({
    standard,
    code: bareCode(code),
    include_children: includeChildren,
    category,
    policy_ref: policyRef,
    note,
  }))
  await db.query(run`
    insert into industry_list_trade (version, standard, code, include_children, category, policy_ref, note)
    select ${version}, r.* from ${rowset(rows, 'standard text, code text, include_children boolean, category text, policy_ref text, note text')}
    on conflict (version, standard, code) do update set include_children = excluded.include_children, category = excluded.category,
      policy_ref = excluded.policy_ref, note = excluded.note`)
}

const dropTrade = async (db: ProjectionDb, version: number, { standard, code }: EntryKey): Promise<void> => {
  await db.query(run`delete from industry_list_trade where version = ${version} and standard = ${standard} and code = ${bareCode(code)}`)
}
