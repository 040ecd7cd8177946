-- Customers, bills, payments, readings and facts dealt out by a hash: h(what) is a number from 0 to 999.
create function pg_temp.h(what text) returns int language sql immutable as $$ select (hashtextextended(what, :seed) & 1048575)::int % 1000 $$;

insert into source.customer (province, cons_no, extracted_on, name, org_code, trade_standard, trade_code, contract_va, running_va, status, residential, power_off_on)
select p, lpad(n::text, 10, '0'), date '2026-01-01' + case when pg_temp.h('x' || n) < 100 then 120 else 0 end, 'customer ' || n, p, 'GB/T 4754-2017',
  case when pg_temp.h('t' || n) < 300 then '3110' else '5299' end, pg_temp.h('c' || n) * 1000, pg_temp.h('c' || n) * pg_temp.h('r' || n), 'normal', pg_temp.h('res' || n) < 50,
  case when pg_temp.h('off' || n) < 50 then date '2026-03-01' + pg_temp.h('offd' || n) % 60 end
from unnest(array['P11', 'P13S']) p, generate_series(1, 60) n;

insert into source.bill (province, cons_no, bill_id, extracted_on, bill_month, kind, receivable_fen, electricity_kwh, issued_on, due_on)
select province, cons_no, 'B' || m || '-' || k, issued, to_char(date '2025-01-01' + make_interval(months => m), 'YYYYMM'), case when pg_temp.h('k' || key) < 50 then '04' else '01' end,
  pg_temp.h('b' || key) * 12000 * (1 + pg_temp.h('z' || cons_no) % 3), case when pg_temp.h('e' || key) < 900 then pg_temp.h('kwh' || key) * 10 end, issued, issued + 15
from (select province, cons_no, m, k, province || cons_no || m || k as key, (date '2025-02-03' + make_interval(months => m))::date as issued
  from source.customer, generate_series(0, 15) m, generate_series(1, 2) k where k = 1 or pg_temp.h('two' || cons_no || m) < 200) b
where pg_temp.h('none' || cons_no) >= 50;

insert into source.payment (province, cons_no, payment_id, extracted_on, bill_month, kind, amount_fen, paid_on, credited_on)
select province, cons_no, bill_id || '-' || part, due_on, bill_month,
  (array['transfer', 'acceptance-bill', 'instalment-applied', 'cash', 'prepayment-applied', 'penalty'])[1 + pg_temp.h('kind' || key) % 6],
  case when pg_temp.h('rev' || key) < 30 then -receivable_fen / 3 else receivable_fen / case when pg_temp.h('half' || key) < 300 then 2 else 1 end end,
  due_on + lag, case when pg_temp.h('tr' || key) < 900 then due_on + lag + pg_temp.h('days' || key) % 9 end
from (select b.*, part, province || cons_no || bill_id || part as key, pg_temp.h('lag' || cons_no || bill_id || part) / 14 - 30 as lag
  from source.bill b, generate_series(1, 2) part where kind <> '04') p
where pg_temp.h('pay' || key) >= pg_temp.h('bad' || cons_no) / 3 and due_on + lag >= issued_on;

insert into source.daily_kwh (province, cons_no, day, extracted_on, kwh)
select province, cons_no, d, d, case when pg_temp.h('read' || cons_no || d) < 900 then pg_temp.h('day' || cons_no || d) end
from source.customer, lateral (select date '2025-12-01' + n as d from generate_series(0, 140) n) days where pg_temp.h('meter' || cons_no) < 700;

insert into :facts (province, cons_no, kind, fact_id, since, until, known_on, source)
select province, cons_no, kind, 'f' || n, date '2026-01-01' + n * 40, case when pg_temp.h('u' || cons_no || kind) < 300 then date '2026-03-01' end, date '2026-01-05' + n * 40, 'test'
from source.customer, unnest(array['creditAdverse', 'groupAtLevelI', 'stopped', 'brokenPromises']) kind, generate_series(1, 3) n
where pg_temp.h('fact' || cons_no || kind || n) < 60;
