-- Up Migration
-- What provinces were told of each other's members stands in the log (GroupRelease-national) and is read from a read model.
drop table group_figure.released_province;
drop table group_figure.release;
-- Why a month was held back: too few members, a difference that would tell of too few, one that makes up too much of it.
delete from group_figure.release_looked;
alter table group_figure.release_looked add column why text not null;
