import type { ProjectionDb } from '#projections/shared/projection.ts'
import { rowset, run } from '#projections/shared/sql.ts'

type Signed = { readonly at: string; readonly by: string; readonly province?: string; readonly consNo?: string }
type Told = { readonly type: string; readonly data: Signed; readonly stream: string; readonly revision: bigint }

/** Of an event what a reader of the log wants: members are counted, for a province must not read those of others. */
export const changeOf = (groupNo: string, { type, data, stream, revision }: Told): object => {
  const { at, by, province = null, consNo = null, members, moved, groupNo: _, ...detail } = data as Signed & Record<string, unknown>
  const many = (members ?? moved) as readonly unknown[] | undefined
  return { group_no: groupNo, at, stream, revision, type, by, province, cons_no: consNo, detail, members: many?.length ?? null }
}

/** Adds to the change log; what is there already stays as it is. */
export const keepChanges = async (changes: readonly object[], db: ProjectionDb): Promise<void> => {
  if (changes.length === 0) return
  await db.query(run`
    insert into group_change (group_no, at, stream, revision, type, by, province, cons_no, detail, members)
    select group_no, at, stream, revision, type, by, province, cons_no, detail, members from ${rowset(changes, COLUMNS)} on conflict do nothing`)
}
const COLUMNS = 'group_no text, at timestamptz, stream text, revision int8, type text, by text, province text, cons_no text, detail jsonb, members int4'
