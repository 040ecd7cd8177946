import { typed } from '#projections/shared/columns.ts'
import { BILL_FACTS, BILL_KEY, FLOW_NAMES, SUM_NAMES, USER_FACTS, USER_KEY, USER_SUMS } from './columns.ts'

const versioned = 'version_from integer not null, version_to integer not null'

/** The tables of the national day. `user_day` and `bill_day` get a partition a month as the months appear. */
export const tables = `
create table list_version (version integer primary key, effective_from date not null, revoked boolean not null default false);
create table list_entry (
  version integer not null, standard text not null, code text not null, include_children boolean not null, category text not null,
  primary key (version, standard, code));
create table trade (standard text not null, code text not null, primary key (standard, code));
create table trade_category (
  version integer not null, standard text not null, code text not null, category text not null, primary key (version, standard, code));

create table membership_state (province text not null, cons_no text not null, revision bigint not null, state jsonb not null, primary key (province, cons_no));
create table membership (
  province text not null, cons_no text not null, valid_from date not null, valid_to date not null,
  level text not null, standard text not null, trade_code text not null, org_code text not null,
  primary key (province, cons_no, valid_from));
create table membership_move (
  province text not null, cons_no text not null, seq integer not null, on_date date not null, kind text not null,
  level text not null, standard text not null, trade_code text not null, org_code text not null,
  primary key (province, cons_no, seq));
create index membership_move_day on membership_move (province, on_date);

create table report (
  province text not null, stat_date date not null, revision bigint not null, status text not null,
  due_at timestamptz, cut_off_at timestamptz, closes_at timestamptz,
  expected text[] not null, expected_count integer not null, excused_count integer not null,
  latest_version integer, published_version integer, first_sealed_at timestamptz, last_sealed_at timestamptz,
  on_time boolean, late boolean not null, missing boolean not null, waived boolean not null,
  returns integer not null, corrections integer not null,
  primary key (province, stat_date));
create index report_day on report (stat_date);
create index report_sealed on report (province, stat_date) where latest_version is not null;
create table report_version (
  province text not null, stat_date date not null, version integer not null, kind text not null, sealed_at timestamptz not null,
  row_count integer not null, users integer not null, electricity bigint not null, receivable bigint not null, received bigint not null,
  arrears bigint not null, penalty_receivable bigint not null, penalty_received bigint not null, reason text,
  primary key (province, stat_date, version));
create table draft (
  province text not null, stat_date date not null, cons_no text not null, row json, warned boolean not null,
  primary key (province, stat_date, cons_no));

create table user_day (${typed(USER_KEY)}, ${versioned}, ${typed(USER_FACTS)}, ${typed(USER_SUMS)},
  primary key (stat_date, province, cons_no, version_from)) partition by range (stat_date);
create index user_day_history on user_day (province, cons_no, stat_date);
create table bill_day (${typed(BILL_KEY)}, ${versioned}, ${typed(BILL_FACTS)},
  primary key (stat_date, province, cons_no, bill_month, version_from)) partition by range (stat_date);

create table reporter (province text primary key);
create table statistic (
  basis text not null, stat_date date not null, province text not null, category text not null, level text not null,
  ${SUM_NAMES.map((name) => `${name} bigint not null default 0`).join(', ')},
  primary key (basis, stat_date, province, category, level));
create index statistic_electricity on statistic (basis, stat_date, province) include (category, level, electricity_day, readings);
create table statistic_month (
  basis text not null, month text not null, province text not null, category text not null, level text not null,
  ${FLOW_NAMES.map((name) => `${name} bigint not null`).join(', ')},
  primary key (basis, month, province, category, level));
create table province_day (
  basis text not null, stat_date date not null, province text not null,
  ${SUM_NAMES.map((name) => `${name} bigint not null default 0`).join(', ')},
  primary key (basis, stat_date, province));
create index province_day_electricity on province_day (basis, stat_date, province) include (electricity_day);
create index province_day_known on province_day (basis, province, stat_date) include (users);
create table top_user (
  basis text not null, stat_date date not null, province text not null, category text not null, level text not null, place integer not null,
  cons_no text not null, cons_name text not null, arrears bigint not null, province_place integer not null,
  primary key (basis, stat_date, province, category, level, place));
create index top_user_of_province on top_user (basis, stat_date, province) include (arrears) where province_place <= 10;
`
