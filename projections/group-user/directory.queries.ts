import type { DatabasePool, FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { GroupKind, GroupNo, GroupStatus, Uscc } from '#domain/group-user/fields.ts'
import { BusinessDate, type BusinessDate as Day, Instant } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { type AsOf, readAsOf } from '#projections/shared/as-of.ts'
import { type Page, readPage, type SortKey } from '#projections/shared/page.ts'
import { inProvinces, likeText, sql, where } from '#projections/shared/sql.ts'

type Db = Pick<DatabasePool, 'any'>
export const GROUP_MODEL = 'group-user'

/** A group as the directory has it. `members` counts those whom the caller may see, on the date asked for. */
export const GroupEntry = z
  .object({
    groupNo: GroupNo,
    revision: z.bigint(),
    status: GroupStatus,
    name: z.string(),
    uscc: Uscc.nullable(),
    kind: GroupKind,
    standard: z.string().nullable(),
    tradeCode: z.string().nullable(),
    note: z.string().nullable(),
    parent: GroupNo.nullable(),
    registeredOn: BusinessDate,
    mergingInto: GroupNo.nullable(),
    mergingOn: BusinessDate.nullable(),
    splittingTo: GroupNo.nullable(),
    splittingOn: BusinessDate.nullable(),
    mergedInto: GroupNo.nullable(),
    mergedOn: BusinessDate.nullable(),
    dissolvedOn: BusinessDate.nullable(),
    changedAt: Instant,
    changedBy: z.string(),
    members: z.int(),
  })
  .meta({ id: 'GroupEntry' })
export type GroupEntry = z.output<typeof GroupEntry>

const COLUMNS = sql.fragment`g.group_no as "groupNo", g.revision, g.status, g.name, g.uscc, g.kind, g.standard, g.trade_code as "tradeCode", g.note,
  p.parent, g.registered_on as "registeredOn", g.merging_into as "mergingInto", g.merging_on as "mergingOn", g.splitting_to as "splittingTo",
  g.splitting_on as "splittingOn", g.merged_into as "mergedInto", g.merged_on as "mergedOn", g.dissolved_on as "dissolvedOn", g.changed_at as "changedAt",
  g.changed_by as "changedBy"`

const counted = (on: Day, provinces: readonly ProvinceCode[] | undefined): FragmentSqlToken => sql.fragment`(
  select count(*)::int from read_model.group_membership m
  ${where([sql.fragment`m.group_no = g.group_no and m.valid_from <= ${on}::date and m.valid_to > ${on}::date`, inProvinces('m.province', provinces)])}) as members`

const parentOn = (on: Day): FragmentSqlToken =>
  sql.fragment`left join read_model.group_parent p on p.group_no = g.group_no and p.valid_from <= ${on}::date and p.valid_to > ${on}::date`

/** A group by its number; undefined when there is none. */
export const getGroup = async (
  db: Db,
  groupNo: GroupNo,
  on: Day,
  provinces: readonly ProvinceCode[] | undefined,
): Promise<{ readonly asOf: AsOf; readonly group: GroupEntry | undefined }> => {
  const { asOf, rows } = await readAsOf(
    db,
    GROUP_MODEL,
    GroupEntry,
    sql.fragment`select ${COLUMNS}, ${counted(on, provinces)} from read_model.group_user g ${parentOn(on)} where g.group_no = ${groupNo}`,
  )
  return { asOf, group: rows[0] }
}

/**
 * The group that a number stands for on a date (别名): a merged one is another name of what it merged into, from the day of the merge on.
 * Undefined when the number was never given.
 */
export const groupMeant = async (db: Db, groupNo: GroupNo, on: Day): Promise<GroupNo | undefined> => {
  const rows = await db.any(sql.prepared('group-meant', z.object({ group_no: GroupNo }))`${groupMeantIn(groupNo, on)}`)
  return rows[0]?.group_no
}

export const groupMeantIn = (groupNo: GroupNo, on: Day): FragmentSqlToken => sql.fragment`
  with recursive alias (group_no, depth) as (
    select group_no, 0 from read_model.group_user where group_no = ${groupNo}
    union all
    select g.merged_into, a.depth + 1 from alias a join read_model.group_user g on g.group_no = a.group_no
    where g.merged_into is not null and g.merged_on <= ${on}::date and a.depth < 64
  ) select group_no from alias order by depth desc limit 1`

export type GroupSearch = {
  /** Whose members the caller may see; undefined for all. */
  readonly provinces: readonly ProvinceCode[] | undefined
  readonly on: Day
  /** Part of the name, or the beginning of the number or of the code, in capitals or not. */
  readonly text?: string | undefined
  readonly uscc?: Uscc | undefined
  readonly status?: readonly GroupStatus[] | undefined
  readonly kind?: readonly GroupKind[] | undefined
  /** Groups with a member in one of these provinces. */
  readonly inProvince?: readonly ProvinceCode[] | undefined
  /** Groups with a member of that number, or of whose name this is a part. */
  readonly member?: string | undefined
  /** That group and those below it. */
  readonly under?: GroupNo | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

const KEYS: readonly SortKey[] = [
  { expression: sql.fragment`g.name`, type: 'text' },
  { expression: sql.fragment`g.group_no`, type: 'text' },
]

/** Groups by what is asked, by name; 'BAD_CURSOR' for a cursor that is none. */
export const searchGroups = async (db: Db, search: GroupSearch): Promise<Page<GroupEntry> | 'BAD_CURSOR'> => {
  const { on, provinces, cursor, limit } = search
  return readPage(
    db,
    GROUP_MODEL,
    GroupEntry,
    { order: 'groups', direction: 'asc', keys: KEYS, keysOf: ({ name, groupNo }) => [name, groupNo], cursor, limit },
    (slice) => sql.fragment`select ${COLUMNS}, ${counted(on, provinces)} from read_model.group_user g ${parentOn(on)}
      ${where([...conditions(search), slice.after])} ${slice.order} ${slice.limit}`,
  )
}

const conditions = ({ text, uscc, status, kind, under, on, ...members }: GroupSearch): readonly (FragmentSqlToken | undefined)[] => [
  text === undefined
    ? undefined
    : sql.fragment`(g.name ilike ${`%${likeText(text)}%`} or g.group_no like ${`${likeText(text.toUpperCase())}%`} or g.uscc like ${`${likeText(text.toUpperCase())}%`})`,
  uscc && sql.fragment`g.uscc = ${uscc}`,
  status && sql.fragment`g.status = any(${sql.array([...status], 'text')})`,
  kind && sql.fragment`g.kind = any(${sql.array([...kind], 'text')})`,
  under &&
    sql.fragment`g.group_no in (select group_no from read_model.group_ancestor where ancestor = ${under} and valid_from <= ${on}::date and valid_to > ${on}::date)`,
  ...withMember(on, members),
]

type OfMembers = Pick<GroupSearch, 'member' | 'inProvince' | 'provinces'>
const withMember = (on: Day, { member, inProvince, provinces }: OfMembers): readonly (FragmentSqlToken | undefined)[] => {
  const now = sql.fragment`m.valid_from <= ${on}::date and m.valid_to > ${on}::date`
  const seen = inProvinces('m.province', provinces)
  return [
    inProvince &&
      sql.fragment`g.group_no in (select m.group_no from read_model.group_membership m ${where([now, seen, inProvinces('m.province', inProvince)])})`,
    member === undefined
      ? undefined
      : sql.fragment`g.group_no in (
          select m.group_no from read_model.group_membership m left join group_figure.customer c using (province, cons_no)
          ${where([now, seen, sql.fragment`(m.cons_no = ${member} or c.name ilike ${`%${likeText(member)}%`})`])})`,
  ]
}

/** A group in the tree: `path` from the top, itself included. */
export const TreeNode = z
  .object({ groupNo: GroupNo, name: z.string(), status: GroupStatus, parent: GroupNo.nullable(), depth: z.int(), path: z.array(GroupNo), members: z.int() })
  .meta({ id: 'GroupTreeNode' })
export type TreeNode = z.output<typeof TreeNode>

/** The whole tree in which a group stands on a date, from its top, each group after the one above it. */
export const groupTree = async (
  db: Db,
  groupNo: GroupNo,
  on: Day,
  provinces: readonly ProvinceCode[] | undefined,
): Promise<{ readonly asOf: AsOf; readonly nodes: readonly TreeNode[] }> => {
  const { asOf, rows } = await readAsOf(
    db,
    GROUP_MODEL,
    TreeNode,
    sql.fragment`
      with recursive top as (
        select ancestor as group_no from read_model.group_ancestor
        where group_no = ${groupNo} and valid_from <= ${on}::date and valid_to > ${on}::date order by depth desc limit 1),
      down (group_no, parent, depth, path) as (
        select group_no, null::text, 0, array[group_no] from top
        union all
        select c.group_no, d.group_no, d.depth + 1, d.path || c.group_no from down d
        join read_model.group_parent c on c.parent = d.group_no and c.valid_from <= ${on}::date and c.valid_to > ${on}::date where d.depth < 64)
      select g.group_no as "groupNo", g.name, g.status, d.parent, d.depth, d.path, ${counted(on, provinces)}
      from down d join read_model.group_user g on g.group_no = d.group_no order by d.path`,
  )
  return { asOf, nodes: rows }
}
