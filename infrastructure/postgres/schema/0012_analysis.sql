-- Up Migration
-- What analysts read: views of the live generations of read models, made with them, without what names a person. The schema is safe to
-- grant as a whole; `read_model` is not, for it is the program's own and holds events as they were recorded (parked_event).
create schema if not exists analysis;
comment on schema analysis is 'Read models for analysts: views by fixed names, without what names a person';

create view analysis.freshness as
  select p.name as read_model, p.publishes as views, p.last_event_at as stands_at, p.updated_at as moved_at, p.events_passed,
    p.fault is not null as halted,
    (select count(*) from read_model.parked_stream s where s.name = p.name and s.generation = p.generation) as streams_set_aside,
    exists (select from read_model.projection b where b.name = p.name and b.status = 'building') as being_rebuilt
  from read_model.projection p where p.status = 'live';
comment on view analysis.freshness is 'How far each read model has come: stands_at is when the last event in its views was decided';
