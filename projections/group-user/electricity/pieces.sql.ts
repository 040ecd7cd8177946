import type { FragmentSqlToken } from 'slonik'
import { sql } from '#projections/shared/sql.ts'
import { text } from './columns.ts'
import { APPLIED, BESIDE, INSTALMENT } from './kinds.ts'

/** Figures that stand from one day to another; kWh are taken from the readings, day by day. */
export const PIECE_NAMES = [
  ...(['members', 'unknown_members', 'contract_va', 'running_va'] as const),
  ...(['receivable_month', 'received_month', 'open_month', 'receivable_year', 'received_year', 'open_year'] as const),
  ...(['receivable_current', 'received_current', 'open_current', 'arrears', 'arrears_prior_year'] as const),
  ...(['aged_not_due', 'aged_30', 'aged_60', 'aged_90', 'aged_180', 'aged_365', 'aged_over_365'] as const),
  ...(['prepaid', 'in_transit', 'received_today', 'owing_members'] as const),
] as const
type PieceName = (typeof PIECE_NAMES)[number]

/** One row of pieces: what it says of some figures, and nought of the others. */
const piece = (values: Partial<Record<PieceName, string>>): FragmentSqlToken =>
  text(PIECE_NAMES.map((name) => `${values[name] ?? '0'}::bigint as ${name}`).join(', '))

const ON = text('e.province = w.province and e.cons_no = w.cons_no')
const EVER = "date '0001-01-01'"
const END = "date '9999-12-31'"

/** What a bill month tells from a day `s` on: which scope it is in then (domain brief 4.1), and how old it is (账龄). */
const CLOSED = 's >= closed'
const IN_YEAR = `${CLOSED} and s < new_year`
const IN_MONTH = `${CLOSED} and s < later`
const when = (condition: string, value: string): string => `case when ${condition} then ${value} else 0 end`
const aged = (from: number, to?: number): string => when(`${CLOSED} and s - due_on >= ${from}${to === undefined ? '' : ` and s - due_on <= ${to}`}`, 'open')
const OF_BILLS = piece({
  receivable_month: when(IN_MONTH, 'billed'),
  received_month: when(IN_MONTH, 'received'),
  open_month: when(IN_MONTH, 'open'),
  receivable_year: when(IN_YEAR, 'billed'),
  received_year: when(IN_YEAR, 'received'),
  open_year: when(IN_YEAR, 'open'),
  receivable_current: when('s < closed', 'billed'),
  received_current: when('s < closed', 'received'),
  open_current: when('s < closed', 'open'),
  arrears: when(CLOSED, 'open'),
  arrears_prior_year: when(`${CLOSED} and s >= new_year`, 'open'),
  aged_not_due: when(`${CLOSED} and s <= due_on`, 'open'),
  aged_30: aged(1, 30),
  aged_60: aged(31, 60),
  aged_90: aged(61, 90),
  aged_180: aged(91, 180),
  aged_365: aged(181, 365),
  aged_over_365: aged(366),
})

/**
 * The figures of customers as pieces of time: over `who` (province, cons_no, lo, hi) rows (province, cons_no, s, e, figures…) whose sum over
 * those with s <= day < e is what the customer comes to on that day, for every day from lo to hi. A step of a bill month ends with the next
 * record or payment; it is cut where it comes into another scope or another age.
 */
