import type { DatabasePool, FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { Instant } from '#domain/shared/dates.ts'
import { OrgCode, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { Fen } from '#domain/shared/quantities.ts'
import { Clock, Grade, OrderKind, OrderNo, OrderStatus, Origin, Result } from '#domain/warning-work-order/fields.ts'
import { type AsOf, readAsOf } from '#projections/shared/as-of.ts'
import { type Direction, type Page, readPage, type SortKey } from '#projections/shared/page.ts'
import { inProvinces, sql, where } from '#projections/shared/sql.ts'
import { columns, conditions, late, type OrderFilters } from './order/asked.ts'
import { placeOf } from './order/columns.ts'
import { OrderDocument } from './order/document.ts'

/** One order in full as it is shown. */
export const WorkOrderDocument = OrderDocument.meta({ id: 'WorkOrder' })
export type WorkOrderDocument = OrderDocument

type Db = Pick<DatabasePool, 'any'>
export const WORK_ORDERS = 'work-orders'

const Status = OrderStatus.exclude(['absent'])
/** An order as a list has it. Instants are null before they are known. */
export const ListedOrder = z
  .object({
    orderNo: OrderNo,
    revision: z.bigint(),
    province: ProvinceCode,
    kind: OrderKind,
    grade: Grade,
    status: Status,
    origin: z.enum(Origin.options.map((option) => option.shape.kind.value) as ['manual', 'rules']),
    groupNo: z.string().nullable(),
    batch: z.string().nullable(),
    draftedAt: Instant,
    draftedBy: UserId,
    issuedAt: Instant.nullable(),
    issuedBy: UserId.nullable(),
    signDueAt: Instant.nullable(),
    feedbackDueAt: Instant.nullable(),
    reviewDueAt: Instant.nullable(),
    /** When something has to be done next; null when nothing has. */
    dueAt: Instant.nullable(),
    /** Clocks that had run out at the instant asked about. */
    overdue: z.array(Clock),
    paused: z.boolean(),
    /** A year without a published calendar had part in the due instants. */
    provisional: z.boolean(),
    signedAt: Instant.nullable(),
    assignedOrg: OrgCode.nullable(),
    assignedUser: UserId.nullable(),
    feedbacks: z.int(),
    returns: z.int(),
    extensions: z.int(),
    extensionAsked: z.boolean(),
    urges: z.int(),
    urgedAt: Instant.nullable(),
    escalation: z.int(),
    subjects: z.int(),
    /** 预警金额 and 督办回收金额. */
    warned: Fen,
    recovered: Fen,
    /** Questions that wait for an answer of headquarters, of the province. */
    openQuestionsHq: z.int(),
    openQuestionsProvince: z.int(),
    closedAt: Instant.nullable(),
    result: Result.nullable(),
    handlingMinutes: z.int().nullable(),
    changedAt: Instant,
    changedBy: UserId,
  })
  .meta({ id: 'ListedWorkOrder' })
export type ListedOrder = z.output<typeof ListedOrder>

export type OrderFilter = z.input<typeof OrderFilters>

const PLACE: readonly SortKey[] = [
  { expression: sql.fragment`o.day`, type: 'date' },
  { expression: sql.fragment`o.seq`, type: 'int8' },
]
/** By what the lists can be sorted; the order's number decides between equals. */
const SORTS = {
  orderNo: undefined,
  dueAt: { expression: sql.fragment`coalesce(o.due_at, '9999-12-31Z')`, type: 'timestamptz' },
  warned: { expression: sql.fragment`o.warned`, type: 'int8' },
  changedAt: { expression: sql.fragment`o.changed_at`, type: 'timestamptz' },
} as const satisfies Record<string, SortKey | undefined>
export const OrderSort = z.enum(Object.keys(SORTS) as [keyof typeof SORTS, ...(keyof typeof SORTS)[]])

export type OrdersQuery = {
  /** The provinces the caller may see; undefined for all, none for an empty list. */
  readonly provinces?: readonly ProvinceCode[] | undefined
  /** A caller of a province never sees drafts. */
  readonly withDrafts: boolean
  readonly filter?: OrderFilter
  /** The instant against which clocks are held. */
  readonly now: Instant
  readonly sort?: z.output<typeof OrderSort> | undefined
  readonly direction?: Direction | undefined
  readonly cursor?: string | undefined
  /** Rows of a page, at most 1000. */
  readonly limit?: number | undefined
}

/** A page of orders, the last drafted first unless asked otherwise; 'BAD_CURSOR' when the cursor is none of this order's. */
export const listOrders = async (db: Db, query: OrdersQuery): Promise<Page<ListedOrder> | 'BAD_CURSOR'> => {
  const { sort = 'orderNo', direction = 'desc', limit = 50, now } = query
  const chosen: SortKey | undefined = SORTS[sort]
  const keys = chosen ? [chosen, ...PLACE] : PLACE
  const sortKey = chosen ? sql.fragment`(${chosen.expression})::text` : sql.fragment`null::text`
  const Sorted = ListedOrder.extend({ sortKey: z.string().nullable() })
  const keysOf = ({ orderNo, sortKey: key }: z.output<typeof Sorted>) => {
    const { day, seq } = placeOf(orderNo)
    return [...(key === null ? [] : [key]), day, String(seq)]
  }
  const page = await readPage(
    db,
    WORK_ORDERS,
    Sorted,
    { order: sort, direction, keys, keysOf, cursor: query.cursor, limit },
    (slice) => sql.fragment`select ${columns(now)}, ${sortKey} as "sortKey" from read_model.work_order o
      ${where([...conditions(query), slice.after])} ${slice.order} ${slice.limit}`,
  )
  return page === 'BAD_CURSOR' ? page : { ...page, rows: page.rows.map(({ sortKey: _key, ...row }) => row) }
}

/** One order in full; undefined when there is none of that number. Who may see it is for the caller to judge by `order.province` and `order.status`. */
export const getOrder = async (
  db: Db,
  orderNo: OrderNo,
): Promise<{ readonly asOf: AsOf; readonly found: { readonly revision: bigint; readonly order: OrderDocument } | undefined }> => {
  const { asOf, rows } = await readAsOf(
    db,
    WORK_ORDERS,
    z.object({ revision: z.bigint(), document: OrderDocument }),
    sql.fragment`select revision, document from read_model.work_order where order_no = ${orderNo}`,
    'work-order',
  )
  const [row] = rows
  return { asOf, found: row && { revision: row.revision, order: row.document } }
}

/** How many orders wait where: the counts beside the boxes of an inbox. */
export const OrderCounts = z
  .object({
    draft: z.int(),
    issued: z.int(),
    signed: z.int(),
    feedbackSubmitted: z.int(),
    returned: z.int(),
    overdue: z.int(),
    extensionAsked: z.int(),
    questionsForHeadquarters: z.int(),
    questionsForProvince: z.int(),
  })
  .meta({ id: 'WorkOrderCounts' })
export type OrderCounts = z.output<typeof OrderCounts>

/** Counts of the orders that are not at their end. */
export const countOrders = async (
  db: Db,
  { provinces, withDrafts, now }: Pick<OrdersQuery, 'provinces' | 'withDrafts' | 'now'>,
): Promise<{ readonly asOf: AsOf; readonly counts: OrderCounts }> => {
  const { sign, feedback } = late(now)
  const counted = (condition: FragmentSqlToken) => sql.fragment`(count(*) filter (where ${condition}))::int`
  const { asOf, rows } = await readAsOf(
    db,
    WORK_ORDERS,
    OrderCounts,
    sql.fragment`select ${counted(sql.fragment`o.status = 'draft'`)} as draft, ${counted(sql.fragment`o.status = 'issued'`)} as issued,
        ${counted(sql.fragment`o.status = 'signed'`)} as signed, ${counted(sql.fragment`o.status = 'feedback-submitted'`)} as "feedbackSubmitted",
        ${counted(sql.fragment`o.status = 'returned'`)} as returned, ${counted(sql.fragment`${sign} or ${feedback}`)} as overdue,
        ${counted(sql.fragment`o.extension_asked`)} as "extensionAsked", ${counted(sql.fragment`o.open_questions_hq > 0`)} as "questionsForHeadquarters",
        ${counted(sql.fragment`o.open_questions_province > 0`)} as "questionsForProvince"
      from read_model.work_order o ${where([
        sql.fragment`o.status not in ('closed', 'withdrawn')`,
        inProvinces('o.province', provinces),
        withDrafts ? undefined : sql.fragment`o.issued_at is not null`,
      ])}`,
  )
  return { asOf, counts: rows[0] ?? NONE }
}
const NONE: OrderCounts = {
  ...{ draft: 0, issued: 0, signed: 0, feedbackSubmitted: 0, returned: 0, overdue: 0, extensionAsked: 0 },
  ...{ questionsForHeadquarters: 0, questionsForProvince: 0 },
}
