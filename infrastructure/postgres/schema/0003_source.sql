-- Up Migration
-- What the provincial marketing systems hold, as extraction brought it (数据抽取): reference data, not events.
-- Every row keeps the business date of the extraction that brought it (`extracted_on`). The same thing brought on several
-- dates stands once for each, so that a day can be extracted again without losing what another day brought; readers take the latest.
create schema if not exists source;

create table source.customer (
  province text not null,
  cons_no text not null,
  extracted_on date not null,
  name text not null,
  org_code text not null,
  trade_standard text not null,
  trade_code text not null,
  hec_class text,
  elect_type text,
  voltage text,
  contract_va bigint not null,
  running_va bigint not null,
  uscc text,
  status text not null,
  residential boolean not null,
  power_off_on date,
  primary key (province, cons_no, extracted_on)
);
comment on table source.customer is '用电客户: customers, capacities in VA';

create table source.bill (
  province text not null,
  cons_no text not null,
  bill_id text not null,
  extracted_on date not null,
  bill_month char(6) not null,
  kind text not null,
  receivable_fen bigint not null,
  electricity_kwh bigint,
  issued_on date not null,
  due_on date not null,
  primary key (province, cons_no, bill_id, extracted_on)
);
comment on table source.bill is '应收电费: receivable records; several may share a bill month';

create table source.payment (
  province text not null,
  cons_no text not null,
  payment_id text not null,
  extracted_on date not null,
  bill_month char(6),
  kind text not null,
  amount_fen bigint not null,
  paid_on date not null,
  credited_on date,
  primary key (province, cons_no, payment_id, extracted_on)
);
comment on table source.payment is '实收: receipts, negative for a reversal (冲正); in transit (在途) until credited_on';

create table source.daily_kwh (
  province text not null,
  cons_no text not null,
  day date not null,
  extracted_on date not null,
  kwh bigint,
  primary key (province, cons_no, day, extracted_on)
) partition by list (province);
comment on table source.daily_kwh is '日电量: kWh of a day, null when the meter was not read';

do $$
declare province text;
begin
  foreach province in array array['P11','P12','P13S','P13N','P14','P37','P31','P32','P33','P34','P35','P42','P43','P41','P36','P51','P50','P21','P22','P23','P15E','P61','P62','P63','P64','P65','P54'] loop
    execute format('create table source.daily_kwh_%s partition of source.daily_kwh for values in (%L)', lower(province), province);
  end loop;
end $$;
create table source.daily_kwh_other partition of source.daily_kwh default;

-- A day's rows are replaced as a whole; rows of one extraction lie together, so block ranges find them at no cost to the writer.
create index on source.customer using brin (extracted_on);
create index on source.bill using brin (extracted_on);
create index on source.payment using brin (extracted_on);
create index on source.daily_kwh using brin (extracted_on);

create table source.batch (
  province text not null,
  extracted_on date not null,
  source text not null,
  run int not null,
  sha256 char(64) not null,
  file_name text,
  received_rows bigint not null,
  stored_rows bigint not null,
  stored_amount_fen bigint,
  stored_kwh bigint,
  quarantined_rows bigint not null,
  unmapped jsonb not null,
  -- The latest business date among the rows: how far this source has come (watermark).
  watermark date,
  stored_by text not null,
  stored_at timestamptz not null,
  primary key (province, extracted_on, source)
);
comment on table source.batch is '抽取批次: the run of an extraction whose rows stand now';

-- `province` is empty for rows that name no province we know.
create table source.quarantine (
  province text not null,
  extracted_on date not null,
  source text not null,
  line bigint not null,
  field text not null,
  code text not null,
  reason text not null,
  raw text not null,
  primary key (province, extracted_on, source, line, field)
);
comment on table source.quarantine is '隔离区: lines that were set aside, each with the field, the code and the reason';