export const pieces = (who: FragmentSqlToken): FragmentSqlToken => sql.fragment`
  with who as materialized (${who}),
  bill as materialized (
    select w.province, w.cons_no, e.* from who w cross join lateral (
      select distinct on (e.bill_id) e.bill_month, e.kind, e.receivable_fen, e.issued_on, e.due_on from source.bill e where ${ON}
      order by e.bill_id desc, e.extracted_on desc) e),
  payment as materialized (
    select w.*, e.* from who w cross join lateral (
      select distinct on (e.payment_id) e.bill_month, e.kind, e.amount_fen, e.paid_on, e.credited_on from source.payment e where ${ON}
      order by e.payment_id desc, e.extracted_on desc) e),
  entry as (
    select province, cons_no, bill_month, issued_on as since, receivable_fen as billed, 0::bigint as paid, 0::bigint as written from bill where kind not in ${INSTALMENT}
    union all
    select province, cons_no, bill_month, credited_on, 0, case when kind = 'write-off' then 0 else amount_fen end, case when kind = 'write-off' then amount_fen else 0 end
    from payment where kind not in ${BESIDE} and credited_on is not null and bill_month is not null),
  day_of as (
    select province, cons_no, bill_month, since, sum(billed)::bigint as billed, sum(paid)::bigint as paid, sum(written)::bigint as written from entry group by 1, 2, 3, 4),
  step as materialized (
    select s.*, w.lo, w.hi from who w join (
      select province, cons_no, bill_month, since, coalesce(lead(since) over month, ${text(END)}) as until,
        (sum(billed) over month)::bigint as billed, (sum(paid) over month)::bigint as paid, (sum(written) over month)::bigint as written
      from day_of window month as (partition by province, cons_no, bill_month order by since)) s
      on s.province = w.province and s.cons_no = w.cons_no and s.since <= w.hi and s.until > w.lo),
  -- the records of the month, paid in the order in which they fall due: it is as old as the first that is open
  due as (
    select province, cons_no, bill_month, since, until, lo, hi, billed, paid, written,
      coalesce(min(due_on) filter (where receivable > 0 and through > paid + written), max(due_on)) as due_on
    from (
      select s.*, b.due_on, b.receivable_fen as receivable,
        sum(b.receivable_fen) over (partition by s.province, s.cons_no, s.bill_month, s.since order by b.due_on rows unbounded preceding) as through
      from step s join bill b on b.province = s.province and b.cons_no = s.cons_no and b.bill_month = s.bill_month
        and b.issued_on <= s.since and b.kind not in ${INSTALMENT}) one
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
  stood as (
    select province, cons_no, greatest(since, lo) as since, least(until, hi + 1) as until, due_on, billed,
      least(paid, billed) as received, greatest(billed - least(paid, billed) - written, 0) as open,
      (to_date(bill_month, 'YYYYMM') + interval '1 month')::date as closed, (to_date(bill_month, 'YYYYMM') + interval '2 months')::date as later,
      make_date(left(bill_month, 4)::int + 1, 1, 1) as new_year
    from due),
  cut as materialized (
    select t.*, c.s, coalesce(lead(c.s) over (partition by t.province, t.cons_no, t.closed, t.since order by c.s), t.until) as e
    from stood t cross join lateral (
      select s from unnest(case when t.open = 0 then array[t.since, t.closed, t.later, t.new_year]
        else array[t.since, t.closed, t.later, t.new_year, t.due_on + 1, t.due_on + 31, t.due_on + 61, t.due_on + 91, t.due_on + 181, t.due_on + 366] end) s
      where s >= t.since and s < t.until) c
    where t.open > 0 or t.since < t.new_year or t.since < t.later),
  owing as (
    select province, cons_no, unnest(range_agg(daterange(greatest(s, closed), e))) as span from cut where open > 0 and s < e and e > closed group by 1, 2)
  select province, cons_no, s, e, ${OF_BILLS} from cut where s < e and (open > 0 or s < later or s < new_year)
  union all
  select province, cons_no, lower(span), upper(span), ${piece({ owing_members: '1' })} from owing
  union all
  select province, cons_no, since, until, ${piece({ prepaid: 'paid - billed' })} from step where paid > billed
  union all
  select province, cons_no, greatest(credited_on, paid_on), ${text(END)}, ${piece({ prepaid: "case kind when 'prepayment' then amount_fen else -amount_fen end" })}
  from payment where kind in ('prepayment', 'prepayment-applied') and credited_on is not null
  union all
  select province, cons_no, paid_on, coalesce(credited_on, ${text(END)}), ${piece({ in_transit: 'amount_fen' })}
  from payment where kind not in ${APPLIED} and kind <> 'write-off' and paid_on < coalesce(credited_on, ${text(END)}) and paid_on <= hi and (credited_on is null or credited_on > lo)
  union all
  select province, cons_no, credited_on, credited_on + 1, ${piece({ received_today: 'amount_fen' })}
  from payment where kind not in ${APPLIED} and kind not in ${BESIDE} and kind <> 'write-off' and credited_on between lo and hi and credited_on >= paid_on
  union all
  select p.province, p.cons_no, case when p.nth = 1 then ${text(EVER)} else p.extracted_on end, p.until, ${piece({ contract_va: 'p.contract_va', running_va: 'p.running_va' })}
  from (
    select e.*, row_number() over versions as nth, coalesce(lead(e.extracted_on) over versions, ${text(END)}) as until
    from who w join source.customer e on e.province = w.province and e.cons_no = w.cons_no
    window versions as (partition by e.province, e.cons_no order by e.extracted_on)) p
  union all
  select province, cons_no, ${text(EVER)}, ${text(END)}, ${piece({ members: '1', unknown_members: '(not exists (select from source.customer c where c.province = w.province and c.cons_no = w.cons_no))::int' })}
  from who w`
