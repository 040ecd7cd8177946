-- Up Migration
create schema log;

-- One row an event. The primary key is the order of the whole log, the unique key the order within a stream and the last
-- guard against two writers; a third index would cost each append a fifth, so ids are compared where they must stand.
create table log.event (
  position bigint not null,
  stream text not null,
  revision bigint not null,
  id uuid not null,
  type text not null,
  data jsonb not null,
  metadata jsonb not null,
  created timestamptz not null default clock_timestamp(),
  constraint event_position primary key (position) with (fillfactor = 100),
  constraint event_revision unique (stream, revision)
);

-- Nobody plans by what stands in payloads: no statistics of them.
alter table log.event alter column data set statistics 0;
alter table log.event alter column metadata set statistics 0;
alter table log.event alter column id set statistics 0;

comment on table log.event is 'What happened, in the order in which it was committed. Written by log.append only; never changed.';

create function log.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the event log is append-only: % on %.% is refused', tg_op, tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege', hint = 'A wrong fact is put right by another event.';
end $$;

-- Per statement, so that even a change of no rows is refused; always, so that session_replication_role does not switch it off.
create trigger event_is_never_changed before update or delete or truncate on log.event
  for each statement execute function log.refuse_change();
alter table log.event enable always trigger event_is_never_changed;

-- Appends a GROUP of independent appends, at most one a stream, in one round trip and one transaction; a failed
-- expectation skips only its own append. The advisory lock is taken before anything is read and released after the
-- commit is seen, so positions are dense and in commit order, in any number of processes.
--   streams, expected   one element an append; expected is the last revision seen, -1 for a stream without events
--   append_no ...       one element an event: its append (from 1), stream, revision, and what it says
--   base                the last position before this group; the events written follow it densely, in the order given
--   actual              each stream's last revision before this group (-1: no stream); written where it equals expected
--   repeated            null, or for each append the position of its last event when exactly its ids stand where it
--                       wanted to write: the same append sent again
create function log.append(
  streams text[], expected bigint[],
  append_no int[], event_stream text[], event_revision bigint[], ids uuid[], types text[], data jsonb, metadata jsonb,
  out base bigint, out actual bigint[], out repeated bigint[]
) language plpgsql as $$
begin
  perform pg_advisory_xact_lock(727001);
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'log.append needs "read committed": under % it would not see what was committed while it waited', current_setting('transaction_isolation');
  end if;
  base := coalesce((select e.position from log.event e order by e.position desc limit 1), 0);
  if cardinality(streams) <= 8 then -- a plain loop costs least for few
    for i in 1..cardinality(streams) loop
      actual[i] := coalesce((select e.revision from log.event e where e.stream = streams[i] order by e.revision desc limit 1), -1);
    end loop;
  else
    select array_agg(coalesce((select e.revision from log.event e where e.stream = s order by e.revision desc limit 1), -1) order by i) into actual
      from unnest(streams) with ordinality u(s, i);
  end if;
  if actual = expected then
    insert into log.event (position, stream, revision, id, type, data, metadata)
      select base + i, s, r, id, t, d, m
      from rows from (unnest(event_stream), unnest(event_revision), unnest(ids), unnest(types), jsonb_array_elements(data), jsonb_array_elements(metadata))
        with ordinality u(s, r, id, t, d, m, i);
  else
    insert into log.event (position, stream, revision, id, type, data, metadata)
      select base + row_number() over (order by i), s, r, id, t, d, m
      from rows from (unnest(append_no), unnest(event_stream), unnest(event_revision), unnest(ids), unnest(types), jsonb_array_elements(data), jsonb_array_elements(metadata))
        with ordinality u(a, s, r, id, t, d, m, i)
      where actual[a] = expected[a];
    -- a subquery for each event, so that it is looked up in the index and the log is never joined as a whole
    select array_agg(q.last order by q.a) into repeated
      from (
        select a, case when count(stood) = count(*) then max(stood) end as last
        from (
          select a, case when actual[a] <> expected[a] then (select e.position from log.event e where e.stream = s and e.revision = r and e.id = u.id) end as stood
          from unnest(append_no, event_stream, event_revision, ids) u(a, s, r, id)
        ) looked
        group by a
      ) q;
  end if;
end $$;
