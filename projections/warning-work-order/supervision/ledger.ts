import type { FragmentSqlToken } from 'slonik'
import { type BusinessDate, businessDateOf, firstDay, type Instant, monthOf } from '#domain/shared/dates.ts'
import type { ProjectionDb } from '#projections/shared/projection.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'
import { names, text, typed } from '../order/sql.ts'
import { less, together } from './changes.ts'
import { type Counters, OF_PERIODS, SHARES, SUPERVISION } from './counters.ts'
import type { Values } from './values.ts'

/**
 * Changes of figures, order by order and instant by instant, and their sums by date: since every figure is the sum of its changes,
 * one pair of tables tells what happened on a day, what stood at its end, and what had become by then of the orders of a period.
 */
export type Ledger = { readonly changes: string; readonly sums: string; readonly columns: Counters; readonly ofPeriods: ReadonlySet<string> }
export const MAIN: Ledger = { changes: 'supervision_change', sums: 'supervision_sum', columns: SUPERVISION, ofPeriods: OF_PERIODS }
export const SHARE: Ledger = {
  changes: 'supervision_share_change',
  sums: 'supervision_share_sum',
  columns: SHARES,
  ofPeriods: new Set(Object.keys(SHARES)),
}

/** Sums by day, and by month so that a year is few rows. `from`: the first day of the one in which a date lies. */
export const GRAINS = [
  { grain: 'month', from: (date: BusinessDate): BusinessDate => firstDay(monthOf(date)) },
  { grain: 'day', from: (date: BusinessDate): BusinessDate => date },
] as const
export type Grain = (typeof GRAINS)[number]['grain']

/** Of which orders: all (''), those issued in a year, in a month. */
export const periodsOf = (issuedOn: BusinessDate | null): readonly string[] => (issuedOn === null ? [''] : ['', issuedOn.slice(0, 4), monthOf(issuedOn)])

/** How finely: provinces as a whole, kinds and grades of all provinces, every cell. What is summed over is ''. */
export const FAMILIES = ['province', 'sort', 'cell'] as const
export type Family = (typeof FAMILIES)[number]

const SUM_KEY = { family: 'text', period: 'text', grain: 'text', on_date: 'date', province: 'text', grade: 'text', kind: 'text' } as const
const CHANGE_KEY = { order_no: 'text', at: 'timestamptz' } as const
const OF_CHANGE = { on_date: 'date', issued_on: 'date', province: 'text', grade: 'text', kind: 'text' } as const

/** Sums are written over and over in place: their pages keep room for it. */
export const ledgerTables = ({ changes, sums, columns }: Ledger): string => `
  create table ${changes} (${typed({ ...CHANGE_KEY, ...OF_CHANGE, ...columns })}, primary key (order_no, at));
  create index on ${changes} (on_date);
  create index on ${changes} (issued_on);
  create table ${sums} (${typed({ ...SUM_KEY, entries: 'int', ...columns })}, primary key (${names(SUM_KEY)})) with (fillfactor = 70);`

/** An order's changes as they were and as they are. */
export type Rewritten = {
  readonly orderNo: string
  readonly province: string
  readonly grade: string
  readonly kind: string
  readonly issuedAt: Instant | undefined
  readonly before: ReadonlyMap<Instant, Values>
  readonly after: ReadonlyMap<Instant, Values>
}
type Keys<K extends object> = Readonly<Record<keyof K, string>>
type Change = Keys<Omit<typeof CHANGE_KEY & typeof OF_CHANGE, 'issued_on'>> & {
  readonly issued_on: BusinessDate | null
  readonly now: Values | undefined
  readonly difference: Values
  /** Whether the change came, went, or was there already. */
  readonly entries: number
}
type Sum = Keys<typeof SUM_KEY> & { entries: number; values: Values; gone: boolean }

/** Writes what is different, in the changes and in every sum that they are part of. */
export const write = async (ledger: Ledger, orders: readonly Rewritten[], db: ProjectionDb): Promise<void> => {
  const changes = orders.flatMap((order) => [...changed(ledger, order)])
  if (changes.length === 0) return
  await writeChanges(ledger, changes, db)
  await writeSums(ledger, sumsOf(ledger, changes), db)
}

