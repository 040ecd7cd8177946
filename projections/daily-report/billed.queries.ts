import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { BillMonth, type BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, type ProvinceCode } from '#domain/shared/identity.ts'
import { type Fen, fen } from '#domain/shared/quantities.ts'
import { sql } from '#projections/shared/sql.ts'

const Billed = z.object({ consNo: ConsNo, billMonth: BillMonth, receivable: z.bigint() })

/** Days of which a report is looked for before nothing is known. */
const LOOK_BACK_DAYS = 35

/** What each customer's last sealed report up to a date shows as billed, bill by bill, in its latest version. */
export const billedTo = async (
  db: Pick<DatabasePool, 'any'>,
  province: ProvinceCode,
  consNos: readonly ConsNo[],
  date: BusinessDate,
): Promise<readonly { readonly consNo: ConsNo; readonly billMonth: BillMonth; readonly receivable: Fen }[]> => {
  const rows = await db.any(sql.type(Billed)`
    with last as (
      select distinct on (u.cons_no) u.cons_no, u.stat_date, p.latest_version from read_model.user_day u
      join read_model.report p on p.province = u.province and p.stat_date = u.stat_date and u.version_from <= p.latest_version and u.version_to > p.latest_version
      where u.province = ${province} and u.cons_no = any(${sql.array([...consNos], 'text')})
        and u.stat_date <= ${date}::date and u.stat_date > ${date}::date - ${LOOK_BACK_DAYS}::int
      order by u.cons_no, u.stat_date desc
    )
    select last.cons_no as "consNo", b.bill_month as "billMonth", b.receivable
    from last join read_model.bill_day b on b.stat_date = last.stat_date and b.province = ${province} and b.cons_no = last.cons_no
      and b.version_from <= last.latest_version and b.version_to > last.latest_version
    order by last.cons_no, b.bill_month`)
  return rows.map(({ receivable, ...bill }) => ({ ...bill, receivable: fen(receivable) }))
}
