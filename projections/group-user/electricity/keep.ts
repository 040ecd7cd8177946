import type { DatabasePool, DatabasePoolConnection, FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { addDays, addMonths, type BusinessDate, lastDay, monthOf, sameDay } from '#domain/shared/dates.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'
import { figureColumns, figuresAsText } from './columns.ts'
import { epochOf, type Point, pointSums, WHOLE } from './point.sql.ts'
import { markStale } from './stale.ts'

/** Months whose ends are kept: two years, and the year before them to compare with. */
const MONTHS = 36
/** Customers times dates in one statement: enough to make the pass worth while, few enough for a server with little memory. */
const BUDGET = 20_000
const GROUPS = 100
const STATEMENT_MS = 600_000

type Missing = Point & { readonly changes: bigint; readonly members: bigint }
const Missing = z.object({ group_no: z.string(), epoch: z.string(), on_date: z.string(), changes: z.bigint(), members: z.bigint() })

/** The dates whose figures are kept as of a business day: the day before it and those it is compared with, and the ends of the months before. */
const keptDates = (today: BusinessDate): readonly BusinessDate[] => {
  const day = addDays(today, -1)
  const months = Array.from({ length: MONTHS }, (_, n) => lastDay(addMonths(monthOf(day), -1 - n)))
  return [...new Set([day, addDays(day, -1), sameDay(day, -1), sameDay(day, -12), ...months])].toSorted()
}

/**
 * Makes the sums over groups' members that are wanted and not there, or that later extractions or changes of links have overtaken;
 * answers how many. One process at a time does it, others answer 0 at once; a crash loses nothing but the work in hand.
 */
export const keepGroupFigures = (pool: DatabasePool, today: BusinessDate): Promise<number> =>
  pool.connect(async (db) => {
    const locked = await db.one(sql.type(z.object({ mine: z.boolean() }))`select pg_try_advisory_lock(hashtextextended('group figures', 0)) as mine`)
    if (!locked.mine) return 0
    try {
      await markStale(db)
      if (await isStanding(db, today)) return 0
      return await makeMissing(db, today)
    } finally {
      await db.query(run`select pg_advisory_unlock(hashtextextended('group figures', 0))`)
    }
  })

const CHANGES = sql.fragment`(select count(*) || '/' || coalesce(sum(changes), 0) from read_model.group_links_changed)`

const isStanding = async (db: DatabasePoolConnection, today: BusinessDate): Promise<boolean> => {
  const row = await db.one(sql.type(z.object({ standing: z.boolean() }))`
    select exists (select from group_figure.standing where through = ${today}::date and changes = ${CHANGES})
      and not exists (select from group_figure.kept where stale) as standing`)
  return row.standing
}

const makeMissing = async (db: DatabasePoolConnection, today: BusinessDate): Promise<number> => {
  const dates = keptDates(today)
  const before = await db.one(sql.type(z.object({ changes: z.string(), at: z.string() }))`select ${CHANGES} as changes, now() as at`)
  await forgetOvertaken(db, dates)
  let made = 0
  for (let last: string | undefined = ''; last !== undefined; ) {
    const groups: readonly { readonly group_no: string }[] = await db.any(sql.type(z.object({ group_no: z.string() }))`
      select group_no from read_model.group_links_changed where group_no > ${last} order by group_no limit ${GROUPS}`)
    for (const chunk of chunks(await missing(db, groups, dates, addDays(today, -1)))) {
      await make(db, chunk)
      made += chunk.length
    }
    last = groups.length === GROUPS ? groups.at(-1)?.group_no : undefined
  }
  await db.query(run`
    insert into group_figure.standing (through, changes, at) values (${today}::date, ${before.changes}, ${before.at}::timestamptz)
    on conflict (one) do update set through = excluded.through, changes = excluded.changes, at = excluded.at`)
  return made
}

/** Points of dates nobody keeps any longer, and of groups whose membership changed since. */
const forgetOvertaken = async (db: DatabasePoolConnection, dates: readonly BusinessDate[]): Promise<void> => {
  await db.query(run`
    with gone as (
      delete from group_figure.kept k where not (k.on_date = any(${sql.array([...dates], 'date')}))
        or not exists (select from read_model.group_links_changed c where c.group_no = k.group_no and c.changes = k.changes)
      returning group_no, epoch, on_date)
    delete from group_figure.point p using gone g where p.group_no = g.group_no and p.epoch = g.epoch and p.on_date = g.on_date`)
}

const missing = (
  db: DatabasePoolConnection,
  groups: readonly { readonly group_no: string }[],
  dates: readonly BusinessDate[],
  day: BusinessDate,
): Promise<readonly Missing[]> => {
  const epoch = (date: FragmentSqlToken): FragmentSqlToken => epochOf(sql.fragment`c.group_no`, date)
  return db.any(sql.type(Missing)`
    with wanted as (
      select distinct c.group_no, c.changes, v.epoch, d.on_date
      from read_model.group_links_changed c join ${rowset(groups, 'group_no text')} on r.group_no = c.group_no
      cross join unnest(${sql.array([...dates], 'date')}) d (on_date)
      cross join lateral (values (${epoch(sql.fragment`d.on_date`)}), (${epoch(sql.fragment`${day}::date`)})) v (epoch)
      where v.epoch is not null)
    select w.group_no, w.changes, w.epoch, w.on_date,
      (select count(*) from read_model.group_membership m where m.group_no = w.group_no and m.valid_from <= w.epoch and m.valid_to > w.epoch) as members
    from wanted w left join group_figure.kept k on k.group_no = w.group_no and k.epoch = w.epoch and k.on_date = w.on_date
    where k.group_no is null or k.stale order by w.group_no, w.epoch, w.on_date`)
}

function* chunks(missing: readonly Missing[]): Generator<readonly Missing[]> {
  let chunk: Missing[] = []
  let size = 0n
  for (const point of missing) {
    chunk.push(point)
    size += point.members + 1n
    if (size >= BUDGET) {
      yield chunk
      chunk = []
      size = 0n
    }
  }
  if (chunk.length > 0) yield chunk
}

const KEY = 'group_no text, epoch date, on_date date'

const make = (db: DatabasePoolConnection, points: readonly Missing[]): Promise<unknown> =>
  db.transaction(async (db) => {
    await db.query(run`select set_config('statement_timeout', ${String(STATEMENT_MS)}, true), set_config('jit', 'off', true),
      set_config('work_mem', '64MB', true), set_config('synchronous_commit', 'off', true)`)
    await db.query(run`
      delete from group_figure.point p using ${rowset(points, KEY)} where p.group_no = r.group_no and p.epoch = r.epoch and p.on_date = r.on_date`)
    await db.query(run`
      with made as materialized (${pointSums(points)}),
      provinces as (
        insert into group_figure.point (group_no, epoch, on_date, province, ${figureColumns()})
        select group_no, epoch, on_date, province, ${figureColumns()} from made where province <> ${WHOLE})
      insert into group_figure.kept (group_no, epoch, on_date, changes, whole)
      select m.group_no, m.epoch, m.on_date, r.changes, ${figuresAsText('m.')} from made m
      join ${rowset(points, `${KEY}, changes int8`)} on r.group_no = m.group_no and r.epoch = m.epoch and r.on_date = m.on_date where m.province = ${WHOLE}
      on conflict (group_no, epoch, on_date) do update set changes = excluded.changes, whole = excluded.whole, stale = false, made_at = now()`)
  })
