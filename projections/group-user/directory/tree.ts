import { z } from 'zod'
import type { GroupRegisterEvent } from '#domain/group-user/events.ts'
import { type BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import type { Projected, ProjectionDb } from '#projections/shared/projection.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'
import { EVER, OPEN } from './tables.sql.ts'

const Stretch = z.object({ group_no: z.string(), parent: z.string().nullable(), valid_from: z.string(), valid_to: z.string() })
type Stretch = z.output<typeof Stretch>
type Tree = Map<string, Stretch[]>

/**
 * Writes who stood under whom, from the register, which decides it. A group's first parent counts for all time before; every
 * later one from the business date of the change. A group that left as of an earlier day has left its place on that day: what stood
 * under it since then stands where it went.
 */
export const applyRegister = async (events: readonly Projected<GroupRegisterEvent>[], db: ProjectionDb): Promise<void> => {
  if (events.length === 0) return
  const before = await db.maybeOne(sql.type(z.object({ revision: z.bigint() }))`select revision from group_register`)
  const fresh = events.filter(({ revision }) => revision > (before?.revision ?? -1n))
  const last = fresh.at(-1)
  if (!last) return
  await db.query(before ? run`update group_register set revision = ${last.revision}` : run`insert into group_register (revision) values (${last.revision})`)
  const tree: Tree = Map.groupBy(
    await db.any(sql.type(Stretch)`select group_no, parent, valid_from, valid_to from group_parent order by group_no, valid_from`),
    ({ group_no }) => group_no,
  ) as Tree
  const changed = new Set<string>()
  for (const event of fresh) {
    if (event.type === 'GroupLeft' && event.data.on !== undefined) for (const child of handedOver(tree, event.data, event.data.on)) changed.add(child)
    const move = moveOf(event)
    if (move && moved(tree, move)) changed.add(move.groupNo)
  }
  if (changed.size === 0) return
  await db.query(run`delete from group_parent where group_no = any(${sql.array([...changed], 'text')})`)
  await db.query(run`
    insert into group_parent (group_no, parent, valid_from, valid_to)
    select * from ${rowset(
      [...changed].flatMap((groupNo) => tree.get(groupNo) ?? []),
      'group_no text, parent text, valid_from date, valid_to date',
    )}`)
  await growAncestors(db)
}

type Move = { readonly groupNo: string; readonly parent: string | null; readonly on: BusinessDate }

const moveOf = ({ type, data }: GroupRegisterEvent): Move | undefined => {
  const { groupNo } = data
  const on = businessDateOf(data.at)
  switch (type) {
    case 'GroupEntered':
      return { groupNo, parent: data.parent ?? null, on }
    case 'ParentRecorded':
      return { groupNo, parent: data.parent, on }
    case 'GroupLeft': // where what stood under it went was said before
      return { groupNo, parent: null, on: data.on ?? on }
    default:
      return undefined
  }
}

/** Puts a move into the tree; false when nothing changes by it. */
const moved = (tree: Tree, { groupNo, parent, on }: Move): boolean => {
  const stretches = tree.get(groupNo)
  const last = stretches?.at(-1)
  if (!stretches || !last) {
    tree.set(groupNo, [{ group_no: groupNo, parent, valid_from: EVER, valid_to: OPEN }])
    return true
  }
  if (last.parent === parent) return false
  // Several moves of one day leave the last; a clock that went back does not turn time round.
  if (last.valid_from >= on) stretches[stretches.length - 1] = { ...last, parent }
  else stretches.splice(-1, 1, { ...last, valid_to: on }, { group_no: groupNo, parent, valid_from: on, valid_to: OPEN })
  return true
}

const later = (a: string, b: string): string => (a > b ? a : b)
const earlier = (a: string, b: string): string => (a < b ? a : b)
/** The parts of a group's stretches that fall into another stretch of time. */
const within = (tree: Tree, groupNo: string, { valid_from, valid_to }: Pick<Stretch, 'valid_from' | 'valid_to'>): readonly Stretch[] =>
  (tree.get(groupNo) ?? [])
    .filter((own) => own.valid_from < valid_to && own.valid_to > valid_from)
    .map((own) => ({ ...own, valid_from: later(own.valid_from, valid_from), valid_to: earlier(own.valid_to, valid_to) }))

/** Whether a group stood below another, or was it, on some day of a stretch. */
const stoodUnder = (tree: Tree, groupNo: string, above: string, time: Pick<Stretch, 'valid_from' | 'valid_to'>): boolean =>
  groupNo === above || within(tree, groupNo, time).some((own) => own.parent !== null && stoodUnder(tree, own.parent, above, own))

type Left = Extract<GroupRegisterEvent, { type: 'GroupLeft' }>['data']

/**
 * What stood under a group after the day as of which it left goes to the group it merged into; on a dissolution, and where that
 * group stood below it at the time, to the one above. Answers who was handed over.
 */
const handedOver = (tree: Tree, { groupNo, into }: Pick<Left, 'groupNo' | 'into'>, on: BusinessDate): readonly string[] => {
  const isConcerned = ({ parent, valid_to }: Stretch): boolean => parent === groupNo && valid_to > on
  const concerned = [...tree].filter(([, stretches]) => stretches.some(isConcerned))
  for (const [child, stretches] of concerned) {
    const placed = stretches.flatMap((own) => {
      if (!isConcerned(own)) return [own]
      const before = own.valid_from < on ? [{ ...own, valid_to: on as string }] : []
      const since = { ...own, valid_from: later(own.valid_from, on) }
      if (into !== undefined && !stoodUnder(tree, into, child, since)) return [...before, { ...since, parent: into }]
      return [...before, ...within(tree, groupNo, since).map((above) => ({ ...above, group_no: child }))]
    })
    tree.set(child, placed)
  }
  return concerned.map(([child]) => child)
}

const growAncestors = async (db: ProjectionDb): Promise<void> => {
  await db.query(run`delete from group_ancestor`)
  await db.query(run`
    insert into group_ancestor (ancestor, group_no, depth, valid_from, valid_to)
    with recursive up (ancestor, group_no, depth, valid_from, valid_to) as (
      select distinct group_no, group_no, 0, ${EVER}::date, ${OPEN}::date from group_parent
      union all
      select p.parent, u.group_no, u.depth + 1, greatest(u.valid_from, p.valid_from), least(u.valid_to, p.valid_to)
      from up u join group_parent p on p.group_no = u.ancestor and p.parent is not null and p.valid_from < u.valid_to and p.valid_to > u.valid_from
      where u.depth < 64
    ) select ancestor, group_no, depth, valid_from, valid_to from up on conflict do nothing`)
}
