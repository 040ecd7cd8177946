import type { FragmentSqlToken } from 'slonik'
import { rowset, sql } from '#projections/shared/sql.ts'
import { FIGURE_NAMES, text } from './columns.ts'
import { memberFigures } from './member.sql.ts'

/** The members of a group on the day of `epoch`, and what they come to on another date. */
export type Point = { readonly group_no: string; readonly epoch: string; readonly on_date: string }
/** The province of the row that holds the whole group. */
export const WHOLE = '*'

const SUMS = text(FIGURE_NAMES.map((name) => `coalesce(sum(f.${name}), 0)::bigint as ${name}`).join(', '))

/** The sums of points, worked out from what extraction brought: a row for each province with members, and one for the whole group. */
export const pointSums = (points: readonly Point[]): FragmentSqlToken => sql.fragment`
  with point as materialized (select group_no, epoch, on_date from ${rowset(points, 'group_no text, epoch date, on_date date')}),
  member as materialized (
    select p.group_no, p.epoch, p.on_date, m.province, m.cons_no
    from point p join read_model.group_membership m on m.group_no = p.group_no and m.valid_from <= p.epoch and m.valid_to > p.epoch),
  figure as materialized (${memberFigures(sql.fragment`select distinct province, cons_no, on_date from member`)}),
  f as (
    select p.group_no, p.epoch, p.on_date, f.province, ${text(FIGURE_NAMES.map((name) => `f.${name}`).join(', '))}
    from point p left join (select m.group_no, m.epoch, f.* from member m join figure f using (province, cons_no, on_date)) f using (group_no, epoch, on_date))
  select f.group_no, f.epoch, f.on_date, case when grouping(f.province) = 1 then ${WHOLE} else f.province end as province, ${SUMS}
  from f
  group by grouping sets ((f.group_no, f.epoch, f.on_date), (f.group_no, f.epoch, f.on_date, f.province))
  having grouping(f.province) = 1 or f.province is not null`

/** The last day up to a date on which a member of the group came or went; null before the first. */
export const epochOf = (group: FragmentSqlToken, date: FragmentSqlToken): FragmentSqlToken => sql.fragment`greatest(
  (select max(m.valid_from) from read_model.group_membership m where m.group_no = ${group} and m.valid_from <= ${date}),
  (select max(m.valid_to) from read_model.group_membership m where m.group_no = ${group} and m.valid_to <= ${date}))`
