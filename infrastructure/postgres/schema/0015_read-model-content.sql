-- Up Migration
-- Counts the pages that changed anything in a generation. Its position moves with every event of the log; this does not, so that an
-- answer can be kept for as long as it would come out the same.
alter table read_model.projection add column content bigint not null default 0;
