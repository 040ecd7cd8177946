import type { FragmentSqlToken } from 'slonik'
import { type BusinessDate, businessDateOf, type Instant, monthOf } from '#domain/shared/dates.ts'
import { names, typed } from '#projections/shared/columns.ts'
import type { ProjectionDb } from '#projections/shared/projection.ts'
import { rowset, run, sql, text } from '#projections/shared/sql.ts'
import { less, together } from './changes.ts'
import { type Counters, OF_PERIODS, SHARES, SUPERVISION } from './counters.ts'
import type { Values } from './values.ts'

/**
 * Changes of figures, order by order and instant by instant, and what they had come to by the end of each day that brought one: read at
 * its last day up to a date it is the stock of that date, less that of the day before it is what happened on it, and of the orders of
 * a period it is what had become of them by then.
 */
export type Ledger = { readonly name: string; readonly columns: Counters; readonly ofPeriods: ReadonlySet<string> }
export const MAIN: Ledger = { name: 'supervision', columns: SUPERVISION, ofPeriods: OF_PERIODS }
export const SHARE: Ledger = { name: 'supervision_share', columns: SHARES, ofPeriods: new Set(Object.keys(SHARES)) }

/** Of which orders: all (''), those issued in a year, in a month. */
const periodsOf = (issuedOn: BusinessDate | null): readonly string[] => (issuedOn === null ? [''] : ['', issuedOn.slice(0, 4), monthOf(issuedOn)])

/** How finely: provinces as a whole, kinds and grades of all provinces, every cell. What is summed over is ''. */
const FAMILIES = ['province', 'sort', 'cell'] as const
export type Family = (typeof FAMILIES)[number]

/** A place among the orders, and its name in one piece: sums are looked up by it, so it is short and compared byte by byte. */
const PLACE = { place: 'text', family: 'text', period: 'text', province: 'text', grade: 'text', kind: 'text' } as const
const SUM_KEY = { place: 'text', on_date: 'date' } as const
const CHANGE_KEY = { order_no: 'text', at: 'timestamptz' } as const
const OF_CHANGE = { on_date: 'date', issued_on: 'date', province: 'text', grade: 'text', kind: 'text' } as const
/** `entries`: changes on that very day. */
const inSums = (columns: Counters) => ({ ...SUM_KEY, entries: 'int', ...columns })

export const tablesOf = ({ name }: Ledger): readonly string[] => [`${name}_change`, `${name}_sum`, `${name}_place`]

/** Sums are written over in place: their pages keep room for it. */
export const ledgerTables = ({ name, columns }: Ledger): string => `
  create table ${name}_change (${typed({ ...CHANGE_KEY, ...OF_CHANGE, ...columns })}, primary key (order_no, at));
  create index on ${name}_change (on_date);
  create index on ${name}_change (issued_on);
  create table ${name}_sum (${typed({ ...inSums(columns), ...SORTED })}, primary key (${names(SUM_KEY)})) with (fillfactor = 70);
  create table ${name}_place (${typed({ ...PLACE, ...SORTED })}, primary key (family, period, place));`
const SORTED = { place: 'text collate "C"' }

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
type Sum = Keys<typeof SUM_KEY & typeof PLACE> & { entries: number; values: Values }

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

const writeChanges = async ({ name, columns }: Ledger, changes: readonly Change[], db: ProjectionDb): Promise<void> => {
  const all = { ...CHANGE_KEY, ...OF_CHANGE, ...columns }
  const gone = changes.filter(({ now }) => now === undefined)
  const there = changes.flatMap(({ now, ...change }) => (now ? [{ ...change, ...now }] : [])) // what is no column is not read
  if (gone.length > 0)
    await db.query(run`delete from ${table(`${name}_change`)} c using ${rowset(gone, typed(CHANGE_KEY))} where c.order_no = r.order_no and c.at = r.at`)
  await db.query(run`
    insert into ${table(`${name}_change`)} (${text(names(all))}) select ${text(names(all))} from ${rowset(there, typed(all))}
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
      for (const family of FAMILIES) {
        const of = { family, period, ...places[family] }
        const place = Object.values(of).join('/')
        const id = `${place} ${on_date}`
        const sum = sums.get(id) ?? { place, ...of, on_date, entries: 0, values: {} }
        sum.entries += entries
        sum.values = together(sum.values, values ?? {})
        sums.set(id, sum)
      }
    }
  }
  return [...sums.values()]
}

/** Adds to each day's sum and to those of all days after it; a day that had none begins with that of the last day before it. */
const writeSums = async ({ name, columns }: Ledger, sums: readonly Sum[], db: ProjectionDb): Promise<void> => {
  const table = sql.identifier([`${name}_sum`])
  const each = (of: (column: string) => string) => text(Object.keys(columns).map(of).join(', '))
  const keys = rowset(sums, typed(SUM_KEY))
  const key = text(names(SUM_KEY))
  await db.query(
    run`insert into ${sql.identifier([`${name}_place`])} select distinct ${text(names(PLACE))} from ${rowset(sums, typed(PLACE))} on conflict do nothing`,
  )
  await db.query(run`
    insert into ${table} (${key}, entries, ${each((column) => column)})
    select ${text(names(SUM_KEY, 'r.'))}, 0, ${each((column) => `coalesce(p.${column}, 0)`)} from ${keys}
    left join lateral (select * from ${table} p where p.place = r.place and p.on_date < r.on_date order by p.on_date desc limit 1) p on true
    on conflict do nothing`)
  const rows = sums.map(({ values, ...rest }) => ({ ...rest, ...values }))
  await db.query(run`
    with r as materialized (select r.* from ${rowset(rows, typed(inSums(columns)))}),
    -- told apart in one pass over both: a join would be planned for a handful of rows, and there are thousands
    told as (
      select ${key}, false as here, entries, ${each((column) => column)} from r
      union all
      select ${text(names(SUM_KEY, 's.'))}, true, null, ${each(() => 'null')}
      from (select place, min(on_date) as first from r group by place) f join ${table} s on s.place = f.place and s.on_date >= f.first),
    x as (
      select ${key}, here, coalesce(sum(entries) over (partition by ${key}), 0) as entries, ${each((column) => `coalesce(sum(${column}) over w, 0) as ${column}`)}
      from told window w as (partition by place order by on_date))
    update ${table} s set entries = s.entries + x.entries, ${each((column) => `${column} = s.${column} + x.${column}`)}
    from x where x.here and s.place = x.place and s.on_date = x.on_date`)
  const gone = sums.filter(({ entries }) => entries <= 0)
  if (gone.length === 0) return
  await db.query(run`delete from ${table} s using ${rowset(gone, typed(SUM_KEY))} where s.place = r.place and s.on_date = r.on_date and s.entries = 0`)
  // A place that only a clock that was stopped in time would have reached is none.
  await db.query(run`
    delete from ${sql.identifier([`${name}_place`])} p using (select distinct family, period, place from ${rowset(gone, typed(PLACE))}) g
    where p.family = g.family and p.period = g.period and p.place = g.place and not exists (select from ${table} s where s.place = p.place)`)
}
