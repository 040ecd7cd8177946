import { z } from 'zod'
import { warningWorkOrderEvents } from '#domain/warning-work-order/events.ts'
import { OrderNo } from '#domain/warning-work-order/fields.ts'
import { names, typed } from '#projections/shared/columns.ts'
import { type ProjectionDb, projection } from '#projections/shared/projection.ts'
import { rowset, run, sql, text } from '#projections/shared/sql.ts'
import { columnsOf, ORDER_COLUMNS } from './order/columns.ts'
import { OrderDocument } from './order/document.ts'
import { duesOf } from './order/dues.ts'
import { orderAfter } from './order/fold.ts'

/**
 * The register of work orders (工单台账): each order in full, what lists are filtered by, the customers it names, and every
 * due instant that a timer waits for.
 */
export const workOrders = projection({
  name: 'work-orders',
  version: 1,
  sources: { WarningWorkOrder: warningWorkOrderEvents },
  onPoison: 'park-stream', // the other orders still have their clocks
  restMs: 50,
  publishes: ['work_order', 'work_order_subject', 'order_due'],

  create: `
    create table work_order (${typed(ORDER_COLUMNS)}, revision bigint not null, document jsonb not null, primary key (order_no));
    create index on work_order (day desc, seq desc);
    create index on work_order (province, day desc, seq desc);
    create index on work_order (issued_on, province);
    create index on work_order (drafted_by, day desc, seq desc);
    create index on work_order (group_no) where group_no is not null;
    create index on work_order (batch) where batch is not null;
    create index on work_order (due_at) where due_at is not null;
    create index on work_order (day desc, seq desc) where status = 'draft';
    create table work_order_subject (
      order_no text not null, province text not null, cons_no text not null, name text not null, level text, arrears bigint not null,
      primary key (order_no, cons_no)
    );
    create index on work_order_subject (cons_no, province);
    create table order_due (
      order_no text not null, province text not null, grade text not null, kind text not null, clock text not null, cause text not null,
      due_at timestamptz not null, level int not null, provisional boolean not null,
      primary key (order_no, clock, cause)
    );
    create index on order_due (clock, due_at, order_no);`,

  apply: async (events, db) => {
    const orders = await load([...new Set(events.map(({ data }) => data.orderNo))], db)
    for (const event of events) {
      const order = orders.get(event.data.orderNo)
      if (!order || event.revision <= order.revision) continue
      const now = orderAfter(order.document, event)
      if (now) Object.assign(order, { document: now, revision: event.revision })
    }
    await save(
      [...orders.values()].flatMap(({ document, revision, stored }) => (document && document !== stored ? [{ document, revision, stored }] : [])),
      db,
    )
  },
})

type Held = { revision: bigint; document: OrderDocument | undefined; readonly stored: OrderDocument | undefined }
type Changed = { readonly document: OrderDocument; readonly revision: bigint; readonly stored: OrderDocument | undefined }
const Stored = z.object({ order_no: OrderNo, revision: z.bigint(), document: OrderDocument })

const load = async (orderNos: readonly OrderNo[], db: ProjectionDb): Promise<ReadonlyMap<OrderNo, Held>> => {
  const orders = new Map<OrderNo, Held>(orderNos.map((orderNo) => [orderNo, { revision: -1n, document: undefined, stored: undefined }]))
  const stored = await db.any(sql.type(Stored)`select order_no, revision, document from work_order where order_no = any(${sql.array([...orderNos], 'text')})`)
  for (const { order_no, revision, document } of stored) orders.set(order_no, { revision, document, stored: document })
  return orders
}

const columns = text(names(ORDER_COLUMNS))
const changes = text(
  Object.keys(ORDER_COLUMNS)
    .filter((name) => name !== 'order_no')
    .map((name) => `${name} = excluded.${name}`)
    .join(', '),
)
const SUBJECT = 'order_no text, province text, cons_no text, name text, level text, arrears int8'
const DUE = 'order_no text, province text, grade text, kind text, clock text, cause text, due_at timestamptz, level int, provisional boolean'

const save = async (orders: readonly Changed[], db: ProjectionDb): Promise<void> => {
  if (orders.length === 0) return
  const rows = orders.map(({ document, revision }) => ({ ...columnsOf(document), revision, document }))
  await db.query(run`
    insert into work_order (${columns}, revision, document)
    select ${columns}, revision, document from ${rowset(rows, `${typed(ORDER_COLUMNS)}, revision int8, document jsonb`)}
    on conflict (order_no) do update set ${changes}, revision = excluded.revision, document = excluded.document`)
  await saveDues(
    orders.map(({ document }) => document),
    db,
  )
  // Customers are many, and most events leave them as they are.
  const renamed = orders.filter(({ document, stored }) => document.subjects !== stored?.subjects)
  await saveSubjects(
    renamed.map(({ document }) => document),
    db,
  )
}

const forget = async (table: string, orders: readonly OrderDocument[], db: ProjectionDb): Promise<void> => {
  const orderNos = sql.array(
    orders.map(({ orderNo }) => orderNo),
    'text',
  )
  await db.query(run`delete from ${sql.identifier([table])} where order_no = any(${orderNos})`)
}

const saveSubjects = async (orders: readonly OrderDocument[], db: ProjectionDb): Promise<void> => {
  if (orders.length === 0) return
  await forget('work_order_subject', orders, db)
  const subjects = orders.flatMap(({ orderNo, province, subjects: all }) =>
    all.map(({ consNo, name, level, arrears }) => ({ order_no: orderNo, province, cons_no: consNo, name, level, arrears })),
  )
  await db.query(run`insert into work_order_subject select r.* from ${rowset(subjects, SUBJECT)} on conflict do nothing`)
}

const saveDues = async (orders: readonly OrderDocument[], db: ProjectionDb): Promise<void> => {
  await forget('order_due', orders, db)
  const dues = orders.flatMap((order) =>
    duesOf(order).map(({ clock, cause, dueAt, level }) => ({
      ...{ order_no: order.orderNo, province: order.province, grade: order.grade, kind: order.kind, clock, cause, due_at: dueAt, level },
      provisional: order.dues.at(-1)?.calendar.provisional ?? false,
    })),
  )
  await db.query(run`insert into order_due select r.* from ${rowset(dues, DUE)}`)
}
