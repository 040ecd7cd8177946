import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { BillMonth, BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, type ProvinceCode } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { Fen } from '#domain/shared/quantities.ts'
import { sql } from '#projections/shared/sql.ts'

type Db = Pick<DatabasePool, 'any'>

/** Days of which a report is looked for: what was told longer ago says nothing of today. */
const LOOK_BACK_DAYS = 35

const CurrentBill = z.object({ billMonth: BillMonth, dueDate: BusinessDate, receivable: Fen, received: Fen, writtenOff: Fen, open: Fen })

/** A customer as the last sealed report that holds him shows him, in its latest version. */
export const CurrentFigures = z
  .object({ consNo: ConsNo, name: z.string(), level: Level.nullable(), asOf: BusinessDate, bills: z.array(CurrentBill) })
  .meta({ id: 'CurrentFigures' })
export type CurrentFigures = z.output<typeof CurrentFigures>

/** Customers of a province up to a date, in one round trip; who was in no report of the last weeks is left out. */
export const currentFigures = async (db: Db, province: ProvinceCode, consNos: readonly ConsNo[], date: BusinessDate): Promise<readonly CurrentFigures[]> =>
  db.any(sql.type(CurrentFigures)`
    select s.cons_no as "consNo", last.cons_name as name, m.level, last.stat_date as "asOf", coalesce(b.bills, '[]') as bills
    from unnest(${sql.array([...consNos], 'text')}) with ordinality s (cons_no, place)
    cross join lateral (
      select u.stat_date, u.cons_name, p.latest_version from read_model.user_day u
      join read_model.report p on p.province = u.province and p.stat_date = u.stat_date and u.version_from <= p.latest_version and u.version_to > p.latest_version
      where u.province = ${province} and u.cons_no = s.cons_no and u.stat_date <= ${date}::date and u.stat_date > ${date}::date - ${LOOK_BACK_DAYS}::int
      order by u.stat_date desc limit 1
    ) last
    left join lateral (
      select jsonb_agg(jsonb_build_object('billMonth', b.bill_month, 'dueDate', b.due_date, 'receivable', b.receivable::text, 'received', b.received::text,
        'writtenOff', b.written_off::text, 'open', b.balance::text) order by b.bill_month) as bills
      from read_model.bill_day b where b.stat_date = last.stat_date and b.province = ${province} and b.cons_no = s.cons_no
        and b.version_from <= last.latest_version and b.version_to > last.latest_version
    ) b on true
    left join read_model.membership m on m.province = ${province} and m.cons_no = s.cons_no and m.valid_from <= ${date}::date and m.valid_to > ${date}::date
    order by s.place`)
