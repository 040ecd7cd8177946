import type { DatabasePool, FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { Grade, OrderKind } from '#domain/warning-work-order/fields.ts'
import { type AsOf, readAsOf } from '#projections/shared/as-of.ts'
import { rowset, sql } from '#projections/shared/sql.ts'
import { text } from '../order/sql.ts'
import { COHORT, type Counters, FLOWS, STOCKS } from './counters.ts'
import type { Sums } from './figures.ts'
import type { Family, Ledger } from './ledger.ts'
import type { Cut, View } from './slices.ts'

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
/** One column of the sums, or the day on which they are. */
export type Key = SupervisionGroupBy | 'on_date'

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

const list = (values: readonly string[] | undefined) => (values ? sql.array([...values], 'text') : sql.fragment`null::text[]`)
const among = (column: string, values: readonly string[] | undefined): FragmentSqlToken =>
  values ? sql.fragment`${text(column)} = any(${list(values)})` : sql.fragment`true`

/** Grades and kinds are '' in sums over all of them, and are not asked there. */
export const narrowed = (asked: Asked, alias: string): FragmentSqlToken => {
  const { grades, kinds } = asked.filters
  return sql.fragment`${among(`${alias}.province`, provincesOf(asked))} and ${among(`${alias}.grade`, grades)} and ${among(`${alias}.kind`, kinds)}`
}

export type Told = { readonly asOf: AsOf; readonly at: (view: View, key: string) => Sums | undefined; readonly keys: readonly string[] }
const Row = z.object({ view: z.enum(['flow', 'stock', 'cohort']), key: z.string(), sums: z.string() })

const SLICE = 'period text, grain text, from_date date, to_date date'
const STRIP = 'sign int, from_date date, to_date date, after_at timestamptz, until_at timestamptz, issued_from date, issued_to date'

/** Adds up what a cut names, by key. One statement, and so of one moment. */
export const addUp = async (
  db: Db,
  ledger: Ledger,
  cut: Cut,
  key: Key,
  asked: Asked,
  columnsOf: Readonly<Partial<Record<View, readonly string[]>>> = COLUMNS_OF,
): Promise<Told> => {
  const family = familyOf(asked, key)
  const parts: FragmentSqlToken[] = []
  for (const [view, columns] of Object.entries(columnsOf) as [View, readonly string[]][]) {
    const slices = cut.slices.filter((slice) => slice.view === view)
    const strips = cut.strips.filter((strip) => strip.view === view)
    if (slices.length > 0) parts.push(fromSums(ledger, view, columns, slices, family, key, asked))
    if (strips.length > 0) parts.push(fromChanges(ledger, view, columns, strips, key, asked))
  }
  if (parts.length === 0) parts.push(sql.fragment`select null::text as view, null::text as key, null::text as sums where false`)
  const { asOf, rows } = await readAsOf(db, SUPERVISION_MODEL, Row, sql.fragment`${sql.join(parts, sql.fragment` union all `)}`)
  const found = new Map<string, Sums>()
  const keys = new Set<string>()
  for (const { view, key: of, sums } of rows) {
    const id = `${view} ${of}`
    found.set(id, plus(found.get(id), read(columnsOf[view] ?? [], sums)))
    keys.add(of)
  }
  return { asOf, keys: [...keys].toSorted(), at: (view, of) => found.get(`${view} ${of}`) }
}

const COLUMNS_OF = { flow: Object.keys(FLOWS), stock: Object.keys(STOCKS), cohort: Object.keys({ ...STOCKS, ...COHORT }) } as const satisfies Record<
  View,
  readonly string[]
>

const key_ = (alias: string, key: Key): FragmentSqlToken => text(`${alias}.${key}::text`)

/** All sums as one text, empty for nought: a row of fifty numbers costs more to read than to add up. */
const summed = (columns: readonly string[], value: (column: string) => string): FragmentSqlToken =>
  text(`array_to_string(array[${columns.map((column) => `sum(${value(column)})`).join(', ')}]::numeric[], ',', '')`)

type Slices = Cut['slices']
const fromSums = (ledger: Ledger, view: View, columns: readonly string[], slices: Slices, family: Family, key: Key, asked: Asked): FragmentSqlToken => {
  const rows = slices.map(({ period, grain, from, to }) => ({ period, grain, from_date: from, to_date: to }))
  // Each slice is looked up by the key: no plan ever reads the table through.
  return sql.fragment`
    (select ${view} as view, ${key_('s', key)} as key, ${summed(columns, (column) => `s.${column}`)} as sums
    from ${rowset(rows, SLICE)} cross join lateral (
      select * from read_model.${sql.identifier([ledger.sums])} s
      where s.family = ${family} and s.period = r.period and s.grain = r.grain and s.on_date between r.from_date and r.to_date and ${narrowed(asked, 's')} offset 0) s
    group by 2)`
}

type Strips = Cut['strips']
const fromChanges = (ledger: Ledger, view: View, columns: readonly string[], strips: Strips, key: Key, asked: Asked): FragmentSqlToken => {
  const rows = strips.map(({ sign, from, to, after, until, issuedFrom, issuedTo }) => ({
    ...{ sign, from_date: from, to_date: to, after_at: after, until_at: until, issued_from: issuedFrom, issued_to: issuedTo },
  }))
  const issued = view === 'cohort' ? sql.fragment`c.issued_on between r.issued_from and r.issued_to` : sql.fragment`true`
  return sql.fragment`
    (select ${view} as view, ${key_('c', key)} as key, ${summed(columns, (column) => `r.sign * c.${column}`)} as sums
    from ${rowset(rows, STRIP)} cross join lateral (
      select * from read_model.${sql.identifier([ledger.changes])} c
      where c.on_date between r.from_date and r.to_date and c.at > r.after_at and c.at <= r.until_at and ${issued} and ${narrowed(asked, 'c')} offset 0) c
    group by 2)`
}

const read = (columns: readonly string[], text: string): Sums => {
  const sums: Record<string, bigint> = {}
  let index = 0
  for (const value of text.split(',')) {
    if (value !== '') sums[columns[index]!] = BigInt(value)
    index++
  }
  return sums
}

/** Sums of disjoint parts. */
export const plus = (a: Sums | undefined, b: Sums): Sums => {
  if (!a) return b
  const sum: Record<string, bigint> = { ...a }
  for (const name in b) sum[name] = (sum[name] ?? 0n) + (b[name] ?? 0n)
  return sum
}

export const columnsOfAll = (columns: Counters): readonly string[] => Object.keys(columns)
