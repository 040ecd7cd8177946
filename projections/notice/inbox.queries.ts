import type { DatabasePool, FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import type { Role } from '#domain/shared/actor.ts'
import { Instant } from '#domain/shared/dates.ts'
import { OrgCode, ProvinceCode, type UserId } from '#domain/shared/identity.ts'
import { Notice, NoticeKind } from '#domain/shared/notice.ts'
import { type AsOf, readAsOf } from '#projections/shared/as-of.ts'
import { type Page, readPage, type SortKey } from '#projections/shared/page.ts'
import { sql, where } from '#projections/shared/sql.ts'

type Db = Pick<DatabasePool, 'any'>
const MODEL = 'notice-inbox'

/** A notice in somebody's inbox. `readers`: who of those it is for has read it, the first ten. */
export const InboxNotice = z.object({
  noticeId: z.string(),
  kind: NoticeKind,
  at: Instant,
  by: z.string(),
  orgCode: OrgCode,
  province: ProvinceCode.nullable(),
  orderNo: z.string().nullable(),
  bulletinId: z.string().nullable(),
  facts: Notice.shape.facts,
  readAt: Instant.nullable(),
  readers: z.array(z.object({ by: z.string(), at: Instant })),
})
export type InboxNotice = z.output<typeof InboxNotice>

/** Whose inbox: a person, in the roles held, for a unit. */
export type Reader = { readonly userId: UserId; readonly roles: readonly Role[]; readonly orgCode: OrgCode }

const forReader = ({ userId, roles, orgCode }: Reader): FragmentSqlToken => sql.fragment`
  n.org_code = ${orgCode} and n.roles && ${sql.array([...roles], 'text')} and (n.user_id is null or n.user_id = ${userId}) and not n.withdrawn`

const unreadBy = ({ userId }: Reader): FragmentSqlToken =>
  sql.fragment`not exists (select from notice.reading g where g.notice_id = n.notice_id and g.user_id = ${userId})`

const INSTANT = sql.fragment`'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`
const KEYS: readonly SortKey[] = [
  { expression: sql.fragment`n.at`, type: 'timestamptz' },
  { expression: sql.fragment`n.notice_id`, type: 'text' },
]

export type InboxQuery = {
  readonly reader: Reader
  readonly unread: boolean
  readonly kinds: readonly NoticeKind[] | undefined
  readonly orderNo: string | undefined
  readonly cursor: string | undefined
  readonly limit: number
}

/** A person's notices, the newest first. */
export const listNotices = async (db: Db, { reader, unread, kinds, orderNo, cursor, limit }: InboxQuery): Promise<Page<InboxNotice> | 'BAD_CURSOR'> => {
  return readPage(
    db,
    MODEL,
    InboxNotice,
    { order: 'at', direction: 'desc', keys: KEYS, keysOf: ({ at, noticeId }) => [at, noticeId], cursor, limit },
    (
      slice,
    ) => sql.fragment`select n.notice_id as "noticeId", n.kind, n.at, n.by, n.org_code as "orgCode", n.province, n.order_no as "orderNo", n.bulletin_id as "bulletinId", n.facts,
        (select g.at from notice.reading g where g.notice_id = n.notice_id and g.user_id = ${reader.userId}) as "readAt",
        coalesce((
          select jsonb_agg(jsonb_build_object('by', g.user_id, 'at', to_char(g.at at time zone 'UTC', ${INSTANT})) order by g.at, g.user_id)
          from (select user_id, at from notice.reading g where g.notice_id = n.notice_id order by at, user_id limit 10) g
        ), '[]') as readers
      from read_model.notice n ${where([
        forReader(reader),
        unread ? unreadBy(reader) : undefined,
        kinds && sql.fragment`n.kind = any(${sql.array([...kinds], 'text')})`,
        orderNo === undefined ? undefined : sql.fragment`n.order_no = ${orderNo}`,
        slice.after,
      ])} ${slice.order} ${slice.limit}`,
  )
}

/** How many notices a person has not read, told exactly up to `most`. */
export const countUnread = async (db: Db, reader: Reader, most = 1000): Promise<{ readonly asOf: AsOf; readonly unread: number; readonly more: boolean }> => {
  const { asOf, rows } = await readAsOf(
    db,
    MODEL,
    z.object({ unread: z.bigint() }),
    sql.fragment`select count(*) as unread from (
      select from read_model.notice n ${where([forReader(reader), unreadBy(reader)])} limit ${most + 1}) waiting`,
  )
  const unread = Number(rows[0]?.unread ?? 0n)
  return { asOf, unread: Math.min(unread, most), more: unread > most }
}

/** Those of the notices named (all up to an instant, when none is) that are this person's and not read yet, at most so many. */
export const unreadNotices = async (
  db: Db,
  reader: Reader,
  which: { readonly ids: readonly string[] } | { readonly until: Instant },
  most: number,
): Promise<readonly string[]> => {
  const rows = await db.any(sql.type(z.object({ noticeId: z.string() }))`
    select n.notice_id as "noticeId" from read_model.notice n ${where([
      forReader(reader),
      unreadBy(reader),
      'ids' in which ? sql.fragment`n.notice_id = any(${sql.array([...which.ids], 'text')})` : sql.fragment`n.at <= ${which.until}`,
    ])} order by n.at limit ${most}`)
  return rows.map(({ noticeId }) => noticeId)
}
