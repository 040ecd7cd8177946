import pg from 'pg'
import type { SourceFigures, UserFigures } from '#application/ports/source.ts'
import { INSTALMENT_KINDS } from '#domain/extraction/fields.ts'
import type { BillMonth, BusinessDate } from '#domain/shared/dates.ts'
import { addMonths, firstDay, monthOf, yearOf } from '#domain/shared/dates.ts'
import type { ConsNo, OrgCode, TradeCode, TradeStandard } from '#domain/shared/identity.ts'
import { fen, kwh, va } from '#domain/shared/quantities.ts'

/** Money that was money before: it pays a bill without a receipt of the day. */
const APPLIED = "('prepayment-applied', 'instalment-applied')"
/** What does not reduce a bill's principal. */
const BESIDE = "('prepayment', 'instalment', 'penalty')"
const INSTALMENT = `(${INSTALMENT_KINDS.map((kind) => `'${kind}'`).join(', ')})`

/**
 * $1 province, $2 date, $3 users, $4 first day of the month, $5 bill month, $6 first bill month that is always in, $7 New Year.
 * Of each bill, payment and reading the version extracted last counts, also where it says of a bill that it is of a later month and was
 * not issued yet; of customers the one known at the date. A month is in when it is of this year or the month before, or still open, or was
 * open when the year began. Money received pays a bill first and a write-off takes what is left (domain brief 4.1: received is what came in).
 * Bills and payments are put into one ledger and gone through once, because a join of the two is quadratic when the planner guesses their
 * numbers wrong.
 */
const FIGURES = `
with profile as (
  select distinct on (cons_no) * from source.customer where province = $1 and cons_no = any($3::text[])
  order by cons_no, (extracted_on > $2::date), abs(extracted_on - $2::date)),
reading as (
  select distinct on (cons_no, day) cons_no, day, kwh from source.daily_kwh
  where province = $1 and cons_no = any($3::text[]) and day between $4::date and $2::date order by cons_no, day, extracted_on desc),
energy as (select cons_no, sum(kwh) as month_to_date, max(kwh) filter (where day = $2::date) as on_day from reading group by cons_no),
ledger as (
  select cons_no, bill_month, kind, receivable_fen as receivable, null::bigint as amount, issued_on as since, due_on as until, kind in ${INSTALMENT} as plan
  from (select distinct on (cons_no, bill_id) * from source.bill
    where province = $1 and cons_no = any($3::text[]) order by cons_no, bill_id, extracted_on desc) b
  where issued_on <= $2::date and bill_month <= $5
  union all
  select cons_no, bill_month, kind, null, amount_fen, paid_on, credited_on, kind in ('prepayment', 'instalment')
  from (select distinct on (cons_no, payment_id) * from source.payment
    where province = $1 and cons_no = any($3::text[]) order by cons_no, payment_id, extracted_on desc) p
  where paid_on <= $2::date),
judged as (
  select *, row_number() over month as nth,
    coalesce(sum(receivable) filter (where not plan) over month, 0) as billed,
    coalesce(sum(amount) filter (where kind not in ${BESIDE} and kind <> 'write-off' and until <= $2::date) over month, 0) as paid,
    coalesce(sum(amount) filter (where kind = 'write-off' and until <= $2::date) over month, 0) as written,
    coalesce(sum(amount) filter (where kind not in ${BESIDE} and kind <> 'write-off' and until < $7::date) over month, 0) as paid_before,
    coalesce(sum(amount) filter (where kind = 'write-off' and until < $7::date) over month, 0) as written_before
  from ledger window month as (partition by cons_no, bill_month)),
chosen as (
  select *, bill_month is not null and not plan
    and (bill_month >= $6 or billed - least(paid, billed) > written or billed - least(paid_before, billed) > written_before) as told
  from judged),
account as (
  select cons_no,
    json_agg(json_build_array(bill_month, until, receivable::text) order by bill_month, until) filter (where receivable is not null and told) as receivables,
    json_agg(json_build_array(bill_month, kind, amount::text, since, until) order by since, amount desc) filter (where amount is not null and told) as receipts,
    coalesce(sum(case kind when 'prepayment' then amount when 'prepayment-applied' then -amount end) filter (where until <= $2::date), 0)
      + coalesce(sum(greatest(paid - billed, 0)) filter (where nth = 1 and bill_month is not null), 0) as prepaid,
    coalesce(sum(amount) filter (where (until is null or until > $2::date) and kind not in ${APPLIED} and kind <> 'write-off'), 0) as in_transit,
    coalesce(sum(amount) filter (where until = $2::date and kind not in ${APPLIED} and kind not in ${BESIDE} and kind <> 'write-off'), 0) as received_today,
    (count(*) filter (where receivable is not null and plan and bill_month = $5))::int as periods,
    coalesce(sum(receivable) filter (where plan and bill_month = $5), 0) as planned,
    coalesce(sum(amount) filter (where kind = 'instalment' and bill_month = $5 and until <= $2::date), 0) as plan_received
  from chosen group by cons_no)
select p.cons_no, p.name, p.org_code, p.trade_standard, p.trade_code, p.hec_class, p.elect_type, p.voltage, p.contract_va::text, p.running_va::text, p.residential,
  case when p.power_off_on <= $2::date then p.power_off_on::text end as power_off_on,
  e.on_day::text as on_day, coalesce(e.month_to_date, 0)::text as month_to_date,
  coalesce(a.prepaid, 0)::text as prepaid, coalesce(a.in_transit, 0)::text as in_transit, coalesce(a.received_today, 0)::text as received_today,
  a.receivables, a.receipts, coalesce(a.periods, 0) as periods, coalesce(a.planned, 0)::text as planned, coalesce(a.plan_received, 0)::text as plan_received
from profile p left join energy e using (cons_no) left join account a using (cons_no)`

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
  readonly periods: number
  readonly planned: string
  readonly plan_received: string
}

/** Planned once for each connection; nested loops over sets whose size the planner cannot know are what makes it slow. */
const SESSION = '-c plan_cache_mode=force_generic_plan -c enable_nestloop=off -c jit=off -c statement_timeout=30000'

/** One prepared statement a call: 27 provinces ask for it every day, each for up to some thousand users. */
export const openSourceFigures = (url: string, maxConnections = 4): { readonly figures: SourceFigures; readonly close: () => Promise<void> } => {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'epm source figures',
    options: SESSION,
    max: maxConnections,
    connectionTimeoutMillis: 10_000,
  })
  pool.on('error', () => undefined) // told by the next answer; without a listener it would end the process
  return {
    figures: async (province, date, users) => {
      const month = monthOf(date)
      const year = yearOf(date)
      const lastMonth = addMonths(month, -1)
      const since = lastMonth < `${year}01` ? lastMonth : `${year}01`
      const values = [province, date, users, firstDay(month), month, since, `${year}-01-01`]
      const { rows } = await pool.query<Found>({ name: 'source-figures', text: FIGURES, values })
      return rows.map(figuresOf)
    },
    close: () => pool.end(),
  }
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
  instalment: row.periods === 0 ? undefined : { periods: row.periods, planned: fen(BigInt(row.planned)), received: fen(BigInt(row.plan_received)) },
})
