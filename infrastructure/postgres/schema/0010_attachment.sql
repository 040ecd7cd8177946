-- Up Migration
-- Files that people add to what they say (附件), named by their SHA-256: the event carries the digest, the bytes lie here.
create schema if not exists attachment;

create table attachment.file (
  sha256 text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
  media_type text not null,
  bytes bigint not null check (bytes > 0),
  upload uuid not null unique,
  stored_by text not null,
  stored_at timestamptz not null
);
comment on table attachment.file is '附件: stored once however often it is sent; never changed';

-- In pieces, so that neither way a whole file has to be in memory. Pieces without a file are of an upload that broke off.
create table attachment.piece (
  upload uuid not null,
  no int not null,
  bytes bytea not null,
  at timestamptz not null default now(),
  primary key (upload, no)
);
alter table attachment.piece alter column bytes set storage external;
create index on attachment.piece (at);
