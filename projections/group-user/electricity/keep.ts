import type { DatabasePool, DatabasePoolConnection } from 'slonik'
import { z } from 'zod'
import { addMonths, BusinessDate, firstDay, lastDay, monthOf } from '#domain/shared/dates.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'
import { EVER } from '../directory/tables.sql.ts'
import { figureColumns, figuresAsText } from './columns.ts'
import { daySums, type Span } from './days.sql.ts'
import { epochOf, WHOLE } from './point.sql.ts'
import { markStale } from './stale.ts'

/** Months kept before the one that runs: two years, and the year before them to compare with. */
const MONTHS = 36
/** Customers times months in one statement: enough to make the pass worth while, few enough for a server with little memory. */
const BUDGET = 100_000
const GROUPS = 100
const STATEMENT_MS = 600_000

const Missing = z.object({ group_no: z.string(), lo: BusinessDate, hi: BusinessDate, changes: z.bigint(), members: z.int() })
type Missing = z.output<typeof Missing>

/** The last days of the months that are kept as of a business day, the running one among them. */
const keptMonths = (today: BusinessDate): readonly BusinessDate[] =>
  Array.from({ length: MONTHS + 1 }, (_, n) => lastDay(addMonths(monthOf(today), n - MONTHS)))

/**
 * Makes the months of groups' sums that are wanted and not there, or that later extractions or changes of links have overtaken; answers how
 * many. One process at a time does it, others answer 0 at once; a crash loses nothing but the work in hand.
 */
export const keepGroupFigures = (pool: DatabasePool, today: BusinessDate, budget = BUDGET): Promise<number> =>
  pool.connect(async (db) => {
    const locked = await db.one(sql.type(z.object({ mine: z.boolean() }))`select pg_try_advisory_lock(hashtextextended('group figures', 0)) as mine`)
    if (!locked.mine) return 0
    try {
      await markStale(db)
      if (await isStanding(db, today)) return 0
      return await makeMissing(db, today, budget)
    } finally {
      await db.query(run`select pg_advisory_unlock(hashtextextended('group figures', 0))`)
    }
  })

const CHANGES = sql.fragment`(select count(*) || '/' || coalesce(sum(changes), 0) from read_model.group_links_changed)`

const isStanding = async (db: DatabasePoolConnection, today: BusinessDate): Promise<boolean> => {
  const row = await db.one(sql.type(z.object({ standing: z.boolean() }))`
    select exists (select from group_figure.standing where through = ${lastDay(monthOf(today))}::date and changes = ${CHANGES})
      and not exists (select from group_figure.kept where stale) as standing`)
  return row.standing
}

const makeMissing = async (db: DatabasePoolConnection, today: BusinessDate, budget: number): Promise<number> => {
  const months = keptMonths(today)
  const before = await db.one(sql.type(z.object({ changes: z.string(), at: z.string() }))`select ${CHANGES} as changes, now() as at`)
  await forgetOvertaken(db, months)
  let made = 0
  for (let last: string | undefined = ''; last !== undefined; ) {
    const groups: readonly { readonly group_no: string }[] = await db.any(sql.type(z.object({ group_no: z.string() }))`
      select group_no from read_model.group_links_changed where group_no > ${last} order by group_no limit ${GROUPS}`)
    for (const chunk of chunks(await missing(db, groups, months), budget)) {
      await make(db, chunk)
      made += chunk.reduce((sum, span) => sum + monthsIn(span), 0)
    }
    last = groups.length === GROUPS ? groups.at(-1)?.group_no : undefined
  }
  await db.query(run`
    insert into group_figure.standing (through, changes, at) values (${lastDay(monthOf(today))}::date, ${before.changes}, ${before.at}::timestamptz)
    on conflict (one) do update set through = excluded.through, changes = excluded.changes, at = excluded.at`)
  return made
}

const monthsIn = ({ lo, hi }: Span): number => (Number(hi.slice(0, 4)) - Number(lo.slice(0, 4))) * 12 + Number(hi.slice(5, 7)) - Number(lo.slice(5, 7)) + 1

/** Months nobody keeps any longer, and those of groups whose membership changed since. */
const forgetOvertaken = async (db: DatabasePoolConnection, months: readonly BusinessDate[]): Promise<void> => {
  await db.query(run`
    with gone as (
      delete from group_figure.kept k where not (k.on_date = any(${sql.array([...months], 'date')}))
        or not exists (select from read_model.group_links_changed c where c.group_no = k.group_no and c.changes = k.changes)
      returning group_no, on_date),
    sheets as (delete from group_figure.sheet s using gone g where s.group_no = g.group_no and s.month_end = g.on_date)
    delete from group_figure.point p using gone g where p.group_no = g.group_no and p.on_date = g.on_date`)
}

