import { z } from 'zod'
import type { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import type { ProjectionDb } from '#projections/shared/projection.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'
import { OPEN_DATE } from './columns.ts'
import type { Given, Touch } from './given.ts'
import { meetTrades } from './industry-list.ts'
import { afterEvent, Membership, NO_MEMBERSHIP } from './membership.ts'

const Stored = z.object({ province: ProvinceCode, cons_no: ConsNo, revision: z.bigint(), state: Membership })
type User = { province: ProvinceCode; consNo: ConsNo; revision: bigint; membership: Membership; changed: boolean; seen: boolean }

const KEY = 'province text, cons_no text'

/** Brings the users' memberships up to date and answers the days that may read differently now. */
export const applyUserEvents = async (events: Given['HighRiskUser'], db: ProjectionDb): Promise<readonly Touch[]> => {
  if (events.length === 0) return []
  const users = await load(events, db)
  const firstDays = new Map<ProvinceCode, BusinessDate>()
  const trades: Parameters<typeof meetTrades>[1][number][] = []
  for (const event of events) {
    const user = users.get(event.stream)
    if (!user || event.revision <= user.revision) continue
    const [membership, from] = afterEvent(user.membership, event)
    user.membership = membership
    user.revision = event.revision
    user.seen = true
    if (!from) continue
    user.changed = true
    // Also what a later event of the batch overwrites: the size of batches must leave no trace.
    if (membership.facts) trades.push({ standard: membership.facts.standard, code: membership.facts.tradeCode })
    const first = firstDays.get(user.province)
    if (!first || from < first) firstDays.set(user.province, from)
  }
  await save(
    [...users.values()].filter(({ seen }) => seen),
    db,
  )
  await meetTrades(db, trades)
  if (firstDays.size > 0) await db.query(run`insert into reporter select * from unnest(${sql.array([...firstDays.keys()], 'text')}) on conflict do nothing`)
  return [...firstDays].map(([province, from]) => ({ province, from, to: OPEN_DATE as BusinessDate, sealed: false }))
}

const load = async (events: Given['HighRiskUser'], db: ProjectionDb): Promise<Map<string, User>> => {
  const users = new Map<string, User>()
  const named = new Map<string, User>()
  for (const { stream, data } of events) {
    if (users.has(stream)) continue
    const user: User = { province: data.province, consNo: data.consNo, revision: -1n, membership: NO_MEMBERSHIP, changed: false, seen: false }
    users.set(stream, user)
    named.set(`${user.province} ${user.consNo}`, user)
  }
  const keys = [...users.values()].map(({ province, consNo }) => ({ province, cons_no: consNo }))
  const stored = await db.any(
    sql.type(Stored)`select s.province, s.cons_no, s.revision, s.state from membership_state s join ${rowset(keys, KEY)} using (province, cons_no)`,
  )
  for (const { province, cons_no, revision, state } of stored) {
    const user = named.get(`${province} ${cons_no}`)
    if (user) Object.assign(user, { revision, membership: state })
  }
  return users
}

const save = async (users: readonly User[], db: ProjectionDb): Promise<void> => {
  if (users.length === 0) return
  const states = users.map(({ province, consNo, revision, membership }) => ({ province, cons_no: consNo, revision, state: membership }))
  await db.query(run`
    insert into membership_state (province, cons_no, revision, state) select province, cons_no, revision, state from ${rowset(states, `${KEY}, revision bigint, state jsonb`)}
    on conflict (province, cons_no) do update set revision = excluded.revision, state = excluded.state`)
  const changed = users.filter((user) => user.changed)
  if (changed.length === 0) return
  const keys = changed.map(({ province, consNo }) => ({ province, cons_no: consNo }))
  await db.query(run`delete from membership m using ${rowset(keys, KEY)} where m.province = r.province and m.cons_no = r.cons_no`)
  await db.query(run`delete from membership_move m using ${rowset(keys, KEY)} where m.province = r.province and m.cons_no = r.cons_no`)
  const facts = 'level text, standard text, trade_code text, org_code text'
  const pieces = changed.flatMap(({ province, consNo, membership }) =>
    membership.pieces.map((piece) => ({
      province,
      cons_no: consNo,
      valid_from: piece.from,
      valid_to: piece.to ?? OPEN_DATE,
      level: piece.level,
      standard: piece.standard,
      trade_code: piece.tradeCode,
      org_code: piece.orgCode,
    })),
  )
  await db.query(run`
    insert into membership (province, cons_no, valid_from, valid_to, level, standard, trade_code, org_code)
    select province, cons_no, valid_from, valid_to, level, standard, trade_code, org_code
    from ${rowset(pieces, `${KEY}, valid_from date, valid_to date, ${facts}`)}`)
  const moves = changed.flatMap(({ province, consNo, membership }) =>
    membership.moves.map((move, seq) => ({
      province,
      cons_no: consNo,
      seq,
      on_date: move.on,
      kind: move.kind,
      level: move.level,
      standard: move.standard,
      trade_code: move.tradeCode,
      org_code: move.orgCode,
    })),
  )
  await db.query(run`
    insert into membership_move (province, cons_no, seq, on_date, kind, level, standard, trade_code, org_code)
    select province, cons_no, seq, on_date, kind, level, standard, trade_code, org_code
    from ${rowset(moves, `${KEY}, seq integer, on_date date, kind text, ${facts}`)}`)
}
