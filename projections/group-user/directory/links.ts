import { z } from 'zod'
import type { GroupLinkEvent } from '#domain/group-user/events.ts'
import { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import type { Projected, ProjectionDb } from '#projections/shared/projection.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'
import { changeOf, keepChanges } from './changes.ts'
import { OPEN } from './tables.sql.ts'

const Key = { province: ProvinceCode, cons_no: ConsNo }
const Link = z.object({
  ...Key,
  link_id: z.string(),
  group_no: z.string(),
  status: z.string(),
  confirmed: z.boolean(),
  basis: z.string().nullable(),
  share_basis_points: z.int().nullable(),
  effective_from: z.string(),
  ended_on: z.string().nullable(),
  evidence: z.unknown(),
  reason: z.string().nullable(),
  proposed_by: z.string(),
  proposed_at: z.string(),
  decided_by: z.string().nullable(),
  decided_at: z.string().nullable(),
  cause: z.string().nullable(),
})
type Link = z.output<typeof Link>
type Customer = { readonly key: { readonly province: string; readonly cons_no: string }; revision: bigint; links: Map<string, Link> }

const KEY = 'province text, cons_no text'
const LINK = `${KEY}, link_id text, group_no text, status text, confirmed bool, basis text, share_basis_points int4, effective_from date, ended_on date,
  evidence jsonb, reason text, proposed_by text, proposed_at timestamptz, decided_by text, decided_at timestamptz, cause text`
const COLUMNS = { ...sql.fragment``, sql: Object.keys(Link.shape).join(', ') }

/** Writes the customers' links, the membership that follows from them, what was dismissed, and the change log. */
export const applyLinks = async (events: readonly Projected<GroupLinkEvent>[], db: ProjectionDb): Promise<void> => {
  if (events.length === 0) return
  const customers = await load(events, db)
  const touched = new Map<string, bigint>()
  const changes: object[] = []
  const dismissals = new Map<string, object>()
  const changed = new Set<Customer>()
  for (const event of events) {
    const customer = customers.get(event.stream)
    if (!customer || event.revision <= customer.revision) continue
    customer.revision = event.revision
    changed.add(customer)
    for (const groupNo of membershipsTouched(customer, event)) touched.set(groupNo, (touched.get(groupNo) ?? 0n) + 1n)
    if (event.type === 'SuggestionDismissed') dismissals.set(`${event.stream} ${event.data.groupNo}`, dismissalOf(event.data))
    else customer.links = linksAfter(customer.links, event)
    changes.push(changeOf(event.data.groupNo, event), ...(event.type === 'LinkMoved' ? [changeOf(event.data.to, event)] : []))
  }
  if (changed.size === 0) return
  await save([...changed], db)
  await count(touched, db)
  await dismiss([...dismissals.values()], db)
  await keepChanges(changes, db)
}

const linksAfter = (links: ReadonlyMap<string, Link>, { type, data }: Exclude<GroupLinkEvent, { type: 'SuggestionDismissed' }>): Map<string, Link> => {
  const { linkId: link_id, at, by } = data
  const link = links.get(link_id)
  const decided = { decided_by: by, decided_at: at }
  const after = new Map(links)
  const put = (change: Partial<Link>): Map<string, Link> => (link ? after.set(link_id, { ...link, ...change }) : after)
  switch (type) {
    case 'LinkProposed':
      return after.set(link_id, { ...proposed(data), evidence: data.evidence })
    case 'LinkConfirmed':
      return put({ status: 'confirmed', confirmed: true, effective_from: data.effectiveFrom, ended_on: data.endedOn ?? null, ...decided })
    case 'LinkRejected':
      return put({ status: 'rejected', reason: data.reason, ...decided })
    case 'LinkEnded':
      return put({ status: 'ended', ended_on: data.on, reason: data.reason, ...decided })
    case 'LinkMoved': {
      if (!link) return after
      put({ status: 'ended', ended_on: data.on, cause: data.cause, ...decided })
      const next = {
        link_id: data.newLinkId,
        group_no: data.to,
        status: 'confirmed',
        effective_from: data.on,
        ended_on: data.endedOn ?? null,
        cause: data.cause,
      }
      return after.set(data.newLinkId, { ...link, ...decided, ...next, confirmed: true, proposed_by: by, proposed_at: at })
    }
  }
}

const proposed = (data: Extract<GroupLinkEvent, { type: 'LinkProposed' }>['data']): Omit<Link, 'evidence'> => ({
  province: data.province,
  cons_no: data.consNo,
  link_id: data.linkId,
  group_no: data.groupNo,
  status: 'proposed',
  confirmed: false,
  basis: data.basis,
  share_basis_points: data.shareBasisPoints ?? null,
  effective_from: data.effectiveFrom,
  ended_on: data.endedOn ?? null,
  reason: data.reason ?? null,
  proposed_by: data.by,
  proposed_at: data.at,
  decided_by: null,
  decided_at: null,
  cause: null,
})

/** The groups whose membership an event changes. */
const membershipsTouched = ({ links }: Customer, { type, data }: GroupLinkEvent): readonly string[] => {
  if (type === 'LinkMoved') return [data.groupNo, data.to]
  if (type === 'LinkConfirmed') return [data.groupNo]
  return type === 'LinkEnded' && links.get(data.linkId)?.confirmed === true ? [data.groupNo] : []
}

const dismissalOf = (data: Extract<GroupLinkEvent, { type: 'SuggestionDismissed' }>['data']): object => ({
  province: data.province,
  cons_no: data.consNo,
  group_no: data.groupNo,
  facts: data.facts,
  reason: data.reason,
  dismissed_by: data.by,
  dismissed_at: data.at,
})

const load = async (events: readonly Projected<GroupLinkEvent>[], db: ProjectionDb): Promise<ReadonlyMap<string, Customer>> => {
  const customers = new Map<string, Customer>()
  const named = new Map<string, Customer>()
  for (const { stream, data } of events) {
    if (customers.has(stream)) continue
    const customer: Customer = { key: { province: data.province, cons_no: data.consNo }, revision: -1n, links: new Map() }
    customers.set(stream, customer)
    named.set(`${data.province} ${data.consNo}`, customer)
  }
  const keys = [...customers.values()].map(({ key }) => key)
  const revisions = await db.any(
    sql.type(
      z.object({ ...Key, revision: z.bigint() }),
    )`select s.province, s.cons_no, s.revision from group_link_stream s join ${rowset(keys, KEY)} using (province, cons_no)`,
  )
  for (const { province, cons_no, revision } of revisions) named.get(`${province} ${cons_no}`)!.revision = revision
  const links = await db.any(sql.type(Link)`select ${COLUMNS} from group_link l join ${rowset(keys, KEY)} using (province, cons_no)`)
  for (const link of links) named.get(`${link.province} ${link.cons_no}`)!.links.set(link.link_id, link)
  return customers
}

const save = async (customers: readonly Customer[], db: ProjectionDb): Promise<void> => {
  const keys = customers.map(({ key, revision }) => ({ ...key, revision }))
  await db.query(run`
    insert into group_link_stream (province, cons_no, revision) select * from ${rowset(keys, `${KEY}, revision int8`)}
    on conflict (province, cons_no) do update set revision = excluded.revision`)
  const links = customers.flatMap((customer) => [...customer.links.values()])
  for (const table of ['group_link', 'group_membership'])
    await db.query(run`
      delete from ${sql.identifier([table])} t using ${rowset(keys, `${KEY}, revision int8`)} where t.province = r.province and t.cons_no = r.cons_no`)
  if (links.length === 0) return
  await db.query(run`insert into group_link (${COLUMNS}) select ${COLUMNS} from ${rowset(links, LINK)}`)
  const memberships = links.filter(({ confirmed, effective_from, ended_on }) => confirmed && effective_from < (ended_on ?? OPEN))
  await db.query(run`
    insert into group_membership (province, cons_no, link_id, group_no, valid_from, valid_to)
    select province, cons_no, link_id, group_no, effective_from, coalesce(ended_on, ${OPEN}::date) from ${rowset(memberships, LINK)}`)
}

const count = async (touched: ReadonlyMap<string, bigint>, db: ProjectionDb): Promise<void> => {
  const rows = [...touched].map(([group_no, changes]) => ({ group_no, changes }))
  await db.query(run`
    insert into group_links_changed as g (group_no, changes) select * from ${rowset(rows, 'group_no text, changes int8')}
    on conflict (group_no) do update set changes = g.changes + excluded.changes`)
}

const dismiss = async (rows: readonly object[], db: ProjectionDb): Promise<void> => {
  if (rows.length === 0) return
  await db.query(run`
    insert into group_dismissal (province, cons_no, group_no, facts, reason, dismissed_by, dismissed_at)
    select * from ${rowset(rows, `${KEY}, group_no text, facts text, reason text, dismissed_by text, dismissed_at timestamptz`)}
    on conflict (province, cons_no, group_no) do update
      set facts = excluded.facts, reason = excluded.reason, dismissed_by = excluded.dismissed_by, dismissed_at = excluded.dismissed_at`)
}
