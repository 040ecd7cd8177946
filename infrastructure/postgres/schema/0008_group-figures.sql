-- Up Migration
-- Sums over the members of groups (集团综合用电), kept from what extraction brought and from who belonged to whom. Everything but `release`
-- can be emptied at any time and is made again.
create schema if not exists group_figure;

-- The sums of a group's members of one province on a date. Membership is that of the `epoch`: the last day
-- up to which it was asked for on which a member came or went. So members as they were then and members of a later day are told alike.
create table group_figure.point (
  group_no text not null,
  epoch date not null,
  on_date date not null,
  province text not null,
  members bigint not null,
  unknown_members bigint not null,
  contract_va bigint not null,
  running_va bigint not null,
  readings bigint not null,
  kwh_day bigint not null,
  kwh_month bigint not null,
  kwh_year bigint not null,
  receivable_month bigint not null,
  received_month bigint not null,
  open_month bigint not null,
  receivable_year bigint not null,
  received_year bigint not null,
  open_year bigint not null,
  receivable_current bigint not null,
  received_current bigint not null,
  open_current bigint not null,
  arrears bigint not null,
  arrears_prior_year bigint not null,
  aged_not_due bigint not null,
  aged_30 bigint not null,
  aged_60 bigint not null,
  aged_90 bigint not null,
  aged_180 bigint not null,
  aged_365 bigint not null,
  aged_over_365 bigint not null,
  prepaid bigint not null,
  in_transit bigint not null,
  received_today bigint not null,
  owing_members bigint not null,
  primary key (group_no, epoch, on_date, province)
);
comment on table group_figure.point is '集团综合用电: sums of a group''s members on a date';

-- Which points are kept: `changes` is the group's count of membership changes they were made after. `stale` since a later extraction
-- touched what they rest on; they are served, with their age, until they are made again.
create table group_figure.kept (
  group_no text not null,
  epoch date not null,
  on_date date not null,
  changes bigint not null,
  -- the sums of the whole group, in the order of the columns of point
  whole text not null,
  stale boolean not null default false,
  made_at timestamptz not null default now(),
  primary key (group_no, epoch, on_date)
);
create index on group_figure.kept (group_no) where stale;

-- What the points were made after: extractions, and the state of groups and day when everything asked for was last there.
create table group_figure.batch (
  province text not null,
  extracted_on date not null,
  source text not null,
  run int not null,
  primary key (province, extracted_on, source)
);
create table group_figure.standing (
  one boolean primary key default true check (one),
  through date not null,
  changes text not null,
  at timestamptz not null
);

-- What provinces are told of the members of others: figures of a closed month, given once and never again otherwise (not derived: back it up).
create table group_figure.release (
  group_no text not null,
  month char(6) not null,
  rules_version int not null,
  -- who was summed up, as "province cons_no"; what is released later must not single out any of them
  members text[] not null,
  released_at timestamptz not null default now(),
  primary key (group_no, month)
);
create table group_figure.released_province (
  group_no text not null,
  month char(6) not null,
  province text not null,
  sums bigint[] not null,
  primary key (group_no, month, province),
  foreign key (group_no, month) references group_figure.release
);
-- What was looked at and not released, so that it is looked at again only when it has changed.
create table group_figure.release_looked (
  group_no text not null,
  month char(6) not null,
  rules_version int not null,
  made_at timestamptz not null,
  primary key (group_no, month)
);

-- Customers by the core of their names, so that names are folded once and not with every search.
create table group_figure.customer (
  province text not null,
  cons_no text not null,
  name text not null,
  folded text not null,
  uscc text,
  primary key (province, cons_no)
);
create index on group_figure.customer (uscc);
-- With what customers are compared: the groups by the core of their names and their codes, and the codes that members carry.
create table group_figure.compared_group (group_no text primary key, folded text not null, uscc text);
create table group_figure.compared_code (group_no text not null, uscc text not null, primary key (group_no, uscc));
create table group_figure.suggestion (
  province text not null,
  cons_no text not null,
  group_no text not null,
  reason text not null,
  score int not null,
  facts text not null,
  primary key (province, cons_no, group_no)
);
create index on group_figure.suggestion (group_no);
create table group_figure.suggested (
  province text primary key,
  -- of what it was made; made again when that differs
  digest text not null,
  made_at timestamptz not null
);
