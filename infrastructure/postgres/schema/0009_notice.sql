-- Up Migration
-- What becomes of notices (消息通知) that no event says: who has read which, who gets them by another channel, and what is on its way.
create schema if not exists notice;

create table notice.reading (
  user_id text not null,
  notice_id text not null,
  at timestamptz not null,
  primary key (user_id, notice_id)
);
create index on notice.reading (notice_id);
comment on table notice.reading is '已读: the inbox itself is a read model and may be built anew, this may not';

create table notice.subscription (
  subscription_id uuid primary key,
  name text not null,
  channel text not null check (channel in ('webhook', 'smtp')),
  target text not null,
  secret text,
  -- null: of every kind, to every unit
  kinds text[],
  org_code text,
  -- nothing that happened before is sent
  since timestamptz not null,
  created_by text not null,
  ended_at timestamptz,
  ended_by text
);

create table notice.outbox (
  event_id uuid not null,
  no int not null,
  subscription_id uuid not null references notice.subscription,
  notice jsonb not null,
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'failed')),
  attempts int not null default 0,
  next_at timestamptz not null,
  fault text,
  queued_at timestamptz not null,
  sent_at timestamptz,
  primary key (event_id, no, subscription_id)
);
create index on notice.outbox (next_at) where state = 'waiting';
create index on notice.outbox (queued_at desc);
create index on notice.outbox (state) where state <> 'sent';
comment on table notice.outbox is 'One row a notice and subscription, keyed by the event: however often the log is read, nothing is queued twice';

-- How far the log was looked through; a position of one engine means nothing to another.
create table notice.looked_through (
  only_one boolean primary key default true check (only_one),
  engine text not null,
  position text
);
