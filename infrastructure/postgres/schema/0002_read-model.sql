-- Up Migration
create schema if not exists read_model;

-- Where each generation of each read model stands. Its checkpoint moves in the transaction that writes its rows.
create table read_model.projection (
  name          text        not null,
  version       int         not null,
  generation    int         not null,
  status        text        not null check (status in ('building', 'live', 'retired')),
  schema_name   text        not null unique,
  publishes     text[]      not null,
  -- the last event passed; null before the first
  position      text,
  events_passed bigint      not null default 0,
  -- when that event was decided
  last_event_at timestamptz,
  updated_at    timestamptz not null default now(),
  -- raised by whoever changes what the runner knows (release): its next move is then refused and it looks again
  epoch         int         not null default 0,
  -- from when and where the present run goes on, for its rate
  resumed_at    timestamptz not null default now(),
  resumed_from  bigint      not null default 0,
  retired_at    timestamptz,
  -- the event at which it halted, and why
  fault         jsonb,
  primary key (name, generation)
);
create unique index on read_model.projection (name) where status = 'live';
create unique index on read_model.projection (name) where status = 'building';

-- Streams set aside because one of their events could not be applied, and the events that wait.
create table read_model.parked_stream (
  name       text        not null,
  generation int         not null,
  stream     text        not null,
  fault      jsonb       not null,
  parked_at  timestamptz not null default now(),
  primary key (name, generation, stream),
  foreign key (name, generation) references read_model.projection on delete cascade
);
create table read_model.parked_event (
  name       text   not null,
  generation int    not null,
  stream     text   not null,
  revision   bigint not null,
  event      jsonb  not null,
  primary key (name, generation, stream, revision),
  foreign key (name, generation, stream) references read_model.parked_stream on delete cascade
);

-- Infix search in names. Read models that want it ask whether it is there.
do $$ begin
  create extension if not exists pg_trgm with schema public;
exception when others then
  raise notice 'pg_trgm is not available: searches in names read every row';
end $$;
