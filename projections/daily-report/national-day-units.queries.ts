import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { BusinessDate } from '#domain/shared/dates.ts'
import { OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import type { ProjectionDb } from '#projections/shared/projection.ts'
import { rowset, run, sql, text } from '#projections/shared/sql.ts'
import { addUp, Basis, Filters, narrowed, readSums } from './national-day/asking.ts'
import { type Nature, SUM_NAMES, SUMS } from './national-day/columns.ts'
import { Figures, type Sums } from './national-day/kpis.ts'
import { figuresOf } from './national-day/measure.ts'
import { membersOf, usersOf } from './national-day/one-day.sql.ts'
import { keysOf, reached } from './national-day/reach.ts'

const UnitStatisticsQuery = z.object({ province: ProvinceCode, date: BusinessDate, basis: Basis.default('corrected'), filters: Filters.default({}) })
export type UnitStatisticsQuery = z.input<typeof UnitStatisticsQuery>

export const UnitStatistics = z
  .object({
    province: ProvinceCode,
    date: BusinessDate,
    basis: Basis,
    /** The day of which the stocks stand: the last one reported. */
    asOf: BusinessDate.nullable(),
    stale: z.boolean(),
    /** `key` null: users whose unit is or belongs to none of the level asked for. */
    rows: z.array(z.object({ key: OrgCode.nullable(), figures: Figures })),
    total: Figures,
  })
  .meta({ id: 'UnitStatistics' })
export type UnitStatistics = z.output<typeof UnitStatistics>

const Part = z.object({ org_code: OrgCode, sums: z.string() })

/**
 * A province's day by the units that `groupOf` names for users' own units, the same figures as the province's as far as they add up:
 * not the shares of the greatest debts, the month to date, completeness and timeliness.
 */
export const unitStatistics = async (pool: DatabasePool, query: UnitStatisticsQuery, groupOf: (unit: OrgCode) => OrgCode | null): Promise<UnitStatistics> => {
  const { province, date, basis, filters } = UnitStatisticsQuery.parse(query)
  const chosen = narrowed({ basis, filters }, 'x')
  const { asOf, parts } = await pool.transaction(async (db) => {
    await db.query(run`select set_config('search_path', 'read_model', true)`)
    const { asOf, sums } = await reportedBy(db, { province, date, basis }, chosen)
    return { asOf, parts: [...(await listedBy(db, province, date, chosen)), ...sums] }
  })
  const sums = parts.map(({ org_code, sums }) => ({ group: groupOf(org_code), sums: readSums(sums) }))
  const groups = Map.groupBy(sums, ({ group }) => group)
  const keys = [...groups.keys()].toSorted((a, b) => (a === null ? 1 : b === null ? -1 : a < b ? -1 : 1))
  const figures = (parts: readonly { readonly sums: Sums }[]) => figuresOf(addUp(parts.map(({ sums }) => sums)))
  return {
    province,
    date,
    basis,
    asOf,
    stale: asOf !== date,
    rows: keys.map((key) => ({ key, figures: figures(groups.get(key) ?? []) })),
    total: figures(sums),
  }
}

const toldOf = (...natures: readonly Nature[]) =>
  text(`array_to_string(array[${SUM_NAMES.map((name) => (natures.includes(SUMS[name].nature) ? `sum(x.${name})` : 'null')).join(', ')}]::numeric[], ',', '')`)
const LISTED = toldOf('members', 'moves', 'around')
const STOCKS = toldOf('stock')
const STOCKS_AND_FLOWS = toldOf('stock', 'flow')

type Chosen = ReturnType<typeof narrowed>

/** Users listed on the date, by their units. */
const listedBy = async (db: ProjectionDb, province: ProvinceCode, date: BusinessDate, chosen: Chosen) =>
  db.any(sql.type(Part)`
    select x.org_code, ${LISTED} as sums
    from (
      select r.*, (
        select l.version from list_version l where l.effective_from <= r.stat_date and not l.revoked order by l.effective_from desc, l.version desc limit 1) as list_version
      from ${rowset([{ province, stat_date: date }], 'province text, stat_date date')}) k
    cross join lateral (${text(membersOf)}) x where ${chosen} group by x.org_code`)

type Day = { readonly province: ProvinceCode; readonly date: BusinessDate; readonly basis: Basis }

/** What was reported of the date, or the stocks of the last day before that was reported, by units. */
const reportedBy = async (db: ProjectionDb, { province, date, basis }: Day, chosen: Chosen) => {
  const { sealed } = await db.one(sql.type(z.object({ sealed: BusinessDate.nullable() }))`
    select max(stat_date) as sealed from report where province = ${province} and stat_date <= ${date}::date and latest_version is not null`)
  const works = sealed === null ? [] : await reached([{ province, from: sealed, to: sealed, sealed: false }], db)
  const work = works.filter(({ bases }) => bases.includes(basis))
  if (work.length === 0) return { asOf: sealed, sums: [] }
  const sums = await db.any(sql.type(Part)`
    select x.org_code, ${sealed === date ? STOCKS_AND_FLOWS : STOCKS} as sums
    from (select * from ${keysOf(work)}) k cross join lateral (${text(usersOf(work))}) x where ${chosen} group by x.org_code`)
  return { asOf: sealed, sums }
}
