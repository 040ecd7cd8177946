-- Up Migration
-- A sum of whole numbers that stays one: sum(bigint) goes by way of numeric, which screening pays for millions of times.
-- Refuses what does not fit.
create aggregate screening.total(bigint) (sfunc = int8pl, stype = bigint, combinefunc = int8pl, parallel = safe);
