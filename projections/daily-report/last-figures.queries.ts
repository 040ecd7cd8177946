import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { BillMonth, BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { type Fen, fen } from '#domain/shared/quantities.ts'
import { sql } from '#projections/shared/sql.ts'

type Bill = { readonly billMonth: BillMonth; readonly dueDate: BusinessDate; readonly received: Fen; readonly open: Fen }

const Found = z.object({
  date: BusinessDate,
  billMonth: BillMonth.nullable(),
  dueDate: BusinessDate.nullable(),
  received: z.bigint().nullable(),
  open: z.bigint().nullable(),
})

/** Days of which a report is looked for before nothing is known: arrears told of longer ago say nothing of today. */
const LOOK_BACK_DAYS = 35

/** How far back a report is looked for that showed a user late. */
const PAST_DUE_YEARS = 2

/** The last day up to a date on which a sealed report, in its latest version, showed a bill of the user past due; null when none of two years does. */
export const lastPastDue = async (
  db: Pick<DatabasePool, 'maybeOne'>,
  { province, consNo }: { readonly province: ProvinceCode; readonly consNo: ConsNo },
  date: BusinessDate,
): Promise<BusinessDate | null> => {
  const found = await db.maybeOne(sql.type(z.object({ date: BusinessDate }))`
    select u.stat_date as "date" from read_model.user_day u
    join read_model.report p on p.province = u.province and p.stat_date = u.stat_date and u.version_from <= p.latest_version and u.version_to > p.latest_version
    where u.province = ${province} and u.cons_no = ${consNo}
      and u.stat_date <= ${date}::date and u.stat_date > ${date}::date - make_interval(years => ${PAST_DUE_YEARS}::int)
      and exists (
        select from read_model.bill_day b where b.stat_date = u.stat_date and b.province = u.province and b.cons_no = u.cons_no
          and b.version_from <= p.latest_version and b.version_to > p.latest_version and b.due_date < b.stat_date and b.balance > 0)
    order by u.stat_date desc limit 1`)
  return found?.date ?? null
}

/** What the last sealed report of the province up to a date says that a user owes, in its latest version; null when none of the last weeks holds him. */
export const lastFigures = async (
  db: Pick<DatabasePool, 'any'>,
  { province, consNo }: { readonly province: ProvinceCode; readonly consNo: ConsNo },
  date: BusinessDate,
): Promise<{ readonly date: BusinessDate; readonly bills: Bill[] } | null> => {
  const rows = await db.any(sql.type(Found)`
    with last as (
      select u.stat_date, p.latest_version from read_model.user_day u
      join read_model.report p on p.province = u.province and p.stat_date = u.stat_date and u.version_from <= p.latest_version and u.version_to > p.latest_version
      where u.province = ${province} and u.cons_no = ${consNo} and u.stat_date <= ${date}::date and u.stat_date > ${date}::date - ${LOOK_BACK_DAYS}::int
      order by u.stat_date desc limit 1
    )
    select last.stat_date as "date", b.bill_month as "billMonth", b.due_date as "dueDate", b.received, b.balance as open
    from last left join read_model.bill_day b on b.stat_date = last.stat_date and b.province = ${province} and b.cons_no = ${consNo}
      and b.version_from <= last.latest_version and b.version_to > last.latest_version
    order by b.bill_month`)
  const [first] = rows
  if (!first) return null
  const bills = rows.flatMap(({ billMonth, dueDate, received, open }) =>
    billMonth && dueDate ? [{ billMonth, dueDate, received: fen(received ?? 0n), open: fen(open ?? 0n) }] : [],
  )
  return { date: first.date, bills }
}
