import type { GroupUserEvent } from '#domain/group-user/events.ts'
import type { GroupProfile } from '#domain/group-user/fields.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import type { Projected, ProjectionDb } from '#projections/shared/projection.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'
import { changeOf, keepChanges } from './changes.ts'

type Columns = Record<string, string | boolean | null>
type Row = Columns & { readonly group_no: string; revision: string }

/** Writes what the groups' own streams say: one row a group, and the change log. */
export const applyGroups = async (events: readonly Projected<GroupUserEvent>[], db: ProjectionDb): Promise<void> => {
  if (events.length === 0) return
  for (const alike of rowsOf(events)) await write(alike, db)
  await keepChanges(
    events.map((event) => changeOf(event.data.groupNo, event)),
    db,
  )
}

/** One row a group, later words over earlier ones. A column is written only for rows that speak of it, so rows are gathered by what they speak of. */
const rowsOf = (events: readonly Projected<GroupUserEvent>[]): readonly (readonly Row[])[] => {
  const rows = new Map<string, Row>()
  for (const event of events) {
    const { groupNo, at, by } = event.data
    const words: Row = { ...said(event), group_no: groupNo, revision: event.revision.toString(), changed_at: at, changed_by: by }
    const known = rows.get(groupNo)
    if (known) Object.assign(known, words)
    else rows.set(groupNo, words)
  }
  return [...Map.groupBy(rows.values(), (row) => Object.keys(row).toSorted().join()).values()]
}

const write = async (rows: readonly Row[], db: ProjectionDb): Promise<void> => {
  const names = Object.keys(rows[0]!)
  const all = sqlNames(names)
  const values = rowset(rows, names.map((name) => `${name} ${TYPES[name] ?? 'text'}`).join(', '))
  const updates = sqlNames(names.filter((name) => name !== 'group_no').map((name) => `${name} = r.${name}`))
  if (names.includes('registered_on')) await db.query(run`insert into group_user (${all}) select ${all} from ${values} on conflict (group_no) do nothing`)
  await db.query(run`update group_user g set ${updates} from ${values} where g.group_no = r.group_no and g.revision < r.revision`)
}

const sqlNames = (names: readonly string[]) => ({ ...sql.fragment``, sql: names.join(', ') })

const TYPES: Readonly<Record<string, string>> = {
  revision: 'int8',
  registered_on: 'date',
  merging_on: 'date',
  merged_on: 'date',
  dissolved_on: 'date',
  splitting_on: 'date',
  changed_at: 'timestamptz',
}

const NOT_MERGING: Columns = { merging_into: null, merging_on: null }

const said = ({ type, data }: GroupUserEvent): Columns => {
  switch (type) {
    case 'GroupRegistered':
      return { status: 'active', registered_on: businessDateOf(data.at), ...profileSaid(data.profile), ...NOT_MERGING }
    case 'GroupAmended':
      return profileSaid(data.profile)
    case 'MergeProposed':
      return { merging_into: data.into, merging_on: data.on }
    case 'MergeRejected':
      return { status: 'active', ...NOT_MERGING }
    case 'MergeApproved':
      return { status: 'merging', merging_into: data.into, merging_on: data.on }
    case 'GroupMerged':
      return { status: 'merged', merged_into: data.into, merged_on: data.on, ...NOT_MERGING }
    case 'SplitProposed':
    case 'SplitApproved':
      return { splitting_to: data.to, splitting_on: data.on }
    case 'SplitRejected':
    case 'GroupSplit':
      return { splitting_to: null, splitting_on: null }
    case 'GroupDissolved':
      return { status: 'dissolved', dissolved_on: data.on }
    default:
      return {} // told by the register and by the links
  }
}

const profileSaid = (profile: GroupProfile): Columns => ({
  name: profile.name,
  uscc: profile.uscc ?? null,
  kind: profile.kind,
  standard: profile.standard ?? null,
  trade_code: profile.tradeCode ?? null,
  note: profile.note ?? null,
})
