import { z } from 'zod'
import { highRiskUserEvents } from '#domain/high-risk-user/events.ts'
import { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { type ProjectionDb, projection } from '#projections/shared/projection.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'
import { UserCase } from './case/document.ts'
import { duesOf } from './case/due.ts'
import { caseAfter } from './case/fold.ts'

/**
 * Case work on high-risk users: a user's whole case as one document, every date in it that somebody has to look at, and the
 * promises that a sealed report may settle. Nothing in it identifies a person: who was spoken to is masked before it is kept.
 */
export const userCase = projection({
  name: 'high-risk-user-case',
  version: 4,
  sources: { HighRiskUser: highRiskUserEvents },
  onPoison: 'park-stream',
  restMs: 100,
  publishes: ['user_case', 'user_due', 'open_promise'],

  create: `
    create table user_case (
      province text not null, cons_no text not null, revision bigint not null, org_code text not null, document jsonb not null,
      primary key (province, cons_no)
    );
    create table user_due (
      province text not null, cons_no text not null, kind text not null, ref text not null, on_date date not null,
      org_code text not null, name text not null, level text, owner text,
      primary key (province, cons_no, kind, ref)
    );
    create index on user_due (on_date);
    create index on user_due (province, on_date);
    create table open_promise (
      province text not null, cons_no text not null, promise_id text not null, bills text[] not null, amount bigint not null,
      received_before bigint not null, made_on date not null, due_on date not null,
      primary key (province, cons_no, promise_id)
    );`,

  apply: async (events, db) => {
    const users = await load(events, db)
    for (const event of events) {
      const user = users.get(event.stream)
      if (!user || event.revision <= user.revision) continue
      const now = caseAfter(user.document, event)
      if (!now) continue
      user.document = now
      user.revision = event.revision
      user.changed = true
    }
    await save(
      [...users.values()].filter(({ changed }) => changed),
      db,
    )
  },
})

type User = { readonly province: ProvinceCode; readonly consNo: ConsNo; revision: bigint; document: UserCase | undefined; changed: boolean }
const Stored = z.object({ province: ProvinceCode, cons_no: ConsNo, revision: z.bigint(), document: UserCase })
const KEY = 'province text, cons_no text'

const load = async (
  events: readonly { readonly stream: string; readonly data: { readonly province: ProvinceCode; readonly consNo: ConsNo } }[],
  db: ProjectionDb,
): Promise<ReadonlyMap<string, User>> => {
  const users = new Map<string, User>()
  const named = new Map<string, User>()
  for (const { stream, data } of events) {
    if (users.has(stream)) continue
    const user: User = { province: data.province, consNo: data.consNo, revision: -1n, document: undefined, changed: false }
    users.set(stream, user)
    named.set(`${user.province} ${user.consNo}`, user)
  }
  const keys = [...users.values()].map(({ province, consNo }) => ({ province, cons_no: consNo }))
  const stored = await db.any(
    sql.type(Stored)`select c.province, c.cons_no, c.revision, c.document from user_case c join ${rowset(keys, KEY)} using (province, cons_no)`,
  )
  for (const { province, cons_no, revision, document } of stored) {
    const user = named.get(`${province} ${cons_no}`)
    if (user) Object.assign(user, { revision, document })
  }
  return users
}

const save = async (users: readonly User[], db: ProjectionDb): Promise<void> => {
  if (users.length === 0) return
  const known = users.flatMap(({ province, consNo, revision, document }) => (document ? [{ province, cons_no: consNo, revision, document }] : []))
  const cases = known.map(({ document, ...key }) => ({ ...key, org_code: document.orgCode, document }))
  await db.query(run`
    insert into user_case (province, cons_no, revision, org_code, document)
    select province, cons_no, revision, org_code, document from ${rowset(cases, `${KEY}, revision int8, org_code text, document jsonb`)}
    on conflict (province, cons_no) do update set revision = excluded.revision, org_code = excluded.org_code, document = excluded.document`)
  const keys = known.map(({ province, cons_no }) => ({ province, cons_no }))
  await db.query(run`delete from user_due d using ${rowset(keys, KEY)} where d.province = r.province and d.cons_no = r.cons_no`)
  await db.query(run`delete from open_promise p using ${rowset(keys, KEY)} where p.province = r.province and p.cons_no = r.cons_no`)
  const dues = known.flatMap(({ province, cons_no, document: { orgCode, name, level, owner, ...rest } }) =>
    duesOf({ orgCode, name, level, owner, ...rest }).map(({ kind, ref, on }) => ({
      province,
      cons_no,
      kind,
      ref,
      on_date: on,
      org_code: orgCode,
      name,
      level,
      owner,
    })),
  )
  await db.query(run`
    insert into user_due (province, cons_no, kind, ref, on_date, org_code, name, level, owner)
    select province, cons_no, kind, ref, on_date, org_code, name, level, owner
    from ${rowset(dues, `${KEY}, kind text, ref text, on_date date, org_code text, name text, level text, owner text`)}`)
  const promises = known.flatMap(({ province, cons_no, document }) =>
    document.promises
      .filter(({ state }) => state === 'open')
      .map((promise) => ({
        ...{ province, cons_no, promise_id: promise.promiseId, bills: promise.bills, amount: promise.amount },
        ...{ received_before: promise.receivedBefore, made_at: promise.madeAt, due_on: promise.dueOn },
      })),
  )
  await db.query(run`
    insert into open_promise (province, cons_no, promise_id, bills, amount, received_before, made_on, due_on)
    select province, cons_no, promise_id, bills, amount, received_before, (made_at at time zone 'Asia/Shanghai')::date, due_on
    from ${rowset(promises, `${KEY}, promise_id text, bills text[], amount int8, received_before int8, made_at timestamptz, due_on date`)}`)
}
