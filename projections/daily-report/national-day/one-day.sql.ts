import { MEMBER_NAMES, SUM_NAMES, SUMS, type SumName } from './columns.ts'
import type { Work } from './reach.ts'

/** `DAYS` is put in once the days are known: constants, so that months that do not matter are gone before anything is planned. */
const rowsAt = (alias: string, date: string, version: string): string =>
  `${alias}.stat_date = any(DAYS) and ${alias}.stat_date = k.${date} and ${alias}.province = k.province and ${alias}.version_from <= k.${version} and ${alias}.version_to > k.${version}`

const inScope = (expression: string): string => `sum(${expression}) filter (where coalesce(d.bill_month, p.bill_month) <= k.last_month)`
const RISEN = 'greatest(coalesce(d.balance, 0) - coalesce(p.balance, 0), 0)'
const FALLEN = 'greatest(coalesce(p.balance, 0) - coalesce(d.balance, 0), 0)'
/** A payment taken back (冲正): what is counted as received fell, and the balance rose by it. */
const REVERSED = `least(${RISEN}, greatest(coalesce(p.received - d.received, 0), 0))`
/** Of a fall of the balance, what was written off since; the rest was paid. */
const WRITTEN_OFF = `least(${FALLEN}, greatest(coalesce(d.written_off - p.written_off, 0), 0))`
const CLEARED = `${FALLEN} - ${WRITTEN_OFF}`

const sumsOfUser = (names: readonly SumName[]): string => names.map((name) => `coalesce(${SUMS[name].of}, 0)::bigint as ${name}`).join(', ')

/** How each user's bills moved since the reported day before. */
const moved = `
  select coalesce(d.cons_no, p.cons_no) as cons_no,
    sum(${RISEN}) as risen, sum(${REVERSED}) as reversed, sum(${CLEARED}) as cleared, sum(${WRITTEN_OFF}) as written_off,
    ${inScope(RISEN)} as scope_risen, ${inScope(REVERSED)} as scope_reversed, ${inScope(CLEARED)} as scope_cleared,
    ${inScope(WRITTEN_OFF)} as scope_written_off, null::numeric as rolled_in, null::numeric as frozen, null::numeric as still_open
  from (select * from bill_day d where ${rowsAt('d', 'stat_date', 'version')}) d
  full join (select * from bill_day p where ${rowsAt('p', 'before', 'before_version')}) p on p.cons_no = d.cons_no and p.bill_month = d.bill_month
  where coalesce(d.balance, 0) <> coalesce(p.balance, 0)
  group by 1`

const NO_MOVES = 'null, null, null, null, null, null, null, null'
/** What was open of the months that have since become last months: it enters the scope. */
const rolled = `
  select cons_no, ${NO_MOVES}, balance, null, null from bill_day p
  where k.before_last_month < k.last_month and ${rowsAt('p', 'before', 'before_version')}
    and p.bill_month > k.before_last_month and p.bill_month <= k.last_month`

/** What was open at New Year, and what is of the same bills now. */
const frozen = `
  select a.cons_no, ${NO_MOVES}, null, a.balance, coalesce(d.balance, 0)
  from (select * from bill_day a where ${rowsAt('a', 'frozen_on', 'frozen_version')} and a.balance > 0 and a.bill_month < k.year) a
  left join (select * from bill_day d where ${rowsAt('d', 'stat_date', 'version')} and d.bill_month < k.year) d
    on d.cons_no = a.cons_no and d.bill_month = a.bill_month`

/** Who was listed at the end of the day (`m`), who the day before (`m0`), and who came and went (`w`). */
const members = `(select * from membership m where m.province = k.province and m.valid_from <= k.stat_date and m.valid_to > k.stat_date) m
  full join (select * from membership m where m.province = k.province and m.valid_from < k.stat_date and m.valid_to >= k.stat_date) m0 using (cons_no)
  full join (
    select cons_no, count(*) filter (where kind = 'listed') as listed, count(*) filter (where kind = 'relisted') as relisted,
      count(*) filter (where kind = 'delisted') as delisted, count(*) filter (where kind = 'closed') as closed,
      (array_agg(level order by seq desc))[1] as level, (array_agg(standard order by seq desc))[1] as standard,
      (array_agg(trade_code order by seq desc))[1] as trade_code, (array_agg(org_code order by seq desc))[1] as org_code
    from membership_move where province = k.province and on_date = k.stat_date group by cons_no) w using (cons_no)`

/**
 * Every user of one province day with his sums: a lateral per day, so that each is planned by its own key and its month's
 * partition. All are full joins, which are never nested loops, whatever the planner believes of a day it has no statistics for.
 */
const oneDay = `
  select cons_no, coalesce(u.cons_name, v.cons_name, '') as cons_name, coalesce(m.org_code, w.org_code, u.org_code, v.org_code, m0.org_code) as org_code,
    coalesce(c.category, 'UNLISTED') as category,
    coalesce(m.level, w.level, u.risk_level, v.risk_level, m0.level) as level, ${sumsOfUser(SUM_NAMES)}
  from ${members}
  full join (select * from user_day u where ${rowsAt('u', 'stat_date', 'version')}) u using (cons_no)
  full join (select * from user_day v where ${rowsAt('v', 'before', 'before_version')}) v using (cons_no)
  full join (
    select cons_no, sum(risen) as risen, sum(reversed) as reversed, sum(cleared) as cleared, sum(written_off) as written_off,
      sum(scope_risen) as scope_risen, sum(scope_reversed) as scope_reversed, sum(scope_cleared) as scope_cleared,
      sum(scope_written_off) as scope_written_off, sum(rolled_in) as rolled_in, sum(frozen) as frozen, sum(still_open) as still_open
    from (${moved} union all ${rolled} union all ${frozen}) b group by cons_no) b using (cons_no)
  left join trade_category c on c.version = k.list_version
    and c.standard = coalesce(m.standard, w.standard, u.standard, v.standard, m0.standard)
    and c.code = coalesce(m.trade_code, w.trade_code, u.trade_code, v.trade_code, m0.trade_code)
  where coalesce(m.level, w.level, u.risk_level, v.risk_level, m0.level) is not null
  offset 0`

/** The statement of one day's users, for a lateral over `k`, once these days are to be summed. */
export const usersOf = (works: readonly Work[]): string => {
  const days = new Set(works.flatMap(({ stat_date, before, frozen_on }) => [stat_date, before ?? stat_date, frozen_on ?? stat_date]))
  return oneDay.replaceAll('DAYS', `'{${[...days].join(',')}}'::date[]`)
}

/** The listed users of one province day of which nothing was reported, with what is known of them, for a lateral over `k`. */
export const membersOf = `
  select coalesce(m.org_code, w.org_code, m0.org_code) as org_code, coalesce(c.category, 'UNLISTED') as category,
    coalesce(m.level, w.level, m0.level) as level, ${sumsOfUser(MEMBER_NAMES)}
  from ${members}
  left join trade_category c on c.version = k.list_version
    and c.standard = coalesce(m.standard, w.standard, m0.standard) and c.code = coalesce(m.trade_code, w.trade_code, m0.trade_code)
  offset 0`