/** Of each group all months from the first on that has to be made: what an extraction touches, it touches from a day on. */
const missing = (db: DatabasePoolConnection, groups: readonly { readonly group_no: string }[], months: readonly BusinessDate[]): Promise<readonly Missing[]> =>
  db.any(sql.type(Missing)`
    select w.group_no, w.lo, ${months.at(-1)!}::date as hi, w.changes,
      (select count(*)::int from read_model.group_membership m where m.group_no = w.group_no) as members
    from (
      select c.group_no, c.changes, date_trunc('month', min(d.month_end))::date as lo
      from read_model.group_links_changed c join ${rowset(groups, 'group_no text')} on r.group_no = c.group_no
      cross join unnest(${sql.array([...months], 'date')}) d (month_end)
      left join group_figure.kept k on k.group_no = c.group_no and k.on_date = d.month_end
      where k.group_no is null or k.stale group by 1, 2) w order by 1`)

/** Spans of several groups for one statement each, as long as they are small; a large group's months in several statements. */
function* chunks(missing: readonly Missing[], budget: number): Generator<readonly Missing[]> {
  let chunk: Missing[] = []
  let size = 0
  for (const span of missing) {
    const months = Math.max(1, Math.floor(budget / (span.members + 1)))
    if (months < monthsIn(span)) {
      yield* slices(span, months).map((slice) => [slice])
      continue
    }
    chunk.push(span)
    size += (span.members + 1) * monthsIn(span)
    if (size >= budget) {
      yield chunk
      chunk = []
      size = 0
    }
  }
  if (chunk.length > 0) yield chunk
}

const slices = (span: Missing, months: number): readonly Missing[] => {
  const count = Math.ceil(monthsIn(span) / months)
  return Array.from({ length: count }, (_, n) => {
    const first = addMonths(monthOf(span.lo), n * months)
    return { ...span, lo: firstDay(first), hi: n === count - 1 ? span.hi : lastDay(addMonths(first, months - 1)) }
  })
}

const SPAN = 'group_no text, lo date, hi date, changes int8'
const MONTH_END = sql.fragment`(date_trunc('month', day) + interval '1 month')::date - 1`

const make = (db: DatabasePoolConnection, spans: readonly Missing[]): Promise<unknown> =>
  db.transaction(async (db) => {
    await db.query(run`select set_config('statement_timeout', ${String(STATEMENT_MS)}, true), set_config('jit', 'off', true),
      set_config('work_mem', '64MB', true), set_config('enable_mergejoin', 'off', true), set_config('synchronous_commit', 'off', true)`)
    for (const [table, column] of [
      ['sheet', 'month_end'],
      ['point', 'on_date'],
      ['kept', 'on_date'],
    ] as const)
      await db.query(run`
        delete from ${sql.identifier(['group_figure', table])} t using ${rowset(spans, SPAN)}
        where t.group_no = r.group_no and ${sql.identifier(['t', column])} between r.lo and r.hi`)
    await db.query(run`
      with made as materialized (select d.*, ${MONTH_END} as month_end from (${daySums(spans)}) d),
      sheets as (
        insert into group_figure.sheet (group_no, month_end, province, epoch, closing, lines)
        select group_no, month_end, province, epoch, max(line) filter (where day = month_end), array_agg(line order by day)
        from (select group_no, month_end, province, epoch, day, ${figuresAsText('')} as line from made) m group by 1, 2, 3, 4),
      month as materialized (
        select r.group_no, r.changes, m::date - 1 as on_date, coalesce(${epochOf(sql.fragment`r.group_no`, sql.fragment`m::date - 1`)}, ${EVER}::date) as epoch
        from ${rowset(spans, SPAN)} cross join lateral generate_series(r.lo + interval '1 month', r.hi + 1, interval '1 month') m),
      points as (
        insert into group_figure.point (group_no, epoch, on_date, province, ${figureColumns()})
        select m.group_no, o.epoch, o.on_date, m.province, ${figureColumns('m.')} from made m join month o on o.group_no = m.group_no and o.on_date = m.day
        where m.epoch = ${EVER}::date and m.province <> ${WHOLE} and m.members > 0)
      insert into group_figure.kept (group_no, epoch, on_date, changes) select group_no, epoch, on_date, changes from month`)
  })
