import type { DatabasePool, DatabasePoolConnection } from 'slonik'
import { z } from 'zod'
import { addDays, addMonths, type BillMonth, type BusinessDate, firstDay, lastDay, monthOf } from '#domain/shared/dates.ts'
import { inForceOn } from '#domain/shared/effective.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'
import { memberFigures } from '../electricity/member.sql.ts'
import { type Audit, type Candidate, openAudit } from './audit.ts'
import { MEASURES, type ReleaseRules } from './rules.ts'

const MONTHS = 24
/** Totals looked at in one statement. */
const AT_ONCE = 20

const Due = z.object({ group_no: z.string(), epoch: z.string(), on_date: z.string() })
type Due = z.output<typeof Due>
const idOf = (groupNo: string, month: string): string => `${groupNo} ${month}`

/**
 * Releases to the provinces what they may be told of each other's members: totals of closed months that stand by the rules, each once and
 * for good; answers how many. A total that may not be released yet is looked at again when its members or their figures change.
 */
export const releaseGroupTotals = (pool: DatabasePool, today: BusinessDate, everyRules: readonly ReleaseRules[]): Promise<number> =>
  pool.connect(async (db) => {
    const rules = inForceOn(everyRules, today)
    if (!rules || rules.measures.length === 0) return 0
    const locked = await db.one(sql.type(z.object({ mine: z.boolean() }))`select pg_try_advisory_lock(hashtextextended('group release', 0)) as mine`)
    if (!locked.mine) return 0
    try {
      const due = await whatIsDue(db, today, rules)
      if (due.length === 0) return 0
      const audit = await auditOfReleased(db, rules)
      let released = 0
      for (let at = 0; at < due.length; at += AT_ONCE) released += await releaseSome(db, due.slice(at, at + AT_ONCE), audit, rules)
      return released
    } finally {
      await db.query(run`select pg_advisory_unlock(hashtextextended('group release', 0))`)
    }
  })

/** The last month that may be released on a day. */
const lastMonth = (today: BusinessDate, { releasedOnDay }: ReleaseRules): BillMonth => {
  const before = addMonths(monthOf(today), -1)
  return addDays(firstDay(monthOf(today)), releasedOnDay - 1) <= today ? before : addMonths(before, -1)
}

const whatIsDue = (db: DatabasePoolConnection, today: BusinessDate, rules: ReleaseRules): Promise<readonly Due[]> => {
  const last = lastMonth(today, rules)
  const ends = Array.from({ length: MONTHS }, (_, n) => lastDay(addMonths(last, -n))).filter((end) => end >= rules.effectiveFrom)
  return db.any(sql.type(Due)`
    select k.group_no, k.epoch, k.on_date
    from group_figure.kept k
    join read_model.group_links_changed c on c.group_no = k.group_no and c.changes = k.changes
    join lateral (
      select count(*) as provinces, coalesce(sum(p.members) - max(p.members), 0) as members from group_figure.point p
      where p.group_no = k.group_no and p.epoch = k.epoch and p.on_date = k.on_date
      ) p
      on p.provinces > ${rules.minProvinces} and p.members >= ${rules.minMembers}
    where k.on_date = any(${sql.array(ends, 'date')}) and not k.stale
      -- members as they were then
      and not exists (select from read_model.group_membership m where m.group_no = k.group_no
        and (m.valid_from > k.epoch and m.valid_from <= k.on_date or m.valid_to > k.epoch and m.valid_to <= k.on_date)) and k.epoch <= k.on_date
      and not exists (select from group_figure.release r where r.group_no = k.group_no and r.month = to_char(k.on_date, 'YYYYMM'))
      and not exists (select from group_figure.release_looked l where l.group_no = k.group_no and l.month = to_char(k.on_date, 'YYYYMM')
        and l.made_at = k.made_at and l.rules_version = ${rules.version})
    order by k.on_date, k.group_no`)
}

