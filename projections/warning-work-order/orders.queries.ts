import type { DatabasePool, FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ConsNo, OrgCode, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { Fen } from '#domain/shared/quantities.ts'
import { Clock, Grade, OrderKind, OrderNo, OrderStatus, Origin, Result } from '#domain/warning-work-order/fields.ts'
import { type AsOf, readAsOf } from '#projections/shared/as-of.ts'
import { after, type Direction, orderBy, type Page, readCursor, type SortKey, writeCursor } from '#projections/shared/page.ts'
import { sql, where } from '#projections/shared/sql.ts'
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

/** A clock has run out that still runs; one that stands still had run out before the pause. */
const late = (now: Instant) => {
  const time = sql.fragment`coalesce(o.paused_at, ${now}::timestamptz)`
  return {
    sign: sql.fragment`(o.status = 'issued' and o.sign_due_at < ${time})`,
    feedback: sql.fragment`(o.status in ('issued', 'signed', 'returned') and o.feedback_due_at < ${time})`,
    review: sql.fragment`(o.status = 'feedback-submitted' and o.review_due_at < ${time})`,
  }
}

const columns = (now: Instant): FragmentSqlToken => {
  const { sign, feedback, review } = late(now)
  return sql.fragment`o.order_no as "orderNo", o.revision, o.province, o.kind, o.grade, o.status, o.origin, o.group_no as "groupNo", o.batch,
    o.drafted_at as "draftedAt", o.drafted_by as "draftedBy", o.issued_at as "issuedAt", o.issued_by as "issuedBy", o.sign_due_at as "signDueAt",
    o.feedback_due_at as "feedbackDueAt", o.review_due_at as "reviewDueAt", o.due_at as "dueAt",
    array_remove(array[case when ${sign} then 'sign' end, case when ${feedback} then 'feedback' end, case when ${review} then 'review' end], null) as overdue,
    o.paused_at is not null as paused, o.provisional, o.signed_at as "signedAt", o.assigned_org as "assignedOrg", o.assigned_user as "assignedUser",
    o.feedbacks, o.returns, o.extensions, o.extension_asked as "extensionAsked", o.urges, o.urged_at as "urgedAt", o.escalation, o.subjects,
    o.warned::text as warned, o.recovered::text as recovered, o.open_questions_hq as "openQuestionsHq", o.open_questions_province as "openQuestionsProvince", o.closed_at as "closedAt", o.result,
    o.handling_minutes as "handlingMinutes", o.changed_at as "changedAt", o.changed_by as "changedBy"`
}

/** What is asked of the lists. What is left out asks for nothing. */
const OrderFilter = z.object({
  status: z.array(Status).min(1).optional(),
  kind: z.array(OrderKind).min(1).optional(),
  grade: z.array(Grade).min(1).optional(),
  origin: z.enum(['manual', 'rules']).optional(),
  /** Orders over one of these clocks at the instant asked about. */
  overdue: z.array(Clock).min(1).optional(),
  paused: z.boolean().optional(),
  extensionAsked: z.boolean().optional(),
  escalated: z.boolean().optional(),
  /** With a question that waits for this side. */
  questionFor: z.enum(['headquarters', 'province']).optional(),
  draftedBy: UserId.optional(),
  group: z.string().max(64).optional(),
  batch: z.string().max(64).optional(),
  consNo: ConsNo.optional(),
  assignedOrgs: z.array(OrgCode).max(2000).optional(),
  assignedUser: UserId.optional(),
  issuedFrom: BusinessDate.optional(),
  issuedTo: BusinessDate.optional(),
  /** Something is due by then. */
  dueBy: Instant.optional(),
})
export type OrderFilter = z.input<typeof OrderFilter>

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
export const listOrders = async (db: Db, query: OrdersQuery): Promise<Page<ListedOrder, AsOf> | 'BAD_CURSOR'> => {
  const { sort = 'orderNo', direction = 'desc', limit = 50, now } = query
  const chosen: SortKey | undefined = SORTS[sort]
  const keys = chosen ? [chosen, ...PLACE] : PLACE
  const values = query.cursor === undefined ? undefined : readCursor(query.cursor, sort, direction, keys.length)
  if (query.cursor !== undefined && !values) return 'BAD_CURSOR'
  const size = Math.max(1, Math.min(limit, 1000))
  const sortKey = chosen ? sql.fragment`(${chosen.expression})::text` : sql.fragment`null::text`
  const { asOf, rows } = await readAsOf(
    db,
    WORK_ORDERS,
    ListedOrder.extend({ sortKey: z.string().nullable() }),
    sql.fragment`select ${columns(now)}, ${sortKey} as "sortKey" from read_model.work_order o
      ${where([...conditions(query), values && after(keys, direction, values)])} ${orderBy(keys, direction)} limit ${size + 1}`,
  )
  const page = rows.slice(0, size)
  const last = page.at(-1)
  const place = last ? [last.orderNo.replace(/^(\d{4})(\d{2})(\d{2})-.*$/, '$1-$2-$3'), last.orderNo.slice(9)] : []
  const next = last && rows.length > size ? writeCursor(sort, direction, chosen ? [last.sortKey ?? '', ...place] : place) : null
  return { asOf, rows: page.map(({ sortKey: _, ...row }) => row), next }
}

const conditions = ({ provinces, withDrafts, filter = {}, now }: OrdersQuery): readonly (FragmentSqlToken | undefined)[] => {
  const f = OrderFilter.parse(filter)
  const equal = (column: string, value: string | boolean | undefined) =>
    value === undefined ? undefined : sql.fragment`${sql.identifier(['o', column])} = ${value}`
  const among = (column: string, values: readonly string[] | undefined) =>
    values && sql.fragment`${sql.identifier(['o', column])} = any(${sql.array([...values], 'text')})`
  const clocks = late(now)
  return [
    among('province', provinces),
    withDrafts ? undefined : sql.fragment`o.issued_at is not null`,
    ...[among('status', f.status), among('kind', f.kind), among('grade', f.grade), equal('origin', f.origin)],
    f.overdue &&
      sql.fragment`(${sql.join(
        f.overdue.map((clock) => clocks[clock]),
        sql.fragment` or `,
      )})`,
    f.paused === undefined ? undefined : sql.fragment`(o.paused_at is not null) = ${f.paused}`,
    equal('extension_asked', f.extensionAsked),
    f.escalated === undefined ? undefined : sql.fragment`(o.escalation > 0) = ${f.escalated}`,
    f.questionFor && (f.questionFor === 'headquarters' ? sql.fragment`o.open_questions_hq > 0` : sql.fragment`o.open_questions_province > 0`),
    ...[equal('drafted_by', f.draftedBy), equal('group_no', f.group), equal('batch', f.batch), equal('assigned_user', f.assignedUser)],
    f.consNo && sql.fragment`o.order_no in (select s.order_no from read_model.work_order_subject s where s.cons_no = ${f.consNo})`,
    among('assigned_org', f.assignedOrgs),
    f.issuedFrom && sql.fragment`o.issued_on >= ${f.issuedFrom}::date`,
    f.issuedTo && sql.fragment`o.issued_on <= ${f.issuedTo}::date`,
    f.dueBy && sql.fragment`o.due_at <= ${f.dueBy}::timestamptz`,
  ]
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
        provinces && sql.fragment`o.province = any(${sql.array([...provinces], 'text')})`,
        withDrafts ? undefined : sql.fragment`o.issued_at is not null`,
      ])}`,
  )
  return { asOf, counts: rows[0] ?? NONE }
}
const NONE: OrderCounts = {
  ...{ draft: 0, issued: 0, signed: 0, feedbackSubmitted: 0, returned: 0, overdue: 0, extensionAsked: 0 },
  ...{ questionsForHeadquarters: 0, questionsForProvince: 0 },
}
