import type { DatabasePool, FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { GroupNo, MEASURES, type Measure } from '#domain/group-user/fields.ts'
import { BillMonth, Instant, lastDay } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { divideHalfUp, Fen, Kwh } from '#domain/shared/quantities.ts'
import { type Page, readPage, type SortKey } from '#projections/shared/page.ts'
import { rowset, sql, where } from '#projections/shared/sql.ts'

type Db = Pick<DatabasePool, 'any'>
export const RELEASE_MODEL = 'group-release'

const Figures = {
  electricityMonth: Kwh.nullable(),
  receivableMonth: Fen.nullable(),
  receivedMonth: Fen.nullable(),
  openMonth: Fen.nullable(),
  arrears: Fen.nullable(),
}
type Figures = Record<Measure, bigint | null>

/** What headquarters has released of a group's members in other provinces, rounded; a measure that is not released is null. */
export const ReleasedTotals = z
  .object({
    month: BillMonth,
    rulesVersion: z.int(),
    groups: z.int().describe('Groups of the family whose totals are in it'),
    groupsWithheld: z.int().describe('Groups of the family of which nothing is told: no members elsewhere, too few, or not released yet'),
    ...Figures,
  })
  .meta({ id: 'ReleasedTotals' })
export type ReleasedTotals = z.output<typeof ReleasedTotals>

const Released = { rules_version: z.int(), measures: z.array(z.string()), round_money: z.bigint(), round_electricity: z.bigint(), sums: z.array(z.bigint()) }
type Released = z.output<z.ZodObject<typeof Released>>
const RELEASED = sql.fragment`r.rules_version, r.measures, r.round_money, r.round_electricity`
const SUMS = { ...sql.fragment``, sql: `array[${MEASURES.map((_, index) => `sum(p.sums[${index + 1}])::bigint`).join(', ')}]` }

/** What of a release is told, by the rules that it was made by. */
const toldOf = ({ measures, round_money, round_electricity, sums }: Released): Figures => {
  const of = (measure: Measure, index: number): bigint | null => {
    if (!measures.includes(measure)) return null
    const unit = measure === 'electricityMonth' ? round_electricity : round_money
    return divideHalfUp(sums[index] ?? 0n, unit) * unit
  }
  return Object.fromEntries(MEASURES.map((measure, index) => [measure, of(measure, index)])) as Figures
}

const OfFamily = z.object({
  ...{ month: BillMonth, group_no: z.string(), rules_version: z.int().nullable(), measures: z.array(z.string()).nullable() },
  ...{ round_money: z.bigint().nullable(), round_electricity: z.bigint().nullable(), sums: z.array(z.bigint()).nullable() },
})

/**
 * Of the members of a family of groups in all provinces but one, what was released of some months. Every group by itself was released or not;
 * those that were are rounded and then added up, so that nothing is told of a family that its groups do not tell.
 */
export const releasedTotals = async (
  db: Db,
  {
    groupNo,
    months,
    reader,
    descendants,
  }: { readonly groupNo: GroupNo; readonly months: readonly BillMonth[]; readonly reader: ProvinceCode; readonly descendants: boolean },
): Promise<ReadonlyMap<BillMonth, ReleasedTotals>> => {
  const ends = months.map((month) => ({ month, on_date: lastDay(month) }))
  const rows = await db.any(sql.type(OfFamily)`
    select m.month, t.group_no, ${RELEASED}, o.sums from (select * from ${rowset(ends, 'month text, on_date date')}) m
    join read_model.group_ancestor t on t.ancestor = ${groupNo} and t.valid_from <= m.on_date and t.valid_to > m.on_date and (t.depth = 0 or ${descendants})
    left join read_model.group_release r on r.group_no = t.group_no and r.month = m.month
    left join lateral (
      select ${SUMS} as sums from read_model.group_release_province p
      where p.group_no = r.group_no and p.month = r.month and p.province <> ${reader} having count(*) > 0) o on r.group_no is not null`)
  const told = new Map<BillMonth, ReleasedTotals>()
  for (const [month, own] of Map.groupBy(rows, (row) => row.month)) {
    const released = own.flatMap((row) => (row.sums === null ? [] : [row as Released]))
    if (released.length === 0) continue
    const figures = released.map(toldOf)
    const sum = (measure: Measure): bigint | null =>
      figures.reduce<bigint | null>((sum, one) => (one[measure] === null ? sum : (sum ?? 0n) + one[measure]), null)
    const total = Object.fromEntries(MEASURES.map((measure) => [measure, sum(measure)])) as Pick<ReleasedTotals, Measure>
    const rulesVersion = Math.max(...released.map(({ rules_version }) => rules_version))
    told.set(month, { month, rulesVersion, groups: released.length, groupsWithheld: own.length - released.length, ...total })
  }
  return told
}

/** What a province was told of a group's month; `reader` is null for the provinces without members, who all hear the same. */
export const Release = z
  .object({
    month: BillMonth,
    groupNo: GroupNo,
    name: z.string(),
    reader: ProvinceCode.nullable().describe('To which province it was told; null for each without members in it'),
    releasedAt: Instant,
    rulesVersion: z.int(),
    members: z.int().describe('Members summed up in it, those of the reader left out'),
    provinces: z.int().describe('Provinces in which they are'),
    ...Figures,
  })
  .meta({ id: 'GroupRelease' })
export type Release = z.output<typeof Release>

const ReleaseRow = Release.omit({ electricityMonth: true, receivableMonth: true, receivedMonth: true, openMonth: true, arrears: true }).extend(Released)

export type ReleasesAsked = {
  readonly groupNo?: GroupNo | undefined
  readonly months?: readonly BillMonth[] | undefined
  readonly reader?: ProvinceCode | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

const KEYS: readonly SortKey[] = [
  { expression: sql.fragment`r.month`, type: 'text' },
  { expression: sql.fragment`r.group_no`, type: 'text' },
  { expression: sql.fragment`coalesce(a.reader, '')`, type: 'text' },
]

/** What was released to which province, the latest month first; 'BAD_CURSOR' for a cursor that is none. */
export const releases = async (db: Db, { groupNo, months, reader, cursor, limit }: ReleasesAsked): Promise<Page<Release> | 'BAD_CURSOR'> => {
  const keysOf = (row: z.output<typeof ReleaseRow>) => [row.month, row.groupNo, row.reader ?? '']
  const page = await readPage(
    db,
    RELEASE_MODEL,
    ReleaseRow,
    { order: 'group-releases', direction: 'desc', keys: KEYS, keysOf, cursor, limit },
    (slice) => sql.fragment`
      select r.month, r.group_no as "groupNo", g.name, a.reader, r.released_at as "releasedAt", r.rules_version as "rulesVersion", o.members, o.provinces,
        ${RELEASED}, o.sums
      from read_model.group_release r join read_model.group_user g using (group_no)
      cross join lateral (
        select p.province as reader from read_model.group_release_province p where p.group_no = r.group_no and p.month = r.month
        union all select null) a
      cross join lateral (
        select sum(p.members)::int as members, count(*)::int as provinces, ${SUMS} as sums from read_model.group_release_province p
        where p.group_no = r.group_no and p.month = r.month and p.province is distinct from a.reader) o
      ${where([
        groupNo && sql.fragment`r.group_no = ${groupNo}`,
        months && sql.fragment`r.month = any(${sql.array([...months], 'text')})`,
        reader && heardBy(reader),
        slice.after,
      ])} ${slice.order} ${slice.limit}`,
  )
  if (page === 'BAD_CURSOR') return page
  const rows = page.rows.map(({ rules_version, measures, round_money, round_electricity, sums, ...row }) => ({
    ...row,
    ...toldOf({ rules_version, measures, round_money, round_electricity, sums }),
  })) as readonly Release[]
  return { ...page, rows }
}

/** The line that a province heard: its own, or where it has no members that of all who have none. */
const heardBy = (reader: ProvinceCode): FragmentSqlToken => sql.fragment`
  a.reader is not distinct from (
    select p.province from read_model.group_release_province p where p.group_no = r.group_no and p.month = r.month and p.province = ${reader})`

/** A group's month that was looked at and held back, and why. */
export const HeldBack = z
  .object({
    month: BillMonth,
    groupNo: GroupNo,
    name: z.string(),
    why: z
      .enum(['small', 'singles-out', 'dominated', 'too-many', 'empty'])
      .describe(
        '`small`: too few members or provinces beside some reader’s own; `singles-out`: a difference to what was told already would be about too few; `dominated`: one province or member is too much of it; `too-many`: more members than one event names; `empty`: no figure at all',
      ),
    rulesVersion: z.int(),
  })
  .meta({ id: 'GroupReleaseHeldBack' })
export type HeldBack = z.output<typeof HeldBack>

const HELD_KEYS: readonly SortKey[] = [
  { expression: sql.fragment`l.month`, type: 'text' },
  { expression: sql.fragment`l.group_no`, type: 'text' },
]

/** Months that were held back when they were last looked at, the latest first. Groups with too few members elsewhere are not even looked at. */
export const heldBackReleases = async (db: Db, { groupNo, months, cursor, limit }: Omit<ReleasesAsked, 'reader'>): Promise<Page<HeldBack> | 'BAD_CURSOR'> => {
  return readPage(
    db,
    RELEASE_MODEL,
    HeldBack,
    { order: 'group-releases-held', direction: 'desc', keys: HELD_KEYS, keysOf: ({ month, groupNo: no }) => [month, no], cursor, limit },
    (slice) => sql.fragment`
      select l.month, l.group_no as "groupNo", g.name, l.why, l.rules_version as "rulesVersion"
      from group_figure.release_looked l join read_model.group_user g using (group_no)
      ${where([
        sql.fragment`not exists (select from read_model.group_release r where r.group_no = l.group_no and r.month = l.month)`,
        groupNo && sql.fragment`l.group_no = ${groupNo}`,
        months && sql.fragment`l.month = any(${sql.array([...months], 'text')})`,
        slice.after,
      ])} ${slice.order} ${slice.limit}`,
  )
}