const auditOfReleased = async (db: DatabasePoolConnection, rules: ReleaseRules): Promise<Audit> => {
  const audit = openAudit(rules)
  const released = await db.any(sql.type(z.object({ id: z.string(), members: z.array(z.string()) }))`
    select group_no || ' ' || month as id, members from group_figure.release order by month, group_no`)
  for (const one of released) audit.release(one)
  return audit
}

const Fact = z.object({
  group_no: z.string(),
  month: z.string(),
  province: z.string(),
  members: z.array(z.string()),
  sums: z.array(z.bigint()),
  largest: z.array(z.bigint()),
})

const releaseSome = async (db: DatabasePoolConnection, due: readonly Due[], audit: Audit, rules: ReleaseRules): Promise<number> => {
  const candidates = await candidatesOf(db, due)
  let released = 0
  for (const { group_no, epoch, on_date } of due) {
    const month = monthOf(on_date as BusinessDate)
    const candidate = candidates.get(idOf(group_no, month))
    if (!candidate) continue
    if (audit.refuses(candidate)) {
      // the instant to the last digit, as only the database has it
      await db.query(run`
        insert into group_figure.release_looked (group_no, month, rules_version, made_at)
        select group_no, ${month}, ${rules.version}, made_at from group_figure.kept
        where group_no = ${group_no} and epoch = ${epoch}::date and on_date = ${on_date}::date
        on conflict (group_no, month) do update set rules_version = excluded.rules_version, made_at = excluded.made_at`)
      continue
    }
    await keep(db, group_no, month, candidate, rules)
    audit.release(candidate)
    released++
  }
  return released
}

const keep = (db: DatabasePoolConnection, groupNo: string, month: BillMonth, { members, provinces }: Candidate, rules: ReleaseRules): Promise<unknown> =>
  db.transaction(async (db) => {
    await db.query(run`
      insert into group_figure.release (group_no, month, rules_version, members) values (${groupNo}, ${month}, ${rules.version}, ${sql.array([...members], 'text')})`)
    for (const [province, { sums }] of provinces)
      await db.query(run`
        insert into group_figure.released_province (group_no, month, province, sums) values (${groupNo}, ${month}, ${province}, ${sql.array([...sums], 'int8')})`)
  })

const VALUES = {
  electricityMonth: 'kwh_month',
  receivableMonth: 'receivable_month',
  receivedMonth: 'received_month',
  openMonth: 'open_month',
  arrears: 'arrears',
} as const
const columns = MEASURES.map((measure) => VALUES[measure])
const each = (of: (column: string) => string) => ({ ...sql.fragment``, sql: `array[${columns.map(of).join(', ')}]` })

const candidatesOf = async (db: DatabasePoolConnection, due: readonly Due[]): Promise<ReadonlyMap<string, Candidate>> => {
  const facts = await db.any(sql.type(Fact)`
    with member as materialized (
      select r.group_no, r.on_date, m.province, m.cons_no from ${rowset(due, 'group_no text, epoch date, on_date date')}
      join read_model.group_membership m on m.group_no = r.group_no and m.valid_from <= r.on_date and m.valid_to > r.on_date),
    figure as materialized (${memberFigures(sql.fragment`select distinct province, cons_no, on_date from member`)})
    select m.group_no, to_char(m.on_date, 'YYYYMM') as month, m.province, array_agg(m.province || ' ' || m.cons_no order by m.cons_no) as members,
      ${each((column) => `sum(f.${column})::bigint`)} as sums, ${each((column) => `max(abs(f.${column}))::bigint`)} as largest
    from member m join figure f using (province, cons_no, on_date) group by m.group_no, m.on_date, m.province order by 1, 2, 3`)
  const candidates = new Map<string, Candidate>()
  for (const [id, own] of Map.groupBy(facts, ({ group_no, month }) => idOf(group_no, month)))
    candidates.set(id, {
      id,
      members: own.flatMap(({ members }) => members),
      provinces: new Map(own.map(({ province, sums, largest }) => [province, { sums, largest }])),
    })
  return candidates
}
