import type { DatabasePool, FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { Grade, OrderKind } from '#domain/warning-work-order/fields.ts'
import { type AsOf, readAsOf } from '#projections/shared/as-of.ts'
import { rowset, sql, text } from '#projections/shared/sql.ts'
import type { Sums } from './figures.ts'
import type { Family, Ledger } from './ledger.ts'
import type { Cut, Slice, Strip, View } from './slices.ts'

export type Db = Pick<DatabasePool, 'any'>
export const SUPERVISION_MODEL = 'supervision'

export const SupervisionFilters = z.object({
  provinces: z.array(ProvinceCode).optional(),
  grades: z.array(Grade).optional(),
  kinds: z.array(OrderKind).optional(),
})
export type SupervisionFilters = z.output<typeof SupervisionFilters>
export const SupervisionGroupBy = z.enum(['province', 'grade', 'kind'])
export type SupervisionGroupBy = z.output<typeof SupervisionGroupBy>

/** What is asked, and of which provinces the caller may hear; all when undefined. */
export type Asked = { readonly filters: SupervisionFilters; readonly scope: readonly ProvinceCode[] | undefined }
/** By which column of the orders sums are told apart, or by the day up to which they are. */
export type Key = SupervisionGroupBy | 'day'

/** The provinces asked for that the caller may see; undefined for all. */
const provincesOf = ({ filters: { provinces }, scope }: Asked): readonly ProvinceCode[] | undefined =>
  provinces && scope ? provinces.filter((province) => scope.includes(province)) : (provinces ?? scope)

/** Sums that are few enough and fine enough to answer. */
const familyOf = (asked: Asked, key: Key): Family => {
  const sorts = asked.filters.grades !== undefined || asked.filters.kinds !== undefined || key === 'grade' || key === 'kind'
  const provinces = provincesOf(asked) !== undefined || key === 'province'
  if (!sorts && provinces) return 'province'
  return provinces ? 'cell' : 'sort'
}

/** As one parameter, so that the statement's text is the same whatever is asked. Codes and names of ours need no quoting. */
const among = (column: string, values: readonly string[] | undefined): FragmentSqlToken => {
  const list = values ? `{${values.join(',')}}` : null
  return sql.fragment`(${list}::text[] is null or ${text(column)} = any(${list}::text[]))`
}

export const narrowed = (asked: Asked, alias: string): FragmentSqlToken => {
  const { grades, kinds } = asked.filters
  return sql.fragment`${among(`${alias}.province`, provincesOf(asked))} and ${among(`${alias}.grade`, grades)} and ${among(`${alias}.kind`, kinds)}`
}

/** The columns that a view is told by, in their order. */
export type Columns = Readonly<Partial<Record<View, readonly string[]>>>
export type Told = {
  readonly asOf: AsOf
  readonly keys: readonly string[]
  readonly at: (view: View, key: string) => Sums
  /** Of all keys together. */
  readonly total: (view: View) => Sums
}
const Row = z.object({ view: z.enum(['stock', 'before', 'cohort']), key: z.string(), sums: z.string() })

/** Adds up what a cut names, by key. One statement, and so of one moment; planned once a connection, for its text hardly varies. */
export const addUp = async (db: Db, ledger: Ledger, { slices, strips }: Cut, key: Key, asked: Asked, columns: Columns): Promise<Told> => {
  const parts = [fromSums(ledger, slices, key, asked, columns)]
  const kinds = Map.groupBy(strips, ({ view }) => view === 'cohort')
  for (const [ofCohort, own] of kinds) parts.push(fromChanges(ledger, own, ofCohort, key, asked, columns))
  const shape = `${Object.keys(columns).join(' ')} ${Math.min(slices.length, FEW + 1)} ${[...kinds.keys()].join(' ')}`
  const statement = sql.fragment`${sql.join(parts, sql.fragment` union all `)}`
  const { asOf, rows } = await readAsOf(db, SUPERVISION_MODEL, Row, statement, `${ledger.name} by ${key}: ${shape}`)
  return { asOf, ...toldIn(rows, columns) }
}

const toldIn = (rows: readonly z.output<typeof Row>[], columns: Columns): Omit<Told, 'asOf'> => {
  const found = new Map<string, bigint[]>()
  const totals = new Map<View, bigint[]>()
  for (const { view, key, sums } of rows) {
    const values = sums.split(',').map((value) => (value === '' ? 0n : BigInt(value)))
    addTo(found, `${view} ${key}`, values)
    addTo(totals, view, values)
  }
  const indexes = Object.fromEntries(Object.entries(columns).map(([view, names]) => [view, indexOf(names)]))
  const named = (view: View, values: readonly bigint[] | undefined): Sums => {
    const index = indexes[view]
    return (name) => values?.[index?.get(name) ?? -1] ?? 0n
  }
  return {
    keys: [...new Set(rows.map(({ key }) => key))].toSorted(),
    at: (view, key) => named(view, found.get(`${view} ${key}`)),
    total: (view) => named(view, totals.get(view)),
  }
}

const addTo = <K>(sums: Map<K, bigint[]>, key: K, values: readonly bigint[]): void => {
  const sum = sums.get(key)
  if (sum) for (let index = 0; index < values.length; index++) sum[index] = (sum[index] ?? 0n) + (values[index] ?? 0n)
  else sums.set(key, [...values])
}

const INDEXES = new WeakMap<readonly string[], ReadonlyMap<string, number>>()
const indexOf = (names: readonly string[]): ReadonlyMap<string, number> => {
  const known = INDEXES.get(names) ?? new Map(names.map((name, index) => [name, index]))
  INDEXES.set(names, known)
  return known
}

/** The sums of a view as one text, empty for nought: a row of fifty numbers costs more to read than to add up. */
const summed = (columns: Columns, value: (column: string) => string): FragmentSqlToken => {
  const list = (names: readonly string[]) =>
    `array_to_string(array[${names.map((column) => `nullif(sum(${value(column)}), 0)`).join(', ')}]::numeric[], ',', '')`
  return text(
    `case r.view ${Object.entries(columns)
      .map(([view, names]) => `when '${view}' then ${list(names)}`)
      .join(' ')} end`,
  )
}

/**
 * As a list of values, of which the planner knows how many there are: then one plan for all questions looks as good to it as a plan for
 * each, and is kept. Many are one parameter a column.
 */
const slicesOf = (slices: readonly Slice[], family: Family): FragmentSqlToken => {
  const rows = slices.map(({ view, period, on }) => ({ view, family, period, on_date: on }))
  if (slices.length === 0 || slices.length > FEW) return rowset(rows, 'view text, family text, period text, on_date date')
  const values = rows.map((row) => sql.fragment`(${row.view}::text, ${row.family}::text, ${row.period}::text, ${row.on_date}::date)`)
  return sql.fragment`(values ${sql.join(values, sql.fragment`, `)}) as r (view, family, period, on_date)`
}
const FEW = 6

/** Of each place the sums of its last day up to the date, looked up by its name. */
const fromSums = ({ name }: Ledger, slices: readonly Slice[], key: Key, asked: Asked, columns: Columns): FragmentSqlToken => sql.fragment`
  (select r.view, ${text(key === 'day' ? 'r.on_date::text' : `k.${key}`)} as key, ${summed(columns, (column) => `s.${column}`)} as sums
  from ${slicesOf(slices, familyOf(asked, key))}
  join read_model.${sql.identifier([`${name}_place`])} k on k.family = r.family and k.period = r.period and ${narrowed(asked, 'k')}
  cross join lateral (
    select * from read_model.${sql.identifier([`${name}_sum`])} s where s.place = k.place and s.on_date <= r.on_date order by s.on_date desc limit 1) s
  group by 1, 2)`

const STRIP = 'view text, sign int, from_date date, to_date date, after_at timestamptz, until_at timestamptz, issued_from date, issued_to date'

/** Single changes; those of a cohort only of orders issued in its days. */
const fromChanges = ({ name }: Ledger, strips: readonly Strip[], ofCohort: boolean, key: Key, asked: Asked, columns: Columns): FragmentSqlToken => {
  const rows = strips.map(({ view, sign, from, to, after, until, issuedFrom, issuedTo }) => ({
    ...{ view, sign, from_date: from, to_date: to, after_at: after, until_at: until, issued_from: issuedFrom, issued_to: issuedTo },
  }))
  return sql.fragment`
    (select r.view, ${text(key === 'day' ? 'c.on_date::text' : `c.${key}`)} as key, ${summed(columns, (column) => `r.sign * c.${column}`)} as sums
    from ${rowset(rows, STRIP)} cross join lateral (
      select * from read_model.${sql.identifier([`${name}_change`])} c
      where c.on_date between r.from_date and r.to_date and c.at > r.after_at and c.at <= r.until_at
        and ${text(ofCohort ? 'c.issued_on between r.issued_from and r.issued_to' : 'true')} and ${narrowed(asked, 'c')} offset 0) c
    group by 1, 2)`
}
