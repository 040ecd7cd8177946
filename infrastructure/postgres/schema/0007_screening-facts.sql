-- Up Migration
-- Facts come from the event log by way of a read model; the table that was to hold them was never filled.
drop table screening.fact;

-- The read model's view is replaced with each generation and may not be there yet, so it is looked up when it is asked.
create function screening.facts_known()
  returns table (province text, cons_no text, kind text, fact_id text, since date, until date, known_on date, source text)
  language plpgsql stable as $$
begin
  if to_regclass('read_model.screening_fact') is not null then
    return query execute 'select f.province, f.cons_no, f.kind, f.fact_id, f.since, f.until, f.known_on, f.source from read_model.screening_fact f';
  end if;
end $$;

create view screening.fact as select * from screening.facts_known();
comment on view screening.fact is '不良事实 as the log tells them: kind is the measure that counts it, known_on the day from which screening may use it, until the day from which it no longer counts';
