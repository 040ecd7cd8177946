import type { FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ConsNo, OrgCode, type ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { Clock, Grade, OrderKind, OrderStatus } from '#domain/warning-work-order/fields.ts'
import { sql } from '#projections/shared/sql.ts'

const Status = OrderStatus.exclude(['absent'])

/** A clock has run out that still runs; one that stands still had run out before the pause. */
export const late = (now: Instant) => {
  const time = sql.fragment`coalesce(o.paused_at, ${now}::timestamptz)`
  return {
    sign: sql.fragment`(o.status = 'issued' and o.sign_due_at < ${time})`,
    feedback: sql.fragment`(o.status in ('issued', 'signed', 'returned') and o.feedback_due_at < ${time})`,
    review: sql.fragment`(o.status = 'feedback-submitted' and o.review_due_at < ${time})`,
  }
}

export const columns = (now: Instant): FragmentSqlToken => {
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
export const OrderFilters = z.object({
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

type Asked = {
  readonly provinces?: readonly ProvinceCode[] | undefined
  readonly withDrafts: boolean
  readonly filter?: z.input<typeof OrderFilters>
  readonly now: Instant
}

export const conditions = ({ provinces, withDrafts, filter = {}, now }: Asked): readonly (FragmentSqlToken | undefined)[] => {
  const f = OrderFilters.parse(filter)
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
