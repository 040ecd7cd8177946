-- Up Migration
-- What screening (筛选) has measured, and the facts about customers that no bill tells.
create schema if not exists screening;

create table screening.fact (
  province text not null,
  cons_no text not null,
  kind text not null,
  fact_id text not null,
  since date not null,
  until date,
  known_on date not null,
  source text not null,
  primary key (province, cons_no, kind, fact_id)
);
comment on table screening.fact is '不良事实: stopped production, bankruptcy, adverse credit and the like; known_on is the day from which screening may use it';

create table screening.run (
  run_no bigint generated always as identity primary key,
  run_id uuid not null unique,
  purpose text not null,
  as_of date not null,
  provinces text[] not null,
  -- The rule set as it was applied, whole: whoever reads an old result reads it by these rules.
  rule_set_version int not null,
  content jsonb not null,
  industry_list_version int not null,
  measures text[] not null,
  status text not null,
  customers bigint not null default 0,
  named bigint not null default 0,
  requested_by text not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  fault text
);
comment on table screening.run is '筛选运行: one run of a rule set over the customers of some provinces as of a date';

-- A partition a run, so that a run is forgotten at once. Inputs and points stand in the order of the run's measures and rules.
create table screening.result (
  run_no bigint not null,
  province text not null,
  cons_no text not null,
  org_code text not null,
  score smallint not null,
  level text,
  triggers text[] not null,
  inputs bigint[] not null,
  points smallint[] not null
) partition by list (run_no);
comment on table screening.result is '筛选结果: every customer of a run, with each input and the points of each rule';
