import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { BillMonth, BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { Fen } from '#domain/shared/quantities.ts'
import { Grade, OrderKind, OrderNo, SilenceId } from '#domain/warning-work-order/fields.ts'
import { type Page, readPage, type SortKey } from '#projections/shared/page.ts'
import { inProvinces, rowset, sql, where } from '#projections/shared/sql.ts'
import type { SealedReport } from './figures.queries.ts'

type Db = Pick<DatabasePool, 'any'>
const MODEL = 'warned'

const ReportedBill = z.object({
  consNo: ConsNo,
  billMonth: BillMonth,
  orderNo: OrderNo,
  revision: z.bigint(),
  /** Issued and not ended. */
  counts: z.boolean(),
  /** What was open when the order named it, and what was written off by then. */
  namedOpen: z.bigint(),
  writtenOffBefore: z.bigint(),
  counted: z.bigint(),
  spans: z.array(z.tuple([z.string(), z.string()])),
  /** What the report shows. */
  open: Fen,
  writtenOff: z.bigint(),
})
export type ReportedBill = z.output<typeof ReportedBill>

/**
 * Every bill that an open order names, as a sealed report shows it, beside all issued orders that name it, the oldest first a bill.
 * A bill that the report does not hold is left out.
 */
export const namedBillsReported = async (db: Db, { province, reportDate, reportVersion }: SealedReport): Promise<readonly ReportedBill[]> =>
  db.any(sql.type(ReportedBill)`
    with counting as materialized (
      select distinct w.cons_no, w.bill_month from read_model.warned_order o join read_model.warned_bill w using (order_no)
      where o.province = ${province} and o.stage = 'open'
    )
    select w.cons_no as "consNo", w.bill_month as "billMonth", w.order_no as "orderNo", o.revision, o.stage = 'open' as counts, w.named_open as "namedOpen",
      coalesce(n.written_off, 0) as "writtenOffBefore", w.counted, w.spans, b.balance::text as open, b.written_off as "writtenOff"
    from counting c
    join read_model.bill_day b on b.stat_date = ${reportDate}::date and b.province = ${province} and b.cons_no = c.cons_no and b.bill_month = c.bill_month
      and b.version_from <= ${reportVersion} and b.version_to > ${reportVersion}
    join read_model.warned_bill w on w.province = ${province} and w.cons_no = c.cons_no and w.bill_month = c.bill_month
    join read_model.warned_order o on o.order_no = w.order_no and o.issued_at is not null
    left join lateral (
      select n.written_off from read_model.bill_day n
      where n.stat_date = w.as_of and n.province = w.province and n.cons_no = w.cons_no and n.bill_month = w.bill_month order by n.version_to desc limit 1
    ) n on true
    order by w.cons_no, w.bill_month, o.issued_at, w.order_no`)

const Stranded = z.object({ province: ProvinceCode, consNo: ConsNo, kind: OrderKind, orderNo: OrderNo })
export type StrandedClaim = z.output<typeof Stranded>

/**
 * Claims that nothing stands behind: of an order that has ended, or that was never drafted or does not name the customer though the
 * claim is from before `before`. By customer, after the last of the page before.
 */
export const strandedClaims = async (db: Db, before: Instant, last: StrandedClaim | undefined, limit: number): Promise<readonly StrandedClaim[]> =>
  db.any(sql.type(Stranded)`
    select c.province, c.cons_no as "consNo", c.kind, c.order_no as "orderNo" from read_model.warning_claim c
    left join read_model.warned_order o on o.order_no = c.order_no
    ${where([
      sql.fragment`(o.stage = 'ended' or (c.claimed_at < ${before}::timestamptz and (o.order_no is null
        or not exists (select from read_model.warned_subject s where s.order_no = c.order_no and s.cons_no = c.cons_no))))`,
      last && sql.fragment`(c.province, c.cons_no, c.kind) > (${last.province}, ${last.consNo}, ${last.kind})`,
    ])} order by c.province, c.cons_no, c.kind limit ${limit}`)

const Claimant = z.object({
  consNo: ConsNo,
  revision: z.bigint(),
  claims: z.array(z.object({ kind: OrderKind, grade: Grade, orderNo: OrderNo, since: Instant, ended: z.boolean() })),
  suppressed: z.array(
    z.object({
      kind: OrderKind,
      grade: Grade,
      why: z.enum(['duplicate', 'inhibited', 'silenced']),
      orderNo: OrderNo.nullable(),
      silenceId: SilenceId.nullable(),
    }),
  ),
})
export type Claimant = z.output<typeof Claimant>

/** Every customer of a province of whom something was warned: how far his stream is, the open orders that hold him, and what was not given. */
export const claimants = async (db: Db, province: ProvinceCode): Promise<readonly Claimant[]> =>
  db.any(sql.type(Claimant)`
    with held as (
      select c.cons_no, jsonb_agg(jsonb_build_object('kind', c.kind, 'grade', c.grade, 'orderNo', c.order_no, 'ended', coalesce(o.stage = 'ended', false),
          'since', to_char(c.claimed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))) as claims
      from read_model.warning_claim c left join read_model.warned_order o using (order_no) where c.province = ${province} group by c.cons_no
    ), kept as (
      select cons_no, jsonb_agg(distinct jsonb_build_object('kind', kind, 'grade', grade, 'why', why, 'orderNo', order_no, 'silenceId', silence_id)) as suppressed
      from read_model.warning_suppression where province = ${province} group by cons_no
    )
    select c.cons_no as "consNo", c.revision, coalesce(h.claims, '[]') as claims, coalesce(k.suppressed, '[]') as suppressed
    from read_model.claimant c left join held h using (cons_no) left join kept k using (cons_no) where c.province = ${province}`)

/** Drafts that rules made over days before a report's, or over an earlier version of it, and that nobody issued; by number. */
export const draftsBefore = async (db: Db, { province, reportDate, reportVersion }: SealedReport): Promise<readonly OrderNo[]> => {
  const rows = await db.any(sql.type(z.object({ orderNo: OrderNo }))`
    select order_no as "orderNo" from read_model.warned_order
    where province = ${province} and stage = 'draft' and (report_date, report_version) < (${reportDate}::date, ${reportVersion}) order by order_no`)
  return rows.map(({ orderNo }) => orderNo)
}

const Held = z.object({ consNo: ConsNo, kind: OrderKind, grade: Grade, orderNo: OrderNo })

/** Customers of whom an order was closed with a date of follow-up that is still to come after `date`: until then nothing of that grade is warned of anew. */
export const followedUp = async (db: Db, province: ProvinceCode, date: BusinessDate): Promise<readonly z.output<typeof Held>[]> =>
  db.any(sql.type(Held)`
    select distinct on (s.cons_no, o.kind) s.cons_no as "consNo", o.kind, o.grade, o.order_no as "orderNo" from read_model.warned_order o
    join read_model.warned_subject s using (order_no)
    where o.province = ${province} and o.stage = 'ended' and o.follow_up_on > ${date}::date order by s.cons_no, o.kind, o.follow_up_on desc`)

/** A warning that was not given: there was an order already, a graver one, or a silence. */
export const SuppressedWarning = z
  .object({
    province: ProvinceCode,
    consNo: ConsNo,
    revision: z.bigint(),
    at: Instant,
    kind: OrderKind,
    grade: Grade,
    rules: z.array(z.string()),
    reportDate: BusinessDate,
    why: z.enum(['duplicate', 'inhibited', 'silenced']),
    orderNo: OrderNo.nullable(),
    silenceId: SilenceId.nullable(),
  })
  .meta({ id: 'SuppressedWarning' })
export type SuppressedWarning = z.output<typeof SuppressedWarning>

export type SuppressionsQuery = {
  readonly provinces?: readonly ProvinceCode[] | undefined
  readonly consNo?: ConsNo | undefined
  readonly why?: SuppressedWarning['why'] | undefined
  readonly from?: BusinessDate | undefined
  readonly to?: BusinessDate | undefined
  readonly cursor?: string | undefined
  readonly limit?: number
}

const KEYS: readonly SortKey[] = [
  { expression: sql.fragment`report_date`, type: 'date' },
  { expression: sql.fragment`province`, type: 'text' },
  { expression: sql.fragment`cons_no`, type: 'text' },
  { expression: sql.fragment`revision`, type: 'int8' },
]

/** Warnings that were not given, the latest report first; 'BAD_CURSOR' for a cursor that is none. */
export const suppressedWarnings = async (
  db: Db,
  { provinces, consNo, why, from, to, cursor, limit = 100 }: SuppressionsQuery,
): Promise<Page<SuppressedWarning> | 'BAD_CURSOR'> => {
  const keysOf = (row: SuppressedWarning) => [row.reportDate, row.province, row.consNo, String(row.revision)]
  return readPage(
    db,
    MODEL,
    SuppressedWarning,
    { order: 'suppressions', direction: 'desc', keys: KEYS, keysOf, cursor, limit },
    (
      slice,
    ) => sql.fragment`select province, cons_no as "consNo", revision, at, kind, grade, rules, report_date as "reportDate", why, order_no as "orderNo", silence_id as "silenceId"
      from read_model.warning_suppression ${where([
        inProvinces('province', provinces),
        consNo === undefined ? undefined : sql.fragment`cons_no = ${consNo}`,
        why === undefined ? undefined : sql.fragment`why = ${why}`,
        from === undefined ? undefined : sql.fragment`report_date >= ${from}::date`,
        to === undefined ? undefined : sql.fragment`report_date <= ${to}::date`,
        slice.after,
      ])} ${slice.order} ${slice.limit}`,
  )
}

/** Open orders whose due instants stand by another calendar than the published one: provisional, or with another version of a year. By number. */
export const ordersByOtherCalendars = async (
  db: Db,
  published: readonly { readonly year: number; readonly version: number }[],
  last: string,
  limit: number,
): Promise<readonly OrderNo[]> => {
  const rows = await db.any(sql.type(z.object({ orderNo: OrderNo }))`
    select w.order_no as "orderNo" from read_model.work_order w
    where w.status in ('issued', 'signed', 'feedback-submitted', 'returned') and w.paused_at is null and w.order_no > ${last} and (w.provisional or exists (
      select from jsonb_each_text(w.document #> '{dues,-1,calendar,years}') used join ${rowset(published, 'year int, version int')} on r.year = used.key::int
      where r.version <> used.value::int)) order by w.order_no limit ${limit}`)
  return rows.map(({ orderNo }) => orderNo)
}
