import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { type GroupNo, GroupNo as GroupNoSchema } from '#domain/group-user/fields.ts'
import { BusinessDate, type BusinessDate as Day, lastDay, monthOf } from '#domain/shared/dates.ts'
import { ConsNo, OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import { type AsOf, readAsOf } from '#projections/shared/as-of.ts'
import { inProvinces, rowset, sql, where } from '#projections/shared/sql.ts'
import { EVER } from './directory/tables.sql.ts'
import { GROUP_MODEL, groupMeantIn } from './directory.queries.ts'
import { addUp, figuresAsText, NO_SUMS, readSums, type Sums } from './electricity/columns.ts'
import { memberFigures } from './electricity/member.sql.ts'
import { epochOf, type Point, pointSums, WHOLE } from './electricity/point.sql.ts'

type Db = Pick<DatabasePool, 'any'>

/** 'then': members as they were on each date; 'current': the members of the date asked for, carried back in time. */
export const MembershipView = z.enum(['then', 'current'])
export type MembershipView = z.output<typeof MembershipView>

/** A date to be told, under a name of the question's own. */
export type Ref = { readonly ref: string; readonly on: Day }
export type SumsAsked = {
  readonly groupNo: GroupNo
  /** The date whose members are current. */
  readonly date: Day
  readonly membership: MembershipView
  readonly descendants: boolean
  /** All provinces when undefined; then the whole is told too. */
  readonly provinces: readonly ProvinceCode[] | undefined
  /** Whether to tell the provinces apart. */
  readonly byProvince: boolean
}

/** What a date comes to, and the sums behind it of each province if asked for. */
type Told = { readonly whole: Sums; readonly provinces: ReadonlyMap<ProvinceCode, Sums> }
/** How the sums were come by. */
export const KeptStanding = z
  .object({
    keptSince: z.string().nullable().describe('When the oldest of the kept sums was made; null when all were worked out just now'),
    behind: z.boolean().describe('A later extraction is known that some of them lack; they are being made again'),
  })
  .meta({ id: 'KeptStanding' })
export type KeptStanding = z.output<typeof KeptStanding>

/** One row an answer: lines of text cost a third of rows. */
const Found = z.object({ meant: GroupNoSchema.nullable(), lines: z.array(z.string()) })
type Line = {
  readonly ref: string
  readonly on_date: string
  readonly group_no: string
  /** Null before anybody was a member, and where the sums are kept. */
  readonly epoch: string | null
  readonly kept_at: string | null
  readonly stale: boolean
  readonly province: string
  readonly sums: string | null
}
const orNull = (text: string | undefined): string | null => (text === undefined || text === '' ? null : text)
const lineOf = (text: string): Line => {
  const [ref = '', on_date = '', group_no = '', epoch, kept_at, stale, province = '', sums] = text.split('|')
  return { ref, on_date, group_no, epoch: orNull(epoch), kept_at: orNull(kept_at), stale: stale === 't', province, sums: orNull(sums) }
}
const Made = z.object({ group_no: z.string(), epoch: z.string(), on_date: z.string(), province: z.string(), sums: z.string() })

export type GroupSums = {
  readonly asOf: AsOf
  /** The group that the number stands for on the date; undefined when it was never given. */
  readonly meant: GroupNo | undefined
  readonly told: ReadonlyMap<string, Told>
  readonly standing: KeptStanding
}

/**
 * The sums of a group on some dates, looked up in the sheets of its months; what is not kept, or was made before the group's links changed
 * last, is worked out from the source in a second statement, so that every answer is that of its members.
 */
export const groupSums = async (db: Db, refs: readonly Ref[], asked: SumsAsked): Promise<GroupSums> => {
  const { asOf, rows } = await readAsOf(db, GROUP_MODEL, Found, lookUp(refs, asked), isWhole(asked) ? 'group-whole' : 'group-provinces')
  const found = (rows[0]?.lines ?? []).map(lineOf)
  const made = await workOut(
    db,
    found.filter(({ epoch, kept_at }) => epoch !== null && kept_at === null),
    asked,
  )
  const told = new Map<string, Told>()
  for (const [ref, own] of Map.groupBy(found, (line) => line.ref)) {
    const parts = own.flatMap((line) =>
      line.kept_at === null ? (made.get(keyOf(line)) ?? []) : line.sums === null ? [] : [{ province: line.province, sums: line.sums }],
    )
    told.set(ref, toldOf(parts, asked))
  }
  for (const { ref } of refs) if (!told.has(ref)) told.set(ref, toldOf([], asked))
  const kept = found.flatMap(({ kept_at }) => (kept_at === null ? [] : [kept_at]))
  const standing = { keptSince: kept.toSorted()[0] ?? null, behind: found.some(({ stale }) => stale) }
  return { asOf, meant: rows[0]?.meant ?? undefined, told, standing }
}

/** Whether the group's own sums will do, because nobody tells provinces apart. */
const isWhole = ({ provinces, byProvince }: SumsAsked): boolean => provinces === undefined && !byProvince

const lookUp = (refs: readonly Ref[], asked: SumsAsked) => {
  const dates = refs.map(({ ref, on }) => ({ ref, on_date: on, at_date: asked.membership === 'then' ? on : asked.date, month_end: lastDay(monthOf(on)) }))
  return sql.fragment`
    select i.group_no as meant, array(
      select concat_ws('|', a.ref, a.on_date, t.group_no, coalesce(x.epoch::text, ''), coalesce(to_char(k.made_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), ''),
        case when k.stale then 't' else '' end, coalesce(s.province, ''), s.line)
      from (select * from ${rowset(dates, 'ref text, on_date date, at_date date, month_end date')}) a
      join read_model.group_ancestor t on t.ancestor = i.group_no and t.valid_from <= a.at_date and t.valid_to > a.at_date and (t.depth = 0 or ${asked.descendants})
      left join read_model.group_links_changed c on c.group_no = t.group_no
      left join group_figure.kept k on k.group_no = t.group_no and k.on_date = a.month_end and k.changes = c.changes and a.at_date >= a.on_date
      left join lateral (select ${epochOf(sql.fragment`t.group_no`, sql.fragment`a.at_date`)} as epoch where k.group_no is null) x on true
      left join lateral (${isWhole(asked) ? SHEET : sheetsOf(asked)}) s on true) as lines
    from (${groupMeantIn(asked.groupNo, asked.date)}) i`
}

/** Members of the day itself, or of the last coming or going up to the day whose members count. */
const OF_MEMBERS = sql.fragment`s.group_no = k.group_no and s.month_end = k.on_date and s.epoch <= a.at_date and (s.epoch = ${EVER} or s.epoch > a.on_date)`
const LINE = sql.fragment`case when a.on_date = s.month_end then s.closing else s.lines[extract(day from a.on_date)::int] end as line`
const SHEET = sql.fragment`
  select s.province, ${LINE} from group_figure.sheet s where ${OF_MEMBERS} and s.province = ${WHOLE} order by s.epoch desc limit 1`
/** The text is the same whatever the provinces, for the statement is prepared. */
const sheetsOf = ({ provinces }: SumsAsked) => sql.fragment`
  select distinct on (s.province) s.province, ${LINE} from group_figure.sheet s
  where ${OF_MEMBERS} and s.province <> ${WHOLE}
    and (${provinces === undefined ? null : `{${provinces.join()}}`}::text[] is null or s.province = any(${provinces === undefined ? null : `{${provinces.join()}}`}::text[]))
  order by s.province, s.epoch desc`

type Part = { readonly province: string; readonly sums: string }

const toldOf = (parts: readonly Part[], { byProvince }: SumsAsked): Told => {
  const provinces = new Map<ProvinceCode, Sums>()
  // a sheet is of a month: on some of its days there may be no member
  for (const [province, own] of Map.groupBy(
    parts.filter(({ sums }) => !sums.startsWith('0,')),
    (part) => part.province,
  ))
    provinces.set(province as ProvinceCode, own.length === 1 ? readSums(own[0]!.sums) : addUp(own.map(({ sums }) => readSums(sums))))
  const [only] = provinces.values()
  return { whole: provinces.size === 1 ? only! : provinces.size === 0 ? NO_SUMS : addUp(provinces.values()), provinces: byProvince ? provinces : new Map() }
}

const keyOf = ({ group_no, epoch, on_date }: { readonly group_no: string; readonly epoch: string | null; readonly on_date: string }): string =>
  `${group_no} ${epoch} ${on_date}`

const workOut = async (db: Db, wanting: readonly Line[], asked: SumsAsked): Promise<ReadonlyMap<string, readonly Part[]>> => {
  if (wanting.length === 0) return new Map()
  const points = new Map(
    wanting.map(({ group_no, epoch, on_date }) => [keyOf({ group_no, epoch, on_date }), { group_no, epoch: epoch!, on_date } satisfies Point]),
  )
  const { provinces } = asked
  const wanted = isWhole(asked)
    ? sql.fragment`province = ${WHOLE}`
    : provinces === undefined
      ? sql.fragment`province <> ${WHOLE}`
      : sql.fragment`province = any(${sql.array([...provinces], 'text')})`
  const rows = await db.any(sql.type(Made)`
    select group_no, epoch, on_date, province, ${figuresAsText('made.')} as sums from (${pointSums([...points.values()])}) made where ${wanted}`)
  return Map.groupBy(rows, keyOf)
}

const MemberRow = z.object({
  province: ProvinceCode,
  cons_no: ConsNo,
  group_no: GroupNoSchema,
  name: z.string().nullable(),
  org_code: OrgCode.nullable(),
  valid_from: BusinessDate,
  valid_to: BusinessDate,
  sums: z.string(),
})
export type MemberFigures = Omit<z.output<typeof MemberRow>, 'sums'> & { readonly sums: Sums }

/** What each member of a date comes to on it, by province and number: the figures that the group's are the sum of. `after` is the last one seen. */
export const memberSums = async (
  db: Db,
  asked: Omit<SumsAsked, 'byProvince' | 'membership'> & { readonly membershipOn: Day },
  page: { readonly after: { readonly province: string; readonly consNo: string } | undefined; readonly limit: number },
): Promise<{ readonly asOf: AsOf; readonly members: readonly MemberFigures[] }> => {
  const { groupNo, date, membershipOn, descendants, provinces } = asked
  const { asOf, rows } = await readAsOf(
    db,
    GROUP_MODEL,
    MemberRow,
    sql.fragment`
      with page as materialized (
        select m.province, m.cons_no, m.group_no, m.valid_from, m.valid_to from read_model.group_membership m
        join read_model.group_ancestor t on t.ancestor = ${groupNo} and t.group_no = m.group_no and t.valid_from <= ${membershipOn}::date
          and t.valid_to > ${membershipOn}::date and (t.depth = 0 or ${descendants})
        ${where([
          sql.fragment`m.valid_from <= ${membershipOn}::date and m.valid_to > ${membershipOn}::date`,
          inProvinces('m.province', provinces),
          page.after && sql.fragment`(m.province, m.cons_no) > (${page.after.province}, ${page.after.consNo})`,
        ])} order by m.province, m.cons_no limit ${page.limit}),
      figure as (${memberFigures(sql.fragment`select province, cons_no, ${date}::date as on_date from page`)})
      select p.province, p.cons_no, p.group_no, p.valid_from, p.valid_to, c.name, c.org_code, ${figuresAsText('f.')} as sums
      from page p join figure f using (province, cons_no)
      left join lateral (
        select name, org_code from source.customer c where c.province = p.province and c.cons_no = p.cons_no
        order by (c.extracted_on > ${date}::date), abs(c.extracted_on - ${date}::date) limit 1) c on true
      order by p.province, p.cons_no`,
  )
  return { asOf, members: rows.map(({ sums, ...member }) => ({ ...member, sums: readSums(sums) })) }
}
