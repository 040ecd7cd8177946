import { z } from 'zod'
import { businessDateOf, type Instant } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import type { WarningWorkOrderEvent } from '#domain/warning-work-order/events.ts'
import { Grade, OrderKind, OrderNo } from '#domain/warning-work-order/fields.ts'
import { names, typed } from '#projections/shared/columns.ts'
import type { Projected, ProjectionDb } from '#projections/shared/projection.ts'
import { rowset, run, sql, text } from '#projections/shared/sql.ts'
import { placeOf } from '../order/columns.ts'
import { type Stretch, stretches } from './course.ts'
import { Move, moveOf } from './moves.ts'

/** An order with its moves as they were kept and as they are. */
export type Followed = {
  readonly orderNo: OrderNo
  readonly province: ProvinceCode
  readonly grade: Grade
  readonly kind: OrderKind
  readonly revision: bigint
  readonly before: readonly Move[]
  readonly moves: readonly Move[]
}

const Stored = z.object({ order_no: OrderNo, province: ProvinceCode, grade: Grade, kind: OrderKind, revision: z.bigint(), moves: z.array(Move) })

/** The orders of a batch after its events; those of which it says nothing new are left out. */
export const follow = async (events: readonly Projected<WarningWorkOrderEvent>[], db: ProjectionDb): Promise<readonly Followed[]> => {
  const orderNos = sql.array([...new Set(events.map(({ data }) => data.orderNo))], 'text')
  const stored = await db.any(
    sql.type(Stored)`select order_no, province, grade, kind, revision, moves from supervision_order where order_no = any(${orderNos})`,
  )
  const orders = new Map<OrderNo, Followed>()
  for (const { order_no: orderNo, moves, ...order } of stored) orders.set(orderNo, { orderNo, ...order, before: moves, moves })
  const changed = new Set<OrderNo>()
  for (const event of events) {
    const order = orders.get(event.data.orderNo) ?? drafted(event)
    if (!order || event.revision <= order.revision) continue
    const move = moveOf(event)
    orders.set(order.orderNo, { ...order, revision: event.revision, moves: move ? [...order.moves, move] : order.moves })
    changed.add(order.orderNo)
  }
  return [...orders.values()].filter(({ orderNo }) => changed.has(orderNo))
}

const drafted = ({ type, data }: WarningWorkOrderEvent): Followed | undefined => {
  if (type !== 'OrderDrafted') return undefined
  const { orderNo, province, grade, kind } = data
  return { orderNo, province, grade, kind, revision: -1n, before: [], moves: [] }
}

const COLUMNS = {
  ...{ order_no: 'text', day: 'date', seq: 'int', province: 'text', grade: 'text', kind: 'text', revision: 'bigint', status: 'text' },
  ...{ issued_at: 'timestamptz', issued_on: 'date', ended_at: 'timestamptz', sign_due_at: 'timestamptz', feedback_due_at: 'timestamptz' },
  ...{ review_due_at: 'timestamptz', paused_at: 'timestamptz', returns: 'int', urges: 'int', escalation: 'int', warned: 'bigint', recovered: 'bigint' },
  moves: 'jsonb',
} as const
const HANDLED = {
  ...{ order_no: 'text', closed_at: 'timestamptz', until_at: 'timestamptz', issued_on: 'date', province: 'text', grade: 'text', kind: 'text' },
  minutes: 'int',
} as const

export const orderTables = `
  create table supervision_order (${typed(COLUMNS)}, primary key (order_no));
  create index on supervision_order (ended_at);
  create table supervision_handled (${typed(HANDLED)}, primary key (order_no, closed_at));
  create index on supervision_handled (issued_on) include (province, grade, kind, closed_at, until_at, minutes);`

/** Keeps the orders, and how long each took as often as it was closed: medians need every one of them. */
export const keep = async (orders: readonly Followed[], db: ProjectionDb): Promise<void> => {
  const set = Object.keys(COLUMNS).map((name) => `${name} = excluded.${name}`)
  await db.query(run`
    insert into supervision_order (${text(names(COLUMNS))}) select ${text(names(COLUMNS))} from ${rowset(orders.map(rowOf), typed(COLUMNS))}
    on conflict (order_no) do update set ${text(set.join(', '))}`)
  const closed = orders.filter(({ moves }) => moves.some(({ t }) => t === 'closed'))
  if (closed.length === 0) return
  const orderNos = sql.array(
    closed.map(({ orderNo }) => orderNo),
    'text',
  )
  await db.query(run`delete from supervision_handled where order_no = any(${orderNos})`)
  await db.query(run`insert into supervision_handled select r.* from ${rowset(closed.flatMap(handled), typed(HANDLED))}`)
}

const rowOf = ({ orderNo, province, grade, kind, revision, moves }: Followed): Record<keyof typeof COLUMNS, unknown> => {
  const course = stretches(moves)
  const { status, issuedAt, sign, feedback, review, pausedAt, times, escalation, warned, recovered } = course.at(-1)!.order
  const ended = status === 'closed' || status === 'withdrawn' ? endOf(course) : null
  return {
    ...{
      order_no: orderNo,
      ...placeOf(orderNo),
      province,
      grade,
      kind,
      revision,
      status,
      issued_at: issuedAt,
      issued_on: issuedAt && businessDateOf(issuedAt),
    },
    ...{ ended_at: ended, sign_due_at: sign, feedback_due_at: feedback, review_due_at: review, paused_at: pausedAt, returns: times.returned ?? 0 },
    ...{ urges: times.urged ?? 0, escalation, warned, recovered, moves },
  }
}

/** Since when it has been in its last state. */
const endOf = (course: readonly Stretch[]): Instant => {
  const last = course.at(-1)!
  return course.findLast(({ order }, index) => course[index - 1]?.order.status !== order.status)?.from ?? last.from
}

const handled = ({ orderNo, province, grade, kind, moves }: Followed): Partial<Record<keyof typeof HANDLED, unknown>>[] => {
  const course = stretches(moves)
  return course.flatMap(({ from, order }, index) => {
    const { closing, issuedAt } = order
    if (order.status !== 'closed' || !closing || !issuedAt || course[index - 1]?.order.status === 'closed') return []
    const until = course.slice(index).find((later) => later.order.status !== 'closed')?.from
    return [
      {
        ...{ order_no: orderNo, closed_at: from, until_at: until, issued_on: businessDateOf(issuedAt), province, grade, kind },
        minutes: closing.handling,
      },
    ]
  })
}
