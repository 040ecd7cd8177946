import { z } from 'zod'
import type { Instant } from '#domain/shared/dates.ts'
import { readAsOf } from '#projections/shared/as-of.ts'
import type { Position } from '#projections/shared/feed.ts'
import { sql, text } from '#projections/shared/sql.ts'
import type { Quantiles } from './figures.ts'
import type { Span } from './slices.ts'
import { type Asked, type Db, narrowed, SUPERVISION_MODEL, type SupervisionGroupBy } from './sums.ts'

type Question = { readonly period: Span; readonly at: Instant; readonly groupBy: SupervisionGroupBy; readonly asked: Asked }
/** By key and of all, and where the read model stood. */
export type Quantiled = { readonly position: Position | null; readonly of: (key: string) => Quantiles; readonly total: Quantiles }

const Row = z.object({ key: z.string().nullable(), median: z.int(), p90: z.int() })
const NONE: Quantiles = { median: null, p90: null }

/**
 * Median and 90th percentile of the working minutes of closed orders, by nearest rank: a number that some order really took. They are no sums
 * of anything, so every closed order of the period is read. What was read is kept and stays true until an order is closed or opened
 * again: `ends` counts how often that happened by the instant asked about, as of `position`.
 */
export const quantilesOf = async (db: Db, question: Question, ends: string, position: Position | null): Promise<Quantiled> => {
  const id = JSON.stringify(question)
  const kept = keptBy(db)
  const known = kept.get(id)
  if (known?.ends === ends && position !== null) return { ...known.told, position }
  const told = await asked(db, question)
  if (position === null || told.position !== position) return told
  kept.delete(id)
  kept.set(id, { ends, told })
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!)
  return told
}

type Kept = Map<string, { readonly ends: string; readonly told: Quantiled }>
const MOST_KEPT = 500
const ALL_KEPT = new WeakMap<Db, Kept>()
const keptBy = (db: Db): Kept => {
  const kept = ALL_KEPT.get(db) ?? new Map()
  ALL_KEPT.set(db, kept)
  return kept
}

const asked = async (db: Db, { period, at, groupBy, asked: narrow }: Question): Promise<Quantiled> => {
  const { asOf, rows } = await readAsOf(
    db,
    SUPERVISION_MODEL,
    Row,
    sql.fragment`
      select key, q[1] as median, q[2] as p90 from (
        select ${text(`h.${groupBy}`)} as key, percentile_disc(array[0.5, 0.9]) within group (order by h.minutes) as q from read_model.supervision_handled h
        where h.issued_on between ${period.from}::date and ${period.to}::date and h.closed_at <= ${at}::timestamptz
          and (h.until_at is null or h.until_at > ${at}::timestamptz) and ${narrowed(narrow, 'h')}
        group by grouping sets ((1), ())) x where q is not null`,
  )
  const found = new Map(rows.map(({ key, median, p90 }) => [key, { median, p90 }]))
  return { position: asOf.position, of: (key) => found.get(key) ?? NONE, total: found.get(null) ?? NONE }
}
