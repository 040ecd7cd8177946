import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { BillMonth, BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { Fen } from '#domain/shared/quantities.ts'
import { Grade, OrderKind, OrderNo } from '#domain/warning-work-order/fields.ts'
import { rowset, sql, where } from '#projections/shared/sql.ts'
import { DueClock } from './order/dues.ts'

type Db = Pick<DatabasePool, 'any'>

/**
 * What a timer waits for. `dueAt` of a running clock is when it runs out (extensions, pauses and published calendars taken in);
 * of an escalation it is the instant that was missed, from which level `level` + 1 counts.
 */
const OpenDue = z.object({
  orderNo: OrderNo,
  province: ProvinceCode,
  kind: OrderKind,
  grade: Grade,
  clock: DueClock,
  cause: z.enum(['sign', 'feedback', 'review', 'sign-overdue', 'feedback-overdue']),
  dueAt: Instant,
  level: z.int(),
})
export type OpenDue = z.output<typeof OpenDue>

export type DuesQuery = {
  readonly clocks: readonly z.output<typeof DueClock>[]
  /** Dues before this instant. */
  readonly before: Instant
  /** The last of the page before. */
  readonly after?: Pick<OpenDue, 'dueAt' | 'orderNo' | 'clock' | 'cause'> | undefined
  readonly limit: number
}

/** Dues that have passed, the earliest first; only what is open, and nothing that stands still. */
export const openDues = async (db: Db, { clocks, before, after, limit }: DuesQuery): Promise<readonly OpenDue[]> =>
  db.any(sql.type(OpenDue)`
    select d.order_no as "orderNo", d.province, d.kind, d.grade, d.clock, d.cause, d.due_at as "dueAt", d.level from read_model.order_due d
    ${where([
      sql.fragment`d.clock = any(${sql.array([...clocks], 'text')})`,
      sql.fragment`d.due_at < ${before}::timestamptz`,
      after && sql.fragment`(d.due_at, d.order_no, d.clock, d.cause) > (${after.dueAt}::timestamptz, ${after.orderNo}, ${after.clock}, ${after.cause})`,
    ])} order by d.due_at, d.order_no, d.clock, d.cause limit ${limit}`)

/** Open orders whose due instants were worked out with a year that had no published calendar, by number. */
export const provisionalOrders = async (db: Db, after: string, limit: number): Promise<readonly OrderNo[]> => {
  const rows = await db.any(sql.type(z.object({ orderNo: OrderNo }))`
    select order_no as "orderNo" from read_model.work_order
    where provisional and status in ('issued', 'signed', 'feedback-submitted', 'returned') and order_no > ${after} order by order_no limit ${limit}`)
  return rows.map(({ orderNo }) => orderNo)
}

/** A bill that an issued order names. Counting: for the oldest order that names it and is open; what a closed one counted is frozen. */
const NamedOrderBill = z.object({
  orderNo: OrderNo,
  province: ProvinceCode,
  consNo: ConsNo,
  billMonth: BillMonth,
  issuedAt: Instant,
  /** When the order came to name it: its issue, or later the appending of the customer. */
  namedAt: Instant,
  /** The report from which its figure at issue is. */
  asOf: BusinessDate,
  openAtIssue: Fen,
  /** As the report last counted had it; at first what was open at issue. */
  openNow: Fen,
  counted: Fen,
  isOpen: z.boolean(),
})
export type NamedOrderBill = z.output<typeof NamedOrderBill>

/** All orders that name one of these bills, the oldest first a bill. */
export const ordersNaming = async (
  db: Db,
  province: ProvinceCode,
  bills: readonly { readonly consNo: ConsNo; readonly billMonth: BillMonth }[],
): Promise<readonly NamedOrderBill[]> =>
  db.any(sql.type(NamedOrderBill)`
    select b.order_no as "orderNo", b.province, b.cons_no as "consNo", b.bill_month as "billMonth", b.issued_at as "issuedAt", b.named_at as "namedAt",
      b.as_of as "asOf", b.open_at_issue::text as "openAtIssue", b.open_now::text as "openNow", b.counted::text as counted, b.is_open as "isOpen"
    from ${rowset(
      bills.map(({ consNo, billMonth }) => ({ cons_no: consNo, bill_month: billMonth })),
      'cons_no text, bill_month text',
    )}
    join read_model.order_bill b on b.province = ${province} and b.cons_no = r.cons_no and b.bill_month = r.bill_month
    order by b.cons_no, b.bill_month, b.named_at, b.issued_at, b.order_no`)
