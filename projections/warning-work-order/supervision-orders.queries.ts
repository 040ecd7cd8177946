import type { FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { Fen } from '#domain/shared/quantities.ts'
import { Grade, OrderKind, OrderNo, OrderStatus } from '#domain/warning-work-order/fields.ts'
import { type Page, readPage, type SortKey } from '#projections/shared/page.ts'
import { sql, where } from '#projections/shared/sql.ts'
import { placeOf } from './order/columns.ts'
import { BEHIND } from './supervision/behind.ts'
import type { CounterName } from './supervision/counters.ts'
import { Whole } from './supervision/figures.ts'
import { type Db, narrowed, SUPERVISION_MODEL } from './supervision/sums.ts'
import { periodOf, SupervisionQuery } from './supervision.queries.ts'

const oneOf = <N extends string>(names: readonly N[]) => z.enum(names as [N, ...N[]])
const keys = <R extends object>(record: R) => Object.keys(record) as (keyof R & string)[]

/** Which orders are behind a figure: by the view and the name under which it is told. */
export const SupervisionOrdersQuery = z.discriminatedUnion('view', [
  SupervisionQuery.extend({ view: z.literal('flow'), counter: oneOf(keys(BEHIND.flow)) }),
  SupervisionQuery.extend({ view: z.literal('stock'), counter: oneOf(keys(BEHIND.stock)) }),
  SupervisionQuery.extend({ view: z.literal('cohort'), counter: oneOf(keys(BEHIND.cohort)) }),
])
export type SupervisionOrdersQuery = z.input<typeof SupervisionOrdersQuery> & { readonly cursor?: string | undefined; readonly limit?: number | undefined }

/** An order behind a figure. All but `value` is of now; an order's page tells its course. */
export const CountedOrder = z
  .object({
    orderNo: OrderNo,
    province: ProvinceCode,
    grade: Grade,
    kind: OrderKind,
    /** Its part in the figure: 1, a number of times, minutes or fen. */
    value: Whole,
    status: OrderStatus,
    issuedOn: BusinessDate.nullable(),
    signDueAt: Instant.nullable(),
    feedbackDueAt: Instant.nullable(),
    reviewDueAt: Instant.nullable(),
    pausedAt: Instant.nullable(),
    returns: z.int(),
    urges: z.int(),
    escalation: z.int(),
    warned: Fen,
    recovered: Fen,
  })
  .meta({ id: 'CountedWorkOrder' })
export type CountedOrder = z.output<typeof CountedOrder>

const PLACE: readonly SortKey[] = [
  { expression: sql.fragment`o.day`, type: 'date' },
  { expression: sql.fragment`o.seq`, type: 'int8' },
]

/** The orders that add up to a figure, by number; the overdue list is that of `overdue` in the stock. 'BAD_CURSOR' for a cursor that is none. */
export const supervisionOrders = async (
  db: Db,
  { cursor, limit = 100, ...query }: SupervisionOrdersQuery,
  scope?: readonly ProvinceCode[],
): Promise<Page<CountedOrder> | 'BAD_CURSOR'> => {
  const asked = SupervisionOrdersQuery.parse(query)
  const keysOf = ({ orderNo }: CountedOrder) => {
    const { day, seq } = placeOf(orderNo)
    return [day, String(seq)]
  }
  return readPage(
    db,
    SUPERVISION_MODEL,
    CountedOrder,
    { order: 'supervision', direction: 'asc', keys: PLACE, keysOf, cursor, limit },
    (slice) => sql.fragment`
      select o.order_no as "orderNo", o.province, o.grade, o.kind, v.value::text as value, o.status, o.issued_on as "issuedOn", o.sign_due_at as "signDueAt",
        o.feedback_due_at as "feedbackDueAt", o.review_due_at as "reviewDueAt", o.paused_at as "pausedAt", o.returns, o.urges, o.escalation, o.warned::text as warned, o.recovered::text as recovered
      from ${counted(asked)} v join read_model.supervision_order o on o.order_no = v.order_no
      ${where([sql.fragment`v.value <> 0`, narrowed({ filters: asked.filters ?? {}, scope }, 'o'), slice.after])}
      ${slice.order} ${slice.limit}`,
  )
}

type Asked = z.output<typeof SupervisionOrdersQuery>

/** Each order with the sum of its changes, over as few of them as can tell it. */
const counted = (asked: Asked): FragmentSqlToken => {
  const { date, at, period } = periodOf(asked)
  const columns = sumsBehind(asked)
  const until = sql.fragment`c.at <= ${at}::timestamptz`
  const sums = sql.fragment`select c.order_no, sum(${added(columns)})::int8 as value from read_model.supervision_change c`
  if (asked.view === 'flow') return sql.fragment`(${sums} where c.on_date = ${date}::date and ${until} group by 1)`
  if (asked.view === 'cohort') return sql.fragment`(${sums} where c.issued_on between ${period.from}::date and ${period.to}::date and ${until} group by 1)`
  // What was at its end by then is still there only where the end itself is asked for.
  const ended = columns.some((column) => ENDED.has(column))
    ? sql.fragment`true`
    : sql.fragment`c.order_no in (select e.order_no from read_model.supervision_order e where e.ended_at is null or e.ended_at > ${at}::timestamptz)`
  return sql.fragment`(${sums} where ${until} and ${ended} group by 1)`
}
const added = (columns: readonly CounterName[]) =>
  sql.join(
    columns.map((column) => sql.fragment`coalesce(${sql.identifier(['c', column])}, 0)`),
    sql.fragment` + `,
  )
const sumsBehind = (asked: Asked): readonly CounterName[] => {
  switch (asked.view) {
    case 'flow':
      return BEHIND.flow[asked.counter]
    case 'stock':
      return BEHIND.stock[asked.counter]
    case 'cohort':
      return BEHIND.cohort[asked.counter]
  }
}
const ENDED: ReadonlySet<string> = new Set(['ever_issued', 'closed', 'withdrawn'])
