import type pg from 'pg'
import type { SourceFigures, UserFigures } from '#application/ports/source.ts'
import type { BillMonth, BusinessDate } from '#domain/shared/dates.ts'
import { firstDay, monthOf, yearOf } from '#domain/shared/dates.ts'
import type { ConsNo, OrgCode, TradeCode, TradeStandard } from '#domain/shared/identity.ts'
import { fen, kwh, va } from '#domain/shared/quantities.ts'

/** Money that was money before: it pays a bill without a receipt of the day. */
const APPLIED = "('prepayment-applied', 'instalment-applied')"
/** What does not reduce a bill's principal. */
const BESIDE = "('prepayment', 'instalment', 'penalty')"
const INSTALMENT = "('04', '11', '12')"

/**
 * $1 province, $2 date, $3 users, $4 first day of the month, $5 bill month, $6 first bill month of the year, $7 New Year.
 * Of each customer, bill, payment and reading the version extracted last counts; of customers the one known at the date.
 * A month is in when it is of this year, or still open, or was open when the year began.
 */
const FIGURES = `
with profile as (
  select distinct on (cons_no) * from source.customer where province = $1 and cons_no = any($3::text[])
  order by cons_no, (extracted_on > $2::date), abs(extracted_on - $2::date)),
reading as (
  select distinct on (cons_no, day) cons_no, day, kwh from source.daily_kwh
  where province = $1 and cons_no = any($3::text[]) and day between $4::date and $2::date order by cons_no, day, extracted_on desc),
energy as (select cons_no, sum(kwh) as month_to_date, max(kwh) filter (where day = $2::date) as on_day from reading group by cons_no),
issued as (
  select * from (
    select distinct on (cons_no, bill_id) cons_no, bill_month, kind, receivable_fen, issued_on, due_on from source.bill
    where province = $1 and cons_no = any($3::text[]) and bill_month <= $5 order by cons_no, bill_id, extracted_on desc) b
  where issued_on <= $2::date),
paid as (
  select * from (
    select distinct on (cons_no, payment_id) cons_no, bill_month, kind, amount_fen, paid_on, credited_on from source.payment
    where province = $1 and cons_no = any($3::text[]) order by cons_no, payment_id, extracted_on desc) p
  where paid_on <= $2::date),
billed as (
  select cons_no, bill_month, sum(receivable_fen) as receivable from issued where kind not in ${INSTALMENT} group by cons_no, bill_month),
settled as (
  select cons_no, bill_month, coalesce(sum(amount_fen) filter (where credited_on <= $2::date), 0) as by_date, coalesce(sum(amount_fen) filter (where credited_on < $7::date), 0) as by_new_year
  from paid where bill_month is not null and kind not in ${BESIDE} group by cons_no, bill_month),
months as (
  select cons_no, bill_month from billed left join settled using (cons_no, bill_month)
  where bill_month >= $6 or receivable > coalesce(by_date, 0) or receivable > coalesce(by_new_year, 0)),
overpaid as (
  select cons_no, sum(greatest(by_date - coalesce(receivable, 0), 0)) as amount from settled left join billed using (cons_no, bill_month) group by cons_no),
receivables as (
  select cons_no, json_agg(json_build_array(bill_month, due_on, receivable_fen::text) order by bill_month, due_on) as list
  from issued join months using (cons_no, bill_month) where kind not in ${INSTALMENT} group by cons_no),
receipts as (
  select cons_no, json_agg(json_build_array(bill_month, kind, amount_fen::text, paid_on, credited_on) order by coalesce(credited_on, paid_on), paid_on, amount_fen desc) as list
  from paid join months using (cons_no, bill_month) where kind not in ('prepayment', 'instalment') group by cons_no),
money as (
  select cons_no,
    coalesce(sum(case when kind = 'prepayment' then amount_fen when kind = 'prepayment-applied' then -amount_fen end) filter (where credited_on <= $2::date), 0) as prepaid,
    coalesce(sum(amount_fen) filter (where (credited_on is null or credited_on > $2::date) and kind not in ${APPLIED} and kind <> 'write-off'), 0) as in_transit,
    coalesce(sum(amount_fen) filter (where credited_on = $2::date and kind not in ${APPLIED} and kind not in ${BESIDE} and kind <> 'write-off'), 0) as received_today
  from paid group by cons_no),
plan as (
  select cons_no, count(*) as periods, sum(receivable_fen) as planned from issued where kind in ${INSTALMENT} and bill_month = $5 group by cons_no),
plan_paid as (
  select cons_no, sum(amount_fen) as received from paid where kind = 'instalment' and bill_month = $5 and credited_on <= $2::date group by cons_no)
select p.cons_no, p.name, p.org_code, p.trade_standard, p.trade_code, p.hec_class, p.elect_type, p.voltage, p.contract_va::text, p.running_va::text, p.residential,
  case when p.power_off_on <= $2::date then p.power_off_on::text end as power_off_on,
  e.on_day::text as on_day, coalesce(e.month_to_date, 0)::text as month_to_date,
  (coalesce(m.prepaid, 0) + coalesce(o.amount, 0))::text as prepaid, coalesce(m.in_transit, 0)::text as in_transit, coalesce(m.received_today, 0)::text as received_today,
  r.list as receivables, q.list as receipts, plan.periods::int as periods, plan.planned::text as planned, coalesce(plan_paid.received, 0)::text as plan_received
from profile p left join energy e using (cons_no) left join money m using (cons_no) left join overpaid o using (cons_no)
  left join receivables r using (cons_no) left join receipts q using (cons_no) left join plan using (cons_no) left join plan_paid using (cons_no)
order by array_position($3::text[], p.cons_no)`

