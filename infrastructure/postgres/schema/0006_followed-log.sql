-- Up Migration
-- Whose positions stand in read_model.projection: positions of one engine mean nothing to another.
create table read_model.followed_log (
  only_one boolean primary key default true check (only_one),
  engine   text not null,
  -- the log's first event; null while it has none
  first_id uuid
);
