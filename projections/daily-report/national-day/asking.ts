import type { FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { Category } from '#domain/industry-list/fields.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { rowset, sql, text } from '#projections/shared/sql.ts'
import { FLOW_NAMES, type Nature, SUM_NAMES, SUMS, type SumName } from './columns.ts'
import type { Sums } from './kpis.ts'

/** 'published': as the figures stood when they were published; 'corrected': by the latest version of every report. */
export const Basis = z.enum(['published', 'corrected'])
export type Basis = z.output<typeof Basis>
export const GroupBy = z.enum(['province', 'category', 'level'])
export type GroupBy = z.output<typeof GroupBy>
/** A category of the industry list in force on the day, or none of it. */
export const ListedCategory = z.enum([...Category.options, 'UNLISTED'])

export const Filters = z.object({
  provinces: z.array(ProvinceCode).optional(),
  categories: z.array(ListedCategory).optional(),
  levels: z.array(Level).optional(),
})
export type Filters = z.output<typeof Filters>

/** What is asked, and of which provinces the caller may hear; all when undefined. */
export type Asked = { readonly basis: Basis; readonly filters: Filters; readonly scope?: readonly ProvinceCode[] | undefined }

/** A day to be told, under a name of the question's own. */
export type Ref<N extends string = string> = { readonly ref: N; readonly on: BusinessDate }

const anyOf = (column: string, values: readonly string[] | undefined): FragmentSqlToken =>
  values ? sql.fragment`${text(column)} = any(${sql.array([...values], 'text')})` : sql.fragment`true`

/** Whether users of every category and level are asked for; then the provinces' own sums will do. */
export const isWhole = ({ filters }: Asked): boolean => filters.categories === undefined && filters.levels === undefined

/** The provinces asked for that the caller may see. */
export const places = ({ filters, scope }: Asked): FragmentSqlToken =>
  sql.fragment`select province from read_model.reporter where ${anyOf('province', filters.provinces)} and ${anyOf('province', scope)}`

export const narrowed = ({ filters }: Asked, alias = 's'): FragmentSqlToken =>
  sql.fragment`${anyOf(`${alias}.category`, filters.categories)} and ${anyOf(`${alias}.level`, filters.levels)}`

/**
 * Per day and province: `sealed`, the last day up to it of which the province's report stands, and `known`, the last of which the
 * listed users were counted, with their number. A stock is carried forward from there; a flow counts only on its day.
 */
export const effective = (refs: readonly Ref[]): FragmentSqlToken => sql.fragment`
  select r.ref, r.on_date, p.province, z.stat_date as sealed, n.stat_date as known, n.users
  from ${rowset(
    refs.map(({ ref, on }) => ({ ref, on_date: on })),
    'ref text, on_date date',
  )} cross join place p
  left join lateral (
    select z.stat_date from read_model.report z where z.province = p.province and z.stat_date <= r.on_date and z.latest_version is not null
    order by z.stat_date desc limit 1) z on true
  left join lateral (
    select n.stat_date, n.users from read_model.province_day n where n.basis = 'corrected' and n.province = p.province and n.stat_date <= r.on_date
    order by n.stat_date desc limit 1) n on true`

/** How a sum of each nature is told of a day. On a day without a change of members nobody came or went, and before is as after. */
const TOLD: Readonly<Record<Nature, (name: SumName) => string>> = {
  stock: (name) => `sum(s.${name}) filter (where s.stat_date = e.sealed)`,
  flow: (name) => `sum(s.${name}) filter (where s.stat_date = e.sealed and e.sealed = e.on_date)`,
  members: (name) => `sum(s.${name}) filter (where s.stat_date = e.known)`,
  moves: (name) => `sum(case when e.known = e.on_date then s.${name} else 0 end) filter (where s.stat_date = e.known)`,
  around: (name) => `sum(case when e.known = e.on_date then s.${name} else s.users end) filter (where s.stat_date = e.known)`,
}

/** All sums as one text in the order of SUM_NAMES, empty for null: a row of 80 numbers costs more to read than to add up. */
export const allSums = text(`array_to_string(array[${SUM_NAMES.map((name) => TOLD[SUMS[name].nature](name)).join(', ')}], ',', '')`)
/** Those of months `s`, of which the reported ones are in `m`. */
export const allFlows = text(
  `array_to_string(array[${FLOW_NAMES.map((name) => (SUMS[name].nature === 'moves' ? `sum(s.${name})` : `sum(s.${name}) filter (where m.month is not null)`)).join(', ')}], ',', '')`,
)

export type Source = { readonly table: FragmentSqlToken; readonly key: FragmentSqlToken; readonly also: FragmentSqlToken }
/** The table that answers quickest, with the key to group by and what narrows it. */
export const source = (asked: Asked, groupBy: GroupBy | undefined): Source => {
  const key = groupBy ? text(`s.${groupBy}`) : text('null::text')
  return isWhole(asked) && groupBy !== 'category' && groupBy !== 'level'
    ? { table: text('read_model.province_day'), key, also: sql.fragment`true` }
    : { table: text('read_model.statistic'), key, also: narrowed(asked) }
}

/** The days in force of every province, each looked up by its key: no plan ever reads the table through. */
export const inForce = ({ table, also }: Pick<Source, 'table' | 'also'>, basis: Basis): FragmentSqlToken => sql.fragment`
  e cross join lateral (
    select * from ${table} s where s.basis = ${basis} and s.province = e.province and s.stat_date = any(array[e.sealed, e.known]) and ${also} offset 0) s`

const EXTRA = { electricity_to_date: null, top_ten: null, expected: null, on_time: null, due: null }
export const NO_SUMS: Sums = { ...(Object.fromEntries(SUM_NAMES.map((name) => [name, null])) as Record<SumName, null>), ...EXTRA }

const read = (names: readonly SumName[], text: string): Sums => {
  const sums: Record<string, bigint | null> = { ...NO_SUMS }
  let index = 0
  for (const value of text.split(',')) {
    if (value !== '') sums[names[index]!] = BigInt(value)
    index++
  }
  return sums as Sums
}
export const readSums = (sums: string): Sums => read(SUM_NAMES, sums)
export const readFlows = (sums: string): Sums => read(FLOW_NAMES, sums)

const ALL_NAMES = Object.keys(NO_SUMS) as readonly (keyof Sums)[]

/** Sums of disjoint parts added up; null only where every part is. */
export const addUp = (parts: readonly Sums[]): Sums => {
  const total: Record<keyof Sums, bigint | null> = { ...NO_SUMS }
  for (const part of parts)
    for (const name of ALL_NAMES) {
      const value = part[name]
      if (value !== null) total[name] = (total[name] ?? 0n) + value
    }
  return total
}