function* changed({ columns }: Ledger, { before, after, issuedAt, orderNo, province, grade, kind }: Rewritten): Generator<Change> {
  for (const at of new Set([...before.keys(), ...after.keys()])) {
    const then = only(before.get(at), (name) => name in columns)
    const now = only(after.get(at), (name) => name in columns)
    const difference = less(now, then)
    if (!difference) continue
    const issued_on = issuedAt !== undefined && issuedAt <= at ? businessDateOf(issuedAt) : null
    const entries = Number(now !== undefined) - Number(then !== undefined)
    yield { order_no: orderNo, at, on_date: businessDateOf(at), issued_on, province, grade, kind, now, difference, entries }
  }
}

/** Of the figures those whose names are wanted; undefined for none. */
const only = (values: Values | undefined, wanted: (name: string) => boolean): Values | undefined => {
  const found = Object.entries(values ?? {}).filter(([name]) => wanted(name))
  return found.length === 0 ? undefined : Object.fromEntries(found)
}

const table = (name: string) => sql.identifier([name])

const writeChanges = async ({ changes: name, columns }: Ledger, changes: readonly Change[], db: ProjectionDb): Promise<void> => {
  const all = { ...CHANGE_KEY, ...OF_CHANGE, ...columns }
  const gone = changes.filter(({ now }) => now === undefined)
  const there = changes.flatMap(({ now, difference: _, entries: __, ...key }) => (now ? [{ ...key, ...now }] : []))
  if (gone.length > 0) await db.query(run`delete from ${table(name)} c using ${rowset(gone, typed(CHANGE_KEY))} where c.order_no = r.order_no and c.at = r.at`)
  await db.query(run`
    insert into ${table(name)} (${text(names(all))}) select ${text(names(all))} from ${rowset(there, typed(all))}
    on conflict (order_no, at) do update set ${assigned(columns, (column) => `excluded.${column}`)}`)
}

const assigned = (columns: Counters, value: (column: string) => string): FragmentSqlToken =>
  text(
    Object.keys(columns)
      .map((column) => `${column} = ${value(column)}`)
      .join(', '),
  )

/** A change in every sum to which it belongs. */
const sumsOf = ({ ofPeriods }: Ledger, changes: readonly Change[]): readonly Sum[] => {
  const sums = new Map<string, Sum>()
  for (const { on_date, issued_on, province, grade, kind, difference, entries } of changes) {
    const places = { province: { province, grade: '', kind: '' }, sort: { province: '', grade, kind }, cell: { province, grade, kind } }
    for (const period of periodsOf(issued_on)) {
      const values = period === '' ? difference : only(difference, (name) => ofPeriods.has(name))
      for (const { grain, from } of GRAINS)
        for (const family of FAMILIES) {
          const key = { family, period, grain, on_date: from(on_date as BusinessDate), ...places[family] }
          const id = Object.values(key).join(' ')
          const sum = sums.get(id) ?? { ...key, entries: 0, values: {}, gone: false }
          sum.entries += entries
          sum.values = together(sum.values, values ?? {})
          sum.gone ||= entries < 0
          sums.set(id, sum)
        }
    }
  }
  return [...sums.values()]
}

const writeSums = async ({ sums: name, columns }: Ledger, sums: readonly Sum[], db: ProjectionDb): Promise<void> => {
  const all = { ...SUM_KEY, entries: 'int', ...columns }
  const rows = sums.map(({ values, gone: _, ...key }) => ({ ...key, ...values }))
  // What comes to nought is kept as null, which takes no room.
  const added = assigned(columns, (column) => `nullif(coalesce(s.${column}, 0) + coalesce(excluded.${column}, 0), 0)`)
  await db.query(run`
    insert into ${table(name)} as s (${text(names(all))}) select ${text(names(all))} from ${rowset(rows, typed(all))}
    on conflict (${text(names(SUM_KEY))}) do update set entries = s.entries + excluded.entries, ${added}`)
  const gone = sums.filter((sum) => sum.gone)
  const same = Object.keys(SUM_KEY).map((column) => `s.${column} = r.${column}`)
  if (gone.length > 0)
    await db.query(run`delete from ${table(name)} s using ${rowset(gone, typed(SUM_KEY))} where ${text(same.join(' and '))} and s.entries = 0`)
}
