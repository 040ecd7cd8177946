import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { GroupNo } from '#domain/group-user/fields.ts'
import { Instant } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { type Page, readPage, type SortKey } from '#projections/shared/page.ts'
import { sql, where } from '#projections/shared/sql.ts'
import { GROUP_MODEL } from './directory.queries.ts'

type Db = Pick<DatabasePool, 'any'>

/** An entry of the change log; `members` counts whom a merge or split concerns, for those who may see them all. */
export const GroupChange = z
  .object({
    at: Instant,
    type: z.string(),
    by: z.string(),
    province: z.string().nullable(),
    consNo: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
    members: z.int().nullable(),
    stream: z.string(),
    revision: z.bigint(),
  })
  .meta({ id: 'GroupChange' })
export type GroupChange = z.output<typeof GroupChange>

const CHANGE_KEYS: readonly SortKey[] = [
  { expression: sql.fragment`at`, type: 'timestamptz' },
  { expression: sql.fragment`stream`, type: 'text' },
  { expression: sql.fragment`revision`, type: 'int8' },
]

/** What happened to a group, the latest first. Of customers only those of the provinces that the caller may see. */
export const groupChanges = async (
  db: Db,
  groupNo: GroupNo,
  provinces: readonly ProvinceCode[] | undefined,
  page: { readonly cursor: string | undefined; readonly limit: number },
): Promise<Page<GroupChange> | 'BAD_CURSOR'> => {
  const keysOf = ({ at, stream, revision }: GroupChange) => [at, stream, String(revision)]
  const seen = provinces && sql.fragment`(province is null or province = any(${sql.array([...provinces], 'text')}))`
  return readPage(
    db,
    GROUP_MODEL,
    GroupChange,
    { order: 'group-changes', direction: 'desc', keys: CHANGE_KEYS, keysOf, ...page },
    (
      slice,
    ) => sql.fragment`select at, type, by, province, cons_no as "consNo", detail, ${provinces ? sql.fragment`null::int` : sql.fragment`members`} as members, stream, revision
      from read_model.group_change ${where([sql.fragment`group_no = ${groupNo}`, seen, slice.after])}
      ${slice.order} ${slice.limit}`,
  )
}
