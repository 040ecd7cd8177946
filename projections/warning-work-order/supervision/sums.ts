import type { DatabasePool, FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { Grade, OrderKind } from '#domain/warning-work-order/fields.ts'
import { type AsOf, readAsOf } from '#projections/shared/as-of.ts'
import { rowset, sql } from '#projections/shared/sql.ts'
import { text } from '../order/sql.ts'
import { COHORT, FLOWS, STOCKS } from './counters.ts'
import type { Sums } from './figures.ts'
import type { Family, Ledger } from './ledger.ts'
import type { Cut, Slice, View } from './slices.ts'

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

export type Told = { readonly asOf: AsOf; readonly at: (view: View, key: string) => Sums; readonly keys: readonly string[] }
const Row = z.object({ view: z.enum(['flow', 'stock', 'cohort']), key: z.string(), sums: z.string() })
export type Columns = Readonly<Partial<Record<View, readonly string[]>>>

const ALL: Columns = { flow: Object.keys(FLOWS), stock: Object.keys(STOCKS), cohort: Object.keys({ ...STOCKS, ...COHORT }) }
const NOTHING: Sums = {}

/** Adds up what a cut names, by key. One statement, and so of one moment; planned once a connection, for its text never varies. */
export const addUp = async (db: Db, ledger: Ledger, cut: Cut, key: Key, asked: Asked, columns: Columns = ALL): Promise<Told> => {
  const family = familyOf(asked, key)
  const views = Object.entries(columns) as [View, readonly string[]][]
  const parts = views.map(([view, names]) => fromSums(ledger, view, names, cut, family, key, asked))
  if (cut.strips.length > 0) parts.push(...views.map(([view, names]) => fromChanges(ledger, view, names, cut, key, asked)))
  const counts = views.map(([view]) => `${view} ${Math.min(FEW + 1, cut.slices.filter((slice) => slice.view === view).length)}`)
  const prepared = `${ledger.name} by ${key}: ${counts.join(', ')}, ${parts.length}`
  const { asOf, rows } = await readAsOf(db, SUPERVISION_MODEL, Row, sql.fragment`${sql.join(parts, sql.fragment` union all `)}`, prepared)
  const found = new Map<string, Sums>()
  const keys = new Set<string>()
  for (const { view, key: of, sums } of rows) {
    const id = `${view} ${of}`
    found.set(id, plus(found.get(id), read(columns[view] ?? [], sums)))
    keys.add(of)
  }
  return { asOf, keys: [...keys].toSorted(), at: (view, of) => found.get(`${view} ${of}`) ?? NOTHING }
}

/** All sums as one text, empty for nought: a row of fifty numbers costs more to read than to add up. */
const summed = (columns: readonly string[], value: (column: string) => string): FragmentSqlToken =>
  text(`array_to_string(array[${columns.map((column) => `nullif(sum(${value(column)}), 0)`).join(', ')}]::numeric[], ',', '')`)

/**
 * As a list of values, of which the planner knows how many there are: then one plan for all questions looks as good to it as a plan for
 * each, and is kept. Many are one parameter a column.
 */
const slicesOf = (slices: readonly Slice[], family: Family): FragmentSqlToken => {
  const rows = slices.map(({ period, on, sign }) => ({ family, period, on_date: on, sign }))
  if (slices.length === 0 || slices.length > FEW) return rowset(rows, 'family text, period text, on_date date, sign int')
  const values = slices.map(({ period, on, sign }) => sql.fragment`(${family}::text, ${period}::text, ${on}::date, ${sign}::int)`)
  return sql.fragment`(values ${sql.join(values, sql.fragment`, `)}) as r (family, period, on_date, sign)`
}
const FEW = 6

const STRIP = 'sign int, from_date date, to_date date, after_at timestamptz, until_at timestamptz, issued_from date, issued_to date'

/** Of each place the sums of its last day up to the date, looked up by the key. */
const fromSums = ({ name }: Ledger, view: View, columns: readonly string[], { slices }: Cut, family: Family, key: Key, asked: Asked): FragmentSqlToken => {
  const own = slices.filter((slice) => slice.view === view)
  return sql.fragment`
    (select ${text(`'${view}'::text`)} as view, ${text(key === 'day' ? 'r.on_date::text' : `k.${key}`)} as key, ${summed(columns, (column) => `r.sign * s.${column}`)} as sums
    from ${slicesOf(own, family)} join read_model.${sql.identifier([`${name}_place`])} k on k.family = r.family and k.period = r.period and ${narrowed(asked, 'k')}
    cross join lateral (
      select * from read_model.${sql.identifier([`${name}_sum`])} s
      where s.place = k.place and s.on_date <= r.on_date order by s.on_date desc limit 1) s
    group by 2)`
}

const fromChanges = ({ name }: Ledger, view: View, columns: readonly string[], { strips }: Cut, key: Key, asked: Asked): FragmentSqlToken => {
  const rows = strips
    .filter((strip) => strip.view === view)
    .map(({ sign, from, to, after, until, issuedFrom, issuedTo }) => ({
      ...{ sign, from_date: from, to_date: to, after_at: after, until_at: until, issued_from: issuedFrom, issued_to: issuedTo },
    }))
  const issued = text(view === 'cohort' ? 'c.issued_on between r.issued_from and r.issued_to' : 'true')
  return sql.fragment`
    (select ${text(`'${view}'::text`)} as view, ${text(key === 'day' ? 'c.on_date::text' : `c.${key}`)} as key, ${summed(columns, (column) => `r.sign * c.${column}`)} as sums
    from ${rowset(rows, STRIP)} cross join lateral (
      select * from read_model.${sql.identifier([`${name}_change`])} c
      where c.on_date between r.from_date and r.to_date and c.at > r.after_at and c.at <= r.until_at and ${issued} and ${narrowed(asked, 'c')} offset 0) c
    group by 2)`
}

const read = (columns: readonly string[], sums: string): Sums => {
  const found: Record<string, bigint> = {}
  let index = 0
  for (const value of sums.split(',')) {
    if (value !== '') found[columns[index]!] = BigInt(value)
    index++
  }
  return found
}

/** Sums of disjoint parts. */
export const plus = (a: Sums | undefined, b: Sums): Sums => {
  if (!a) return b
  const sum: Record<string, bigint> = { ...a }
  for (const name in b) sum[name] = (sum[name] ?? 0n) + (b[name] ?? 0n)
  return sum
}
