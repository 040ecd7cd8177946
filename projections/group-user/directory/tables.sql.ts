/** `valid_to` of what has no end yet. */
export const OPEN = '9999-12-31'
/** `valid_from` of what has stood for as long as anybody asks: a group's first parent. */
export const EVER = '0001-01-01'

/** The tables of the group directory. `links_changed` counts what touched a group's membership: whoever keeps sums over members looks at it. */
export const tables = `
create table group_user (
  group_no text primary key, revision bigint not null, status text not null,
  name text not null, uscc text, kind text not null, standard text, trade_code text, note text,
  registered_on date not null, merging_into text, merging_on date,
  splitting_to text, splitting_on date,
  merged_into text, merged_on date, dissolved_on date,
  changed_at timestamptz not null, changed_by text not null
);
create index on group_user (uscc);
do $$ begin
  create index on group_user using gin (name gin_trgm_ops);
exception when undefined_object then
  null; -- without pg_trgm a search in names reads every row
end $$;

create table group_register (revision bigint not null);
create table group_parent (
  group_no text not null, parent text, valid_from date not null, valid_to date not null, primary key (group_no, valid_from)
);
-- every group above a group, itself at depth 0, for as long as it stood there
create table group_ancestor (
  ancestor text not null, group_no text not null, depth integer not null, valid_from date not null, valid_to date not null,
  primary key (ancestor, group_no, valid_from)
);
create index on group_ancestor (group_no, valid_from);

create table group_link_stream (province text not null, cons_no text not null, revision bigint not null, primary key (province, cons_no));
create table group_link (
  province text not null, cons_no text not null, link_id text not null, group_no text not null, status text not null, confirmed boolean not null,
  basis text, share_basis_points integer, effective_from date not null, ended_on date, evidence jsonb not null, reason text,
  proposed_by text not null, proposed_at timestamptz not null, decided_by text, decided_at timestamptz, cause text,
  primary key (province, cons_no, link_id)
);
create index on group_link (group_no);
create index on group_link (province, status);
-- one row a confirmed link that held on at least one day; of one customer no two overlap
create table group_membership (
  province text not null, cons_no text not null, link_id text not null, group_no text not null, valid_from date not null, valid_to date not null,
  primary key (province, cons_no, valid_from)
);
create index on group_membership (group_no, valid_from);
create index on group_membership (group_no, valid_to);
create table group_links_changed (group_no text primary key, changes bigint not null);
create table group_dismissal (
  province text not null, cons_no text not null, group_no text not null, facts text not null, reason text not null, dismissed_by text not null,
  dismissed_at timestamptz not null, primary key (province, cons_no, group_no)
);

-- what happened to a group; a move stands with both. "province" and "cons_no" are set where it concerns one customer
create table group_change (
  group_no text not null, at timestamptz not null, stream text not null, revision bigint not null, type text not null, by text not null,
  province text, cons_no text, detail jsonb not null, members integer, primary key (group_no, at, stream, revision)
);
`
