import type { FragmentSqlToken } from 'slonik'
import { sql } from '#projections/shared/sql.ts'
import { text } from './columns.ts'
import { APPLIED, BESIDE, INSTALMENT } from './kinds.ts'

const OWN = text('e.province = w.province and e.cons_no = w.cons_no')

/**
 * The figures of customers on dates, from what extraction brought: one row for each of `wanted` (province, cons_no, on_date). A bill month is
 * told as a report's row would tell it: its records are paid in the order in which they fall due, and it is as old as the first that is open.
 * Of everything the version extracted last counts; of a customer the one known at the date. Customers ("n"), what is wanted of them ("k") and
 * months go by numbers, which are compared and sorted several times faster than text. Joined at the end by full joins, which add nothing to
 * the left ones but are never nested loops, whatever the planner believes of the numbers.
 */
export const memberFigures = (wanted: FragmentSqlToken): FragmentSqlToken => sql.fragment`
  with asked as materialized (${wanted}),
  who as materialized (
    select province, cons_no, date_trunc('year', min(on_date)::timestamp)::date as since, max(on_date) as until, row_number() over () as n from asked group by 1, 2),
  wanted as materialized (
    select row_number() over () as k, w.n, a.province, a.cons_no, a.on_date, date_trunc('month', a.on_date::timestamp)::date as month_start,
      date_trunc('year', a.on_date::timestamp)::date as year_start, to_char(a.on_date, 'YYYYMM')::int as this_month,
      to_char(date_trunc('month', a.on_date::timestamp) - interval '1 day', 'YYYYMM')::int as last_month
    from asked a join who w on w.province = a.province and w.cons_no = a.cons_no),
  profile as (
    select w.k, e.* from wanted w cross join lateral (
      select e.contract_va, e.running_va from source.customer e where ${OWN}
      order by (e.extracted_on > w.on_date), abs(e.extracted_on - w.on_date) limit 1) e),
  reading as materialized (
    select w.n, e.day, date_trunc('month', e.day::timestamp)::date as month, e.kwh from who w cross join lateral (
      select distinct on (e.day) e.day, e.kwh from source.daily_kwh e where ${OWN} and e.day between w.since and w.until
      order by e.day desc, e.extracted_on desc) e),
  month_kwh as materialized (select n, month, date_trunc('year', month::timestamp)::date as year, sum(kwh) as kwh from reading group by 1, 2),
  energy_month as (
    select w.k, sum(e.kwh) as kwh, max(e.kwh) filter (where e.day = w.on_date) as on_day
    from wanted w join reading e on e.n = w.n and e.month = w.month_start and e.day <= w.on_date group by 1),
  energy_year as (select w.k, sum(e.kwh) as kwh from wanted w join month_kwh e on e.n = w.n and e.year = w.year_start and e.month < w.month_start group by 1),
  bill as materialized (
    select w.n, e.* from who w cross join lateral (
      select distinct on (e.bill_id) e.bill_month::int as month, e.kind, e.receivable_fen, e.issued_on, e.due_on from source.bill e where ${OWN}
      order by e.bill_id desc, e.extracted_on desc) e),
  payment as materialized (
    select w.n, e.* from who w cross join lateral (
      select distinct on (e.payment_id) e.bill_month::int as month, e.kind, e.amount_fen, e.paid_on, e.credited_on from source.payment e where ${OWN}
      order by e.payment_id desc, e.extracted_on desc) e),
  entry as (
    select n, month, receivable_fen as receivable, 0::bigint as paid, 0::bigint as written, issued_on as since, due_on from bill where kind not in ${INSTALMENT}
    union all
    select n, month, 0, case when kind = 'write-off' then 0 else amount_fen end, case when kind = 'write-off' then amount_fen else 0 end, credited_on, null
    from payment where kind not in ${BESIDE} and credited_on is not null and month is not null),
  dated as (
    select w.k, w.on_date, w.this_month, w.last_month, e.month, e.receivable, e.due_on,
      sum(e.paid) over month as paid, sum(e.written) over month as written, sum(e.receivable) over month as billed,
      sum(e.receivable) over (partition by w.k, e.month order by e.due_on rows unbounded preceding) as through
    from wanted w join entry e on e.n = w.n and e.since <= w.on_date
    window month as (partition by w.k, e.month)),
  by_month as (
    select k, on_date, this_month, last_month, month, max(billed) as billed, max(paid) as paid, max(written) as written,
      bool_or(due_on is not null) as has_bill, coalesce(min(due_on) filter (where receivable > 0 and through > paid + written), max(due_on)) as due_on
    from dated group by 1, 2, 3, 4, 5),
  -- judged once a month, not once a figure
  stood as (
    select k, billed, least(paid, billed) as received, greatest(billed - least(paid, billed) - written, 0) as open, month = last_month as of_month,
      month > last_month as of_now, month <= last_month as closed, month <= last_month and month / 100 = this_month / 100 as in_year, on_date - due_on as age
    from by_month where has_bill offset 0),
  account as (
    select k,
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
    from stood group by 1),
  overpaid as (select k, sum(paid - billed) as prepaid from by_month where paid > billed group by 1),
  money as (
    select w.k,
      sum(case e.kind when 'prepayment' then e.amount_fen when 'prepayment-applied' then -e.amount_fen end) filter (where e.credited_on <= w.on_date) as prepaid,
      sum(e.amount_fen) filter (where (e.credited_on is null or e.credited_on > w.on_date) and e.kind not in ${APPLIED} and e.kind <> 'write-off') as in_transit,
      sum(e.amount_fen) filter (where e.credited_on = w.on_date and e.kind not in ${APPLIED} and e.kind not in ${BESIDE} and e.kind <> 'write-off') as received_today
    from wanted w join payment e on e.n = w.n and e.paid_on <= w.on_date group by 1)
  select w.province, w.cons_no, w.on_date, 1::bigint as members, (p.k is null)::int::bigint as unknown_members,
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
  full join profile p using (k) full join energy_month m using (k) full join energy_year y using (k) full join account a using (k)
  full join overpaid o using (k) full join money c using (k)`
