import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { OrderNo } from '#domain/warning-work-order/fields.ts'
import { sql, where } from '#projections/shared/sql.ts'

type Db = Pick<DatabasePool, 'any'>

/** Orders are dealt out to workers in sixteen slices. */
const slice = sql.fragment`(hashtext(d.order_no) & 15)`

/** Slices of orders in which a clock has run out, or an order is overdue, before an instant. */
export const slicesDue = async (db: Db, before: Instant): Promise<readonly number[]> => {
  const rows = await db.any(sql.type(z.object({ slice: z.int() }))`
    select distinct ${slice} as slice from read_model.order_due d where d.due_at < ${before}::timestamptz order by 1`)
  return rows.map((row) => row.slice)
}

const Passed = z.object({ orderNo: OrderNo, dueAt: Instant, cause: z.enum(['sign', 'feedback', 'review', 'sign-overdue', 'feedback-overdue']), level: z.int() })
export type PassedDue = z.output<typeof Passed>
export type SliceQuery = {
  readonly clock: 'sign' | 'feedback' | 'review' | 'escalation'
  readonly slice: number
  readonly before: Instant
  readonly after: (Pick<PassedDue, 'dueAt' | 'orderNo'> & { readonly cause?: PassedDue['cause'] }) | undefined
  readonly limit: number
}

/** What has run out before an instant in one slice, the earliest first. */
export const duesInSlice = async (db: Db, { clock, slice: wanted, before, after, limit }: SliceQuery): Promise<readonly PassedDue[]> =>
  db.any(sql.type(Passed)`
    select d.order_no as "orderNo", d.due_at as "dueAt", d.cause, d.level from read_model.order_due d
    ${where([
      sql.fragment`d.clock = ${clock} and d.due_at < ${before}::timestamptz and ${slice} = ${wanted}`,
      after && sql.fragment`(d.due_at, d.order_no, d.cause) > (${after.dueAt}::timestamptz, ${after.orderNo}, ${after.cause ?? clock})`,
    ])} order by d.due_at, d.order_no, d.cause limit ${limit}`)

const Counting = z.object({ province: ProvinceCode, reportDate: BusinessDate, reportVersion: z.int(), orders: z.string() })

/** The newest sealed day of each province that has open orders, with a mark that changes whenever one of those orders does. None of days before `since`. */
export const reportsToCount = async (db: Db, since: BusinessDate): Promise<readonly z.output<typeof Counting>[]> =>
  db.any(sql.type(Counting)`
    select o.province, t.stat_date as "reportDate", t.latest_version as "reportVersion", o.orders
    from (select province, count(*) || '/' || sum(revision) as orders from read_model.warned_order where stage = 'open' group by province) o
    cross join lateral (
      select stat_date, latest_version from read_model.report
      where province = o.province and latest_version is not null and stat_date >= ${since}::date order by stat_date desc limit 1
    ) t order by o.province`)
