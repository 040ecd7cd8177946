import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { GroupNo, MEASURES, type Measure, type ReleaseRules } from '#domain/group-user/fields.ts'
import { addDays, addMonths, BillMonth, BusinessDate, type BusinessDate as Day, firstDay, lastDay, monthOf } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'
import { memberFigures } from '../electricity/member.sql.ts'

const MONTHS = 24
type Db = Pick<DatabasePool, 'any' | 'query'>

const Due = z.object({ groupNo: GroupNo, month: BillMonth, epoch: z.string(), onDate: BusinessDate })
type Due = z.output<typeof Due>

/** The last month that may be released on a day. */
const lastMonth = (today: Day, { releasedOnDay }: ReleaseRules): BillMonth => {
  const before = addMonths(monthOf(today), -1)
  return addDays(firstDay(monthOf(today)), releasedOnDay - 1) <= today ? before : addMonths(before, -1)
}

/** Closed months whose kept sums might be released: of members as they were then, not released, and not held back already as they are. By month and group. */
export const releasesDue = (db: Db, today: Day, rules: ReleaseRules): Promise<readonly Due[]> => {
  const last = lastMonth(today, rules)
  const ends = Array.from({ length: MONTHS }, (_, n) => lastDay(addMonths(last, -n))).filter((end) => end >= rules.effectiveFrom)
  return db.any(sql.type(Due)`
    select k.group_no as "groupNo", to_char(k.on_date, 'YYYYMM') as month, k.epoch, k.on_date as "onDate"
    from group_figure.kept k
    join read_model.group_links_changed c on c.group_no = k.group_no and c.changes = k.changes
    -- too few at a glance; judged to the last by who releases
    join lateral (
      select count(*) as provinces, coalesce(sum(p.members) - max(p.members), 0) as members from group_figure.point p
      where p.group_no = k.group_no and p.epoch = k.epoch and p.on_date = k.on_date) p
      on p.provinces > ${rules.minProvinces} and p.members >= ${rules.minMembers}
    where k.on_date = any(${sql.array(ends, 'date')}) and not k.stale
      -- members as they were then
      and not exists (select from read_model.group_membership m where m.group_no = k.group_no
        and (m.valid_from > k.epoch and m.valid_from <= k.on_date or m.valid_to > k.epoch and m.valid_to <= k.on_date)) and k.epoch <= k.on_date
      and not exists (select from read_model.group_release r where r.group_no = k.group_no and r.month = to_char(k.on_date, 'YYYYMM'))
      and not exists (select from group_figure.release_looked l where l.group_no = k.group_no and l.month = to_char(k.on_date, 'YYYYMM')
        and l.made_at = k.made_at and l.rules_version = ${rules.version})
    order by k.on_date, k.group_no`)
}

const VALUES: Readonly<Record<Measure, string>> = {
  electricityMonth: 'kwh_month',
  receivableMonth: 'receivable_month',
  receivedMonth: 'received_month',
  openMonth: 'open_month',
  arrears: 'arrears',
}
const columns = MEASURES.map((measure) => VALUES[measure])
const each = (of: (column: string) => string) => ({ ...sql.fragment``, sql: `array[${columns.map(of).join(', ')}]` })
const Row = z.object({
  groupNo: GroupNo,
  month: BillMonth,
  province: ProvinceCode,
  members: z.array(ConsNo),
  sums: z.array(z.bigint()),
  largest: z.array(z.bigint()),
})
const byMeasure = (values: readonly bigint[]) => Object.fromEntries(MEASURES.map((measure, index) => [measure, values[index] ?? 0n])) as Record<Measure, bigint>

/** What each province's members of such months come to, and the largest of them: one statement for all. */
export const releaseFacts = async (db: Db, due: readonly Due[]) => {
  const asked = due.map(({ groupNo: group_no, onDate: on_date }) => ({ group_no, on_date }))
  const rows = await db.any(sql.type(Row)`
    with member as materialized (
      select r.group_no, r.on_date, m.province, m.cons_no from ${rowset(asked, 'group_no text, on_date date')}
      join read_model.group_membership m on m.group_no = r.group_no and m.valid_from <= r.on_date and m.valid_to > r.on_date),
    figure as materialized (${memberFigures(sql.fragment`select distinct province, cons_no, on_date from member`)})
    select m.group_no as "groupNo", to_char(m.on_date, 'YYYYMM') as month, m.province, array_agg(m.cons_no order by m.cons_no) as members,
      ${each((column) => `sum(f.${column})::bigint`)} as sums, ${each((column) => `max(abs(f.${column}))::bigint`)} as largest
    from member m join figure f using (province, cons_no, on_date) group by m.group_no, m.on_date, m.province order by 1, 2, 3`)
  return rows.map(({ sums, largest, ...row }) => ({ ...row, sums: byMeasure(sums), largest: byMeasure(largest) }))
}

/** Remembers why a month was held back; looked at again when its sums were made anew or the rules have changed. */
export const holdBack = (db: Db, { groupNo, month, epoch, onDate }: Due, why: string, { version }: ReleaseRules): Promise<unknown> =>
  // the instant to the last digit, as only the database has it
  db.query(run`
    insert into group_figure.release_looked (group_no, month, rules_version, made_at, why)
    select group_no, ${month}, ${version}, made_at, ${why} from group_figure.kept
    where group_no = ${groupNo} and epoch = ${epoch}::date and on_date = ${onDate}::date
    on conflict (group_no, month) do update set rules_version = excluded.rules_version, made_at = excluded.made_at, why = excluded.why`)
