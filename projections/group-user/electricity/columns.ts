import type { FragmentSqlToken } from 'slonik'
import { sql } from '#projections/shared/sql.ts'

/** SQL text that stands in this folder's code; never anything that came from outside. */
export const text = (constant: string): FragmentSqlToken => ({ ...sql.fragment``, sql: constant })

/**
 * What is known of a member on a date, all of it additive (domain brief 4.1 and 4.3). Money in fen, capacity in VA, electricity in kWh.
 * Month scope: bills of last month; year scope: January to last month, so empty in January; arrears: everything up to last month.
 */
export const FIGURE_NAMES = [
  'members',
  'unknown_members',
  'contract_va',
  'running_va',
  'readings',
  'kwh_day',
  'kwh_month',
  'kwh_year',
  'receivable_month',
  'received_month',
  'open_month',
  'receivable_year',
  'received_year',
  'open_year',
  'receivable_current',
  'received_current',
  'open_current',
  'arrears',
  'arrears_prior_year',
  'aged_not_due',
  'aged_30',
  'aged_60',
  'aged_90',
  'aged_180',
  'aged_365',
  'aged_over_365',
  'prepaid',
  'in_transit',
  'received_today',
  'owing_members',
] as const
type FigureName = (typeof FIGURE_NAMES)[number]
export type Sums = Readonly<Record<FigureName, bigint>>

export const figureColumns = (prefix = ''): FragmentSqlToken => text(FIGURE_NAMES.map((name) => prefix + name).join(', '))
/** All figures as one text in the order of their names: a row of thirty numbers costs more to read than to add up. */
export const figuresAsText = (prefix: string): FragmentSqlToken => text(`array_to_string(array[${FIGURE_NAMES.map((name) => prefix + name).join(', ')}], ',')`)

export const NO_SUMS: Sums = Object.fromEntries(FIGURE_NAMES.map((name) => [name, 0n])) as Sums

export const readSums = (line: string): Sums => {
  const values = line.split(',')
  const sums: Record<string, bigint> = {}
  for (const [index, name] of FIGURE_NAMES.entries()) sums[name] = BigInt(values[index] ?? '0')
  return sums as Sums
}

export const addUp = (parts: Iterable<Sums>): Sums => {
  const total: Record<FigureName, bigint> = { ...NO_SUMS }
  for (const part of parts) for (const name of FIGURE_NAMES) total[name] += part[name]
  return total
}
