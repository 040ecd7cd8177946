import type { FragmentSqlToken } from 'slonik'
import { rowset, sql } from '#projections/shared/sql.ts'
import { EVER, OPEN } from '../directory/tables.sql.ts'
import { FIGURE_NAMES, text } from './columns.ts'
import { PIECE_NAMES, pieces } from './pieces.sql.ts'
import { WHOLE } from './point.sql.ts'

/** A group, and the days of it that are wanted: from the first of a month to the end of one. */
export type Span = { readonly group_no: string; readonly lo: string; readonly hi: string }

const each = (names: readonly string[], of: (name: string) => string): FragmentSqlToken => text(names.map(of).join(', '))
/** What stands until something changes it, and what is of one day only. */
const STANDING = [...PIECE_NAMES, 'kwh_month', 'kwh_year']
const OF_DAY = ['readings', 'kwh_day']
const noughts = each(PIECE_NAMES, () => '0')

/**
 * Sums of groups' members on every day of spans: rows (group_no, province, epoch, day, figures…), of each province and of the whole. Members
 * are those of the day itself, or those of `epoch` where that is later. Every piece of a member's figures is a change on the day it begins and
 * one on the day it ends; changes are added up by group and province first and through the days afterwards, so that no day is worked out
 * member by member. A coming or going changes what a group of that day comes to on all days before: added up through the epochs.
 */
export const daySums = (spans: readonly Span[]): FragmentSqlToken => sql.fragment`
  with span as materialized (select group_no, lo, hi from ${rowset(spans, 'group_no text, lo date, hi date')}),
  member as (
    select s.group_no, s.lo, s.hi, m.province, m.cons_no, m.valid_from, m.valid_to from span s join read_model.group_membership m on m.group_no = s.group_no),
  -- "x" is the epoch from which on it counts, "since" and "until" the days on which
  holding as materialized (
    select group_no, lo, hi, province, cons_no, ${EVER}::date as x, 1 as sign, greatest(valid_from, lo) as since, least(valid_to, hi + 1) as until
    from member where valid_from <= hi and valid_to > lo
    union all
    select group_no, lo, hi, province, cons_no, valid_from, 1, lo, least(valid_from, hi + 1) from member where valid_from > lo
    union all
    select group_no, lo, hi, province, cons_no, valid_to, -1, lo, least(valid_to, hi + 1) from member where valid_to > lo and valid_to < ${OPEN}::date),
  who as materialized (select province, cons_no, min(lo) as lo, max(hi) as hi from holding group by 1, 2),
  piece as materialized (${pieces(sql.fragment`select province, cons_no, lo, hi from who`)}),
  reading as materialized (
    select w.province, w.cons_no, e.day, e.kwh, (date_trunc('month', e.day::timestamp) + interval '1 month')::date as month_end,
      (date_trunc('year', e.day::timestamp) + interval '1 year')::date as year_end
    from who w cross join lateral (
      select distinct on (e.day) e.day, e.kwh from source.daily_kwh e
      where e.province = w.province and e.cons_no = w.cons_no and e.day between date_trunc('year', w.lo::timestamp)::date and w.hi
      order by e.day desc, e.extracted_on desc) e),
  energy as materialized (
    select h.group_no, h.hi, h.province, h.x, greatest(r.day, h.since) as since, least(r.month_end, h.until) as month_end, least(r.year_end, h.until) as year_end,
      r.day >= h.since as own, coalesce(sum(h.sign * r.kwh), 0) as kwh, coalesce(sum(h.sign) filter (where r.kwh is not null), 0) as readings
    from holding h join reading r on r.province = h.province and r.cons_no = h.cons_no and r.day < h.until and r.year_end > h.since
    group by 1, 2, 3, 4, 5, 6, 7, 8),
  change as (
    select h.group_no, h.province, h.x, v.day, ${each(PIECE_NAMES, (name) => `v.sign * p.${name} as ${name}`)},
      0 as kwh_month, 0 as kwh_year, 0 as readings, 0 as kwh_day
    from holding h join piece p on p.province = h.province and p.cons_no = h.cons_no and p.s < h.until and p.e > h.since
    cross join lateral (values (greatest(p.s, h.since), h.sign), (least(p.e, h.until), -h.sign)) v (day, sign) where v.day <= h.hi
    union all
    select group_no, province, x, since, ${noughts}, case when month_end > since then kwh else 0 end, kwh,
      case when own then readings else 0 end, case when own then kwh else 0 end from energy
    union all
    select group_no, province, x, month_end, ${noughts}, -kwh, 0, 0, 0 from energy where month_end > since and month_end <= hi
    union all
    select group_no, province, x, year_end, ${noughts}, 0, -kwh, 0, 0 from energy where year_end <= hi),
  changed as materialized (
    select group_no, province, x, day, ${each([...STANDING, ...OF_DAY], (name) => `sum(${name})::bigint as ${name}`)} from change group by 1, 2, 3, 4),
  place as materialized (select distinct group_no, lo, hi, province, x from holding),
  stood as materialized (
    select p.group_no, p.province, p.x, d.day::date as day,
      ${each(STANDING, (name) => `(sum(coalesce(c.${name}, 0)) over through_days)::bigint as ${name}`)}, ${each(OF_DAY, (name) => `coalesce(c.${name}, 0) as ${name}`)}
    from place p cross join lateral generate_series(p.lo, case when p.x = ${EVER}::date then p.hi else least(p.hi, p.x - 1) end, interval '1 day') d (day)
    left join changed c on c.group_no = p.group_no and c.province = p.province and c.x = p.x and c.day = d.day::date
    window through_days as (partition by p.group_no, p.province, p.x order by d.day)),
  both_kinds as (
    select group_no, province, x, day, ${text(FIGURE_NAMES.join(', '))} from stood
    union all
    select group_no, ${WHOLE}, x, day, ${each(FIGURE_NAMES, (name) => `sum(${name})::bigint`)} from stood group by group_no, x, day)
  select group_no, province, x as epoch, day, ${each(FIGURE_NAMES, (name) => `(sum(${name}) over through_epochs)::bigint as ${name}`)}
  from both_kinds window through_epochs as (partition by group_no, province, day order by x)`
