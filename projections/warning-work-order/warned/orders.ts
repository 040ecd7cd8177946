import { z } from 'zod'
import { BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import type { WarningWorkOrderEvent } from '#domain/warning-work-order/events.ts'
import { type CountedBill, Grade, OrderKind, OrderNo, type Origin, type Subject } from '#domain/warning-work-order/fields.ts'
import type { Projected, ProjectionDb } from '#projections/shared/projection.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'

export type OrderEvent = WarningWorkOrderEvent

/** How far an order is, as far as claims and money go. */
const Stage = z.enum(['draft', 'open', 'ended'])
const Order = z.object({
  order_no: OrderNo,
  revision: z.bigint(),
  province: ProvinceCode,
  kind: OrderKind,
  grade: Grade,
  stage: Stage,
  issued_at: Instant.nullable(),
  follow_up_on: BusinessDate.nullable(),
  /** The report over which rules drafted it. */
  report_date: BusinessDate.nullable(),
  report_version: z.int().nullable(),
})
type Order = z.output<typeof Order>
const COLUMNS =
  'order_no text, revision int8, province text, kind text, grade text, stage text, issued_at timestamptz, follow_up_on date, report_date date, report_version int'

/** Brings orders, whom they name, and what is counted of their bills up to date. */
export const applyOrderEvents = async (events: readonly Projected<OrderEvent>[], db: ProjectionDb): Promise<void> => {
  if (events.length === 0) return
  const orders = await load([...new Set(events.map(({ data }) => data.orderNo))], db)
  const touched = new Map<OrderNo, Order>()
  const subjects: object[] = []
  const bills: object[] = []
  const counted = new Map<string, object>()
  for (const event of events) {
    const before = touched.get(event.data.orderNo) ?? orders.get(event.data.orderNo)
    if (before && event.revision <= before.revision) continue
    const now = after(before, event)
    if (!now) continue
    touched.set(now.order_no, { ...now, revision: event.revision })
    for (const subject of subjectsNamed(event)) {
      subjects.push({ order_no: now.order_no, cons_no: subject.consNo })
      bills.push(...billsNamed(now, subject))
    }
    if (event.type === 'RecoveryCounted')
      for (const bill of event.data.bills) counted.set(`${now.order_no} ${bill.consNo} ${bill.billMonth}`, pieces(now, bill))
  }
  await save([...touched.values()], subjects, bills, [...counted.values()], db)
}

const load = async (orderNos: readonly OrderNo[], db: ProjectionDb): Promise<ReadonlyMap<OrderNo, Order>> => {
  const rows = await db.any(sql.type(Order)`select * from warned_order where order_no = any(${sql.array([...orderNos], 'text')})`)
  return new Map(rows.map((order) => [order.order_no, order]))
}

const after = (before: Order | undefined, { type, data, revision }: Projected<OrderEvent>): Order | undefined => {
  if (type === 'OrderDrafted')
    return {
      order_no: data.orderNo,
      revision,
      province: data.province,
      kind: data.kind,
      grade: data.grade,
      stage: 'draft',
      issued_at: null,
      follow_up_on: null,
      ...reportOf(data.origin),
    }
  if (!before) return undefined
  switch (type) {
    case 'OrderIssued':
      return { ...before, stage: 'open', issued_at: data.at }
    case 'OrderClosed':
      return { ...before, stage: 'ended', follow_up_on: data.followUpOn ?? null }
    case 'OrderWithdrawn':
      return { ...before, stage: 'ended' }
    case 'OrderReopened':
      return { ...before, stage: 'open', follow_up_on: null }
    default:
      return before
  }
}

const reportOf = (origin: Origin): Pick<Order, 'report_date' | 'report_version'> =>
  origin.kind === 'rules' ? { report_date: origin.reportDate, report_version: origin.reportVersion } : { report_date: null, report_version: null }

const subjectsNamed = ({ type, data }: OrderEvent): readonly Subject[] => {
  if (type === 'OrderDrafted') return data.subjects
  return type === 'SubjectAppended' ? [data.subject] : []
}

const billsNamed = ({ order_no, province }: Order, { consNo, bills, asOf }: Subject): readonly object[] =>
  bills.map(({ billMonth, open }) => ({ province, cons_no: consNo, bill_month: billMonth, order_no, as_of: asOf, named_open: open }))

const pieces = ({ order_no, province }: Order, { consNo, billMonth, counted, spans = [] }: CountedBill): object => ({
  ...{ province, cons_no: consNo, bill_month: billMonth, order_no, counted },
  spans: spans.map(({ from, until }) => [String(from), String(until)]),
})

const BILL = 'province text, cons_no text, bill_month text, order_no text, as_of date, named_open int8'
const COUNTED = 'province text, cons_no text, bill_month text, order_no text, counted int8, spans jsonb'

const save = async (
  orders: readonly Order[],
  subjects: readonly object[],
  bills: readonly object[],
  counted: readonly object[],
  db: ProjectionDb,
): Promise<void> => {
  if (orders.length === 0) return
  await db.query(run`
    insert into warned_order select r.* from ${rowset(orders, COLUMNS)}
    on conflict (order_no) do update set
      revision = excluded.revision, stage = excluded.stage, issued_at = excluded.issued_at, follow_up_on = excluded.follow_up_on`)
  if (subjects.length > 0)
    await db.query(run`insert into warned_subject select r.* from ${rowset(subjects, 'order_no text, cons_no text')} on conflict do nothing`)
  if (bills.length > 0) await db.query(run`insert into warned_bill select r.* from ${rowset(bills, BILL)} on conflict do nothing`)
  await forget(
    orders.filter(({ stage, issued_at }) => stage === 'ended' && issued_at === null),
    db,
  )
  if (counted.length > 0)
    await db.query(run`
      update warned_bill b set counted = r.counted, spans = r.spans from ${rowset(counted, COUNTED)}
      where b.province = r.province and b.cons_no = r.cons_no and b.bill_month = r.bill_month and b.order_no = r.order_no`)
}

/** Of a draft that is withdrawn nothing counts any more, and there are some every day. */
const forget = async (drafts: readonly Order[], db: ProjectionDb): Promise<void> => {
  if (drafts.length === 0) return
  const orderNos = sql.array(
    drafts.map(({ order_no }) => order_no),
    'text',
  )
  await db.query(run`delete from warned_subject where order_no = any(${orderNos})`)
  await db.query(run`delete from warned_bill where order_no = any(${orderNos})`)
}
