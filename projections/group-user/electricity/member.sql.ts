import type { FragmentSqlToken } from 'slonik'
import { sql } from '#projections/shared/sql.ts'
import { text } from './columns.ts'
import { APPLIED, BESIDE, INSTALMENT } from './kinds.ts'

const ON = text('w.province = e.province and w.cons_no = e.cons_no')

/**
 * The figures of customers on dates, from what extraction brought: one row for each of `wanted` (province, cons_no, on_date). A bill month is
 * told as a report's row would tell it: its records are paid in the order in which they fall due, and it is as old as the first that is open.
 * Of everything the version extracted last counts; of a customer the one known at the date.
 */
export const memberFigures = (wanted: FragmentSqlToken): FragmentSqlToken => sql.fragment`
  with wanted as materialized (
    select province, cons_no, on_date, date_trunc('month', on_date)::date as month_start, date_trunc('year', on_date)::date as year_start,
      to_char(on_date, 'YYYYMM') as this_month, to_char(date_trunc('month', on_date) - interval '1 day', 'YYYYMM') as last_month
    from (${wanted}) asked),
  who as materialized (select province, cons_no, min(year_start) as since, max(on_date) as until from wanted group by 1, 2),
  profile as (
    select distinct on (w.province, w.cons_no, w.on_date) w.province, w.cons_no, w.on_date, e.contract_va, e.running_va
    from wanted w join source.customer e on ${ON}
    order by w.province, w.cons_no, w.on_date, (e.extracted_on > w.on_date), abs(e.extracted_on - w.on_date)),
  reading as materialized (
    select w.province, w.cons_no, e.day, date_trunc('month', e.day)::date as month, e.kwh from who w cross join lateral (
      select distinct on (e.day) e.day, e.kwh from source.daily_kwh e where ${ON} and e.day between w.since and w.until
      order by e.day desc, e.extracted_on desc) e),
  month_kwh as materialized (select province, cons_no, month, date_trunc('year', month)::date as year, sum(kwh) as kwh from reading group by 1, 2, 3),
  energy_month as (
    select w.province, w.cons_no, w.on_date, sum(e.kwh) as kwh, max(e.kwh) filter (where e.day = w.on_date) as on_day
    from wanted w join reading e on ${ON} and e.month = w.month_start and e.day <= w.on_date group by 1, 2, 3),
  energy_year as (
    select w.province, w.cons_no, w.on_date, sum(e.kwh) as kwh
    from wanted w join month_kwh e on ${ON} and e.year = w.year_start and e.month < w.month_start group by 1, 2, 3),
  bill as materialized (
    select w.province, w.cons_no, e.* from who w cross join lateral (
      select distinct on (e.bill_id) e.bill_month, e.kind, e.receivable_fen, e.issued_on, e.due_on from source.bill e where ${ON}
      order by e.bill_id desc, e.extracted_on desc) e),
  payment as materialized (
    select w.province, w.cons_no, e.* from who w cross join lateral (
      select distinct on (e.payment_id) e.bill_month, e.kind, e.amount_fen, e.paid_on, e.credited_on from source.payment e where ${ON}
      order by e.payment_id desc, e.extracted_on desc) e),
  entry as (
    select province, cons_no, bill_month, receivable_fen as receivable, 0::bigint as paid, 0::bigint as written, issued_on as since, due_on
    from bill where kind not in ${INSTALMENT}
    union all
    select province, cons_no, bill_month, 0, case when kind = 'write-off' then 0 else amount_fen end, case when kind = 'write-off' then amount_fen else 0 end,
      credited_on, null
    from payment where kind not in ${BESIDE} and credited_on is not null and bill_month is not null),
  dated as (
    select w.province, w.cons_no, w.on_date, w.this_month, w.last_month, e.bill_month, e.receivable, e.due_on,
      sum(e.paid) over month as paid, sum(e.written) over month as written, sum(e.receivable) over month as billed,
      sum(e.receivable) over (partition by w.province, w.cons_no, w.on_date, e.bill_month order by e.due_on rows unbounded preceding) as through
    from wanted w join entry e on ${ON} and e.since <= w.on_date
    window month as (partition by w.province, w.cons_no, w.on_date, e.bill_month)),
  by_month as (
    select province, cons_no, on_date, this_month, last_month, bill_month, max(billed) as billed, max(paid) as paid, max(written) as written,
      bool_or(due_on is not null) as has_bill, coalesce(min(due_on) filter (where receivable > 0 and through > paid + written), max(due_on)) as due_on
    from dated group by 1, 2, 3, 4, 5, 6),
  stood as (
    select *, least(paid, billed) as received, greatest(billed - least(paid, billed) - written, 0) as open from by_month),
  account as (
    select province, cons_no, on_date,
      sum(billed) filter (where of_month) as receivable_month, sum(received) filter (where of_month) as received_month,
      sum(open) filter (where of_month) as open_month,
      sum(billed) filter (where in_year) as receivable_year, sum(received) filter (where in_year) as received_year, sum(open) filter (where in_year) as open_year,
      sum(billed) filter (where of_now) as receivable_current, sum(received) filter (where of_now) as received_current,
      sum(open) filter (where of_now) as open_current,
      sum(open) filter (where closed) as arrears, sum(open) filter (where closed and not in_year) as arrears_prior_year,
      sum(open) filter (where closed and age <= 0) as aged_not_due, sum(open) filter (where closed and age between 1 and 30) as aged_30,
      sum(open) filter (where closed and age between 31 and 60) as aged_60, sum(open) filter (where closed and age between 61 and 90) as aged_90,
      sum(open) filter (where closed and age between 91 and 180) as aged_180, sum(open) filter (where closed and age between 181 and 365) as aged_365,
      sum(open) filter (where closed and age > 365) as aged_over_365
    -- judged once a month, not once a figure
    from (select *, bill_month = last_month as of_month, bill_month > last_month as of_now, bill_month <= last_month as closed,
      bill_month <= last_month and left(bill_month, 4) = left(this_month, 4) as in_year, on_date - due_on as age from stood where has_bill offset 0) s
    group by 1, 2, 3),
  overpaid as (
    select province, cons_no, on_date, sum(greatest(paid - billed, 0)) as prepaid from by_month group by 1, 2, 3),
  money as (
    select w.province, w.cons_no, w.on_date,
      sum(case e.kind when 'prepayment' then e.amount_fen when 'prepayment-applied' then -e.amount_fen end) filter (where e.credited_on <= w.on_date) as prepaid,
      sum(e.amount_fen) filter (where (e.credited_on is null or e.credited_on > w.on_date) and e.kind not in ${APPLIED} and e.kind <> 'write-off') as in_transit,
      sum(e.amount_fen) filter (where e.credited_on = w.on_date and e.kind not in ${APPLIED} and e.kind not in ${BESIDE} and e.kind <> 'write-off') as received_today
    from wanted w join payment e on ${ON} and e.paid_on <= w.on_date group by 1, 2, 3)
  select w.province, w.cons_no, w.on_date, 1::bigint as members, (p.cons_no is null)::int::bigint as unknown_members,
    coalesce(p.contract_va, 0) as contract_va, coalesce(p.running_va, 0) as running_va,
    (m.on_day is not null)::int::bigint as readings, coalesce(m.on_day, 0) as kwh_day, coalesce(m.kwh, 0)::bigint as kwh_month,
    (coalesce(m.kwh, 0) + coalesce(y.kwh, 0))::bigint as kwh_year,
    ${text(
      [
        ...['receivable_month', 'received_month', 'open_month', 'receivable_year', 'received_year', 'open_year'],
        ...['receivable_current', 'received_current', 'open_current', 'arrears', 'arrears_prior_year'],
        ...['aged_not_due', 'aged_30', 'aged_60', 'aged_90', 'aged_180', 'aged_365', 'aged_over_365'],
      ]
        .map((name) => `coalesce(a.${name}, 0)::bigint as ${name}`)
        .join(', '),
    )},
    (coalesce(c.prepaid, 0) + coalesce(o.prepaid, 0))::bigint as prepaid, coalesce(c.in_transit, 0)::bigint as in_transit,
    coalesce(c.received_today, 0)::bigint as received_today, (coalesce(a.arrears, 0) > 0)::int::bigint as owing_members
  from wanted w
  left join profile p using (province, cons_no, on_date) left join energy_month m using (province, cons_no, on_date)
  left join energy_year y using (province, cons_no, on_date) left join account a using (province, cons_no, on_date)
  left join overpaid o using (province, cons_no, on_date) left join money c using (province, cons_no, on_date)`
