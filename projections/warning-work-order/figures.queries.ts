import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { Fen } from '#domain/shared/quantities.ts'
import { NamedBill } from '#domain/warning-work-order/fields.ts'
import { sql } from '#projections/shared/sql.ts'

type Db = Pick<DatabasePool, 'any'>

const SealedReport = z.object({ province: ProvinceCode, reportDate: BusinessDate, reportVersion: z.int() })
/** A sealed report in one of its versions. */
export type SealedReport = z.output<typeof SealedReport>

/** Each province's newest day that is sealed, in its latest version: what stands today. None of days before `since`. */
export const newestReports = async (db: Db, since: BusinessDate): Promise<readonly SealedReport[]> =>
  db.any(sql.type(SealedReport)`
    select r.province, t.stat_date as "reportDate", t.latest_version as "reportVersion" from read_model.reporter r
    cross join lateral (
      select stat_date, latest_version from read_model.report
      where province = r.province and latest_version is not null and stat_date >= ${since}::date order by stat_date desc limit 1
    ) t order by r.province`)

const Figures = z.object({
  consNo: ConsNo,
  name: z.string(),
  level: Level.nullable(),
  bills: z.array(NamedBill),
  overdue: Fen,
  overdueDays: z.int(),
  overdueDayBefore: Fen.nullable(),
  overdueWeekBefore: Fen.nullable(),
  brokenPromises: z.int(),
})
export type ReportedFigures = z.output<typeof Figures>

const DAYS_OF_PROMISES = 365

/**
 * What a sealed report and the days before it say of every user that has at least so much open past its due date, and how many
 * users it holds. A user whom the report of the day before, or of a week before, does not hold has nothing to be compared with.
 */
export const warningFigures = async (
  db: Db,
  { province, reportDate, reportVersion }: SealedReport,
  leastOverdue: bigint,
): Promise<{ readonly users: number; readonly figures: readonly ReportedFigures[] }> => {
  const [counted] = await db.any(sql.type(z.object({ users: z.int() }))`
    select users from read_model.report_version where province = ${province} and stat_date = ${reportDate}::date and version = ${reportVersion}`)
  const figures = await db.any(sql.type(Figures)`
    with owed as materialized (
      select b.cons_no, sum(b.balance)::bigint as overdue, ${reportDate}::date - min(b.due_date) as days,
        jsonb_agg(jsonb_build_object('billMonth', b.bill_month, 'open', b.balance::text) order by b.bill_month) as bills
      from read_model.bill_day b
      where b.stat_date = ${reportDate}::date and b.province = ${province} and b.version_from <= ${reportVersion} and b.version_to > ${reportVersion} and b.balance > 0 and b.due_date < ${reportDate}::date
      group by b.cons_no
    ), today as materialized (
      select u.cons_no, u.cons_name, coalesce(o.overdue, 0) as overdue, coalesce(o.days, 0) as days, coalesce(o.bills, '[]') as bills
      from read_model.user_day u left join owed o using (cons_no)
      where u.stat_date = ${reportDate}::date and u.province = ${province} and u.version_from <= ${reportVersion} and u.version_to > ${reportVersion} and coalesce(o.overdue, 0) >= ${leastOverdue}::bigint
    ), earlier as (
      select u.cons_no, coalesce(sum(b.balance) filter (where b.due_date < b.stat_date and u.stat_date = ${reportDate}::date - 1), 0)::bigint as of_day,
        coalesce(sum(b.balance) filter (where b.due_date < b.stat_date and u.stat_date = ${reportDate}::date - 7), 0)::bigint as of_week,
        bool_or(u.stat_date = ${reportDate}::date - 1) as has_day, bool_or(u.stat_date = ${reportDate}::date - 7) as has_week
      from read_model.report p
      join read_model.user_day u on u.stat_date = p.stat_date and u.province = p.province and u.version_from <= p.latest_version and u.version_to > p.latest_version
      join today using (cons_no)
      left join read_model.bill_day b on b.stat_date = u.stat_date and b.province = u.province and b.cons_no = u.cons_no
        and b.version_from <= p.latest_version and b.version_to > p.latest_version
      where p.province = ${province} and p.stat_date in (${reportDate}::date - 1, ${reportDate}::date - 7) and u.stat_date in (${reportDate}::date - 1, ${reportDate}::date - 7)
      group by u.cons_no
    )
    select t.cons_no as "consNo", t.cons_name as name, m.level, t.bills, t.overdue::text as overdue, t.days as "overdueDays",
      (case when e.has_day then e.of_day end)::text as "overdueDayBefore", (case when e.has_week then e.of_week end)::text as "overdueWeekBefore",
      coalesce(k.broken, 0)::int as "brokenPromises"
    from today t left join earlier e using (cons_no)
    left join read_model.membership m on m.province = ${province} and m.cons_no = t.cons_no and m.valid_from <= ${reportDate}::date and m.valid_to > ${reportDate}::date
    left join lateral (
      select count(*) as broken from read_model.user_case c cross join lateral jsonb_array_elements(c.document -> 'promises') p
      where c.province = ${province} and c.cons_no = t.cons_no and p ->> 'state' = 'broken'
        and (p ->> 'dueOn')::date between ${reportDate}::date - ${DAYS_OF_PROMISES}::int and ${reportDate}::date
    ) k on true
    order by t.cons_no`)
  return { users: counted?.users ?? 0, figures }
}

/** Of each customer of a province the other members of his group that were listed at level I on a date; customers without any are left out. */
export const groupMembersAtLevelI = async (db: Db, province: ProvinceCode, date: BusinessDate): Promise<ReadonlyMap<ConsNo, number>> => {
  const rows = await db.any(sql.type(z.object({ consNo: ConsNo, members: z.int() }))`
    select a.cons_no as "consNo", count(*)::int as members from read_model.group_membership a
    join read_model.group_membership o on o.group_no = a.group_no and (o.province, o.cons_no) <> (a.province, a.cons_no)
      and o.valid_from <= ${date}::date and o.valid_to > ${date}::date
    join read_model.membership m on m.province = o.province and m.cons_no = o.cons_no and m.level = 'I' and m.valid_from <= ${date}::date and m.valid_to > ${date}::date
    where a.province = ${province} and a.valid_from <= ${date}::date and a.valid_to > ${date}::date group by a.cons_no`)
  return new Map(rows.map(({ consNo, members }) => [consNo, members]))
}