type Found = {
  readonly cons_no: string
  readonly name: string
  readonly org_code: string
  readonly trade_standard: string
  readonly trade_code: string
  readonly hec_class: string | null
  readonly elect_type: string | null
  readonly voltage: string | null
  readonly contract_va: string
  readonly running_va: string
  readonly residential: boolean
  readonly power_off_on: string | null
  readonly on_day: string | null
  readonly month_to_date: string
  readonly prepaid: string
  readonly in_transit: string
  readonly received_today: string
  readonly receivables: readonly (readonly [string, string, string])[] | null
  readonly receipts: readonly (readonly [string, string, string, string, string | null])[] | null
  readonly periods: number | null
  readonly planned: string | null
  readonly plan_received: string
}

/** One prepared statement a call: 27 provinces ask for it every day, each for up to some thousand users. */
export const createSourceFigures =
  (pool: pg.Pool): SourceFigures =>
  async (province, date, users) => {
    const month = monthOf(date)
    const year = yearOf(date)
    const values = [province, date, users, firstDay(month), month, `${year}01`, `${year}-01-01`]
    const { rows } = await pool.query<Found>({ name: 'source-figures', text: FIGURES, values })
    return rows.map(figuresOf)
  }

// The rows were checked when they were extracted; here they only take their types again.
const figuresOf = (row: Found): UserFigures => ({
  consNo: row.cons_no as ConsNo,
  name: row.name,
  orgCode: row.org_code as OrgCode,
  tradeStandard: row.trade_standard as TradeStandard,
  tradeCode: row.trade_code as TradeCode,
  hecClass: row.hec_class ?? undefined,
  electType: row.elect_type ?? undefined,
  voltage: row.voltage ?? undefined,
  contractCapacity: va(BigInt(row.contract_va)),
  runningCapacity: va(BigInt(row.running_va)),
  residential: row.residential,
  powerOffOn: (row.power_off_on as BusinessDate | null) ?? undefined,
  electricityDay: row.on_day === null ? null : kwh(BigInt(row.on_day)),
  electricityMonthToDate: kwh(BigInt(row.month_to_date)),
  prepaidBalance: fen(BigInt(row.prepaid)),
  inTransit: fen(BigInt(row.in_transit)),
  receivedToday: fen(BigInt(row.received_today)),
  receivables: (row.receivables ?? []).map(([billMonth, dueOn, amount]) => ({
    billMonth: billMonth as BillMonth,
    dueOn: dueOn as BusinessDate,
    amount: fen(BigInt(amount)),
  })),
  receipts: (row.receipts ?? []).map(([billMonth, kind, amount, paidOn, creditedOn]) => ({
    billMonth: billMonth as BillMonth,
    kind,
    amount: fen(BigInt(amount)),
    paidOn: paidOn as BusinessDate,
    creditedOn: (creditedOn as BusinessDate | null) ?? undefined,
  })),
  instalment: row.periods === null ? undefined : { periods: row.periods, planned: fen(BigInt(row.planned ?? '0')), received: fen(BigInt(row.plan_received)) },
})
