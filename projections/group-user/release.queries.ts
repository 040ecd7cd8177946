import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { GroupNo } from '#domain/group-user/fields.ts'
import { BillMonth, lastDay } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { divideHalfUp, Fen, Kwh } from '#domain/shared/quantities.ts'
import { rowset, sql } from '#projections/shared/sql.ts'
import { MEASURES, type Measure, type ReleaseRules as Rules, roundingOf } from './release/rules.ts'

export type ReleaseRules = Rules
type Db = Pick<DatabasePool, 'any'>

/** What headquarters has released of a group's members in other provinces, rounded; a measure that is not released is null. */
export const ReleasedTotals = z
  .object({
    month: BillMonth,
    rulesVersion: z.int(),
    groups: z.int().describe('Groups of the family whose totals are in it'),
    groupsWithheld: z.int().describe('Groups of the family of which nothing is told: no members elsewhere, too few, or not released yet'),
    electricityMonth: Kwh.nullable(),
    receivableMonth: Fen.nullable(),
    receivedMonth: Fen.nullable(),
    openMonth: Fen.nullable(),
    arrears: Fen.nullable(),
  })
  .meta({ id: 'ReleasedTotals' })
export type ReleasedTotals = z.output<typeof ReleasedTotals>

const Row = z.object({ month: BillMonth, group_no: z.string(), rules_version: z.int().nullable(), sums: z.array(z.bigint()).nullable() })

/**
 * Of the members of a family of groups in all provinces but one, what was released of some months. Every group by itself was released or not;
 * those that were are rounded and then added up, so that nothing is told of a family that its groups do not tell.
 */
export const releasedTotals = async (
  db: Db,
  rules: readonly Rules[],
  {
    groupNo,
    months,
    reader,
    descendants,
  }: { readonly groupNo: GroupNo; readonly months: readonly BillMonth[]; readonly reader: ProvinceCode; readonly descendants: boolean },
): Promise<ReadonlyMap<BillMonth, ReleasedTotals>> => {
  const ends = months.map((month) => ({ month, on_date: lastDay(month) }))
  const columns = { ...sql.fragment``, sql: `array[${MEASURES.map((_, index) => `sum(p.sums[${index + 1}])::bigint`).join(', ')}]` }
  const rows = await db.any(sql.type(Row)`
    select m.month, t.group_no, r.rules_version, o.sums from (select * from ${rowset(ends, 'month text, on_date date')}) m
    join read_model.group_ancestor t on t.ancestor = ${groupNo} and t.valid_from <= m.on_date and t.valid_to > m.on_date and (t.depth = 0 or ${descendants})
    left join group_figure.release r on r.group_no = t.group_no and r.month = m.month
    left join lateral (
      select ${columns} as sums from group_figure.released_province p
      where p.group_no = r.group_no and p.month = r.month and p.province <> ${reader} having count(*) > 0) o on r.group_no is not null`)
  const told = new Map<BillMonth, ReleasedTotals>()
  for (const [month, own] of Map.groupBy(rows, (row) => row.month)) {
    const total = totalOf(month, own, rules)
    if (total) told.set(month, total)
  }
  return told
}

const totalOf = (month: BillMonth, rows: readonly z.output<typeof Row>[], everyRules: readonly Rules[]): ReleasedTotals | undefined => {
  const released = rows.flatMap(({ rules_version, sums }) => (rules_version === null || sums === null ? [] : [{ rules_version, sums }]))
  const version = Math.max(0, ...released.map(({ rules_version }) => rules_version))
  const rules = everyRules.find((one) => one.version === version)
  if (!rules) return undefined
  const of = (measure: Measure): bigint | null => {
    if (!rules.measures.includes(measure)) return null
    const unit = roundingOf(rules, measure)
    return released.reduce((sum, { sums }) => sum + divideHalfUp(sums[MEASURES.indexOf(measure)] ?? 0n, unit) * unit, 0n)
  }
  const figures = Object.fromEntries(MEASURES.map((measure) => [measure, of(measure)])) as Pick<ReleasedTotals, Measure>
  return { month, rulesVersion: version, groups: released.length, groupsWithheld: rows.length - released.length, ...figures }
}
