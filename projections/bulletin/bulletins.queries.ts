import type { DatabasePool, FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { BulletinId } from '#domain/bulletin/fields.ts'
import { Instant } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { type AsOf, readAsOf } from '#projections/shared/as-of.ts'
import { type Page, readPage, type SortKey } from '#projections/shared/page.ts'
import { sql, where } from '#projections/shared/sql.ts'

type Db = Pick<DatabasePool, 'any'>
const MODEL = 'bulletins'

const BulletinReceipt = z.object({ province: ProvinceCode, at: Instant, by: z.string() })

/** `state` at the instant asked for. `receipts` only of the provinces that the caller may see. */
export const BulletinView = z.object({
  bulletinId: BulletinId,
  state: z.enum(['published', 'expired', 'withdrawn']),
  title: z.string(),
  text: z.string(),
  provinces: z.array(ProvinceCode),
  orders: z.array(z.string()),
  publishedAt: Instant,
  publishedBy: z.string(),
  expiresAt: Instant.nullable(),
  withdrawnAt: Instant.nullable(),
  withdrawnBy: z.string().nullable(),
  withdrawnWhy: z.string().nullable(),
  revision: z.bigint(),
  receipts: z.array(BulletinReceipt),
  unread: z.coerce.number().describe('Provinces it is for that have not read it, of those the caller may see'),
})
export type BulletinView = z.output<typeof BulletinView>

type Scope = {
  /** Bulletins to these provinces, and of receipts theirs alone; undefined for all. */
  readonly provinces: readonly ProvinceCode[] | undefined
  readonly now: Instant
}

const view = ({ provinces, now }: Scope): FragmentSqlToken => {
  const seen = provinces === undefined ? sql.fragment`true` : sql.fragment`r.province = any(${sql.array([...provinces], 'text')})`
  const mine =
    provinces === undefined
      ? sql.fragment`b.provinces`
      : sql.fragment`array(select unnest(b.provinces) intersect select unnest(${sql.array([...provinces], 'text')}))`
  return sql.fragment`
    b.bulletin_id as "bulletinId", b.title, b.content as text, ${mine} as provinces, b.orders, b.published_at as "publishedAt", b.published_by as "publishedBy",
    b.expires_at as "expiresAt", b.withdrawn_at as "withdrawnAt", b.withdrawn_by as "withdrawnBy", b.withdrawn_why as "withdrawnWhy", b.revision,
    case when b.withdrawn_at is not null then 'withdrawn' when b.expires_at <= ${now} then 'expired' else 'published' end as state,
    coalesce((
      select jsonb_agg(jsonb_build_object('province', r.province, 'at', to_char(r.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'by', r.by) order by r.province)
      from read_model.bulletin_receipt r where r.bulletin_id = b.bulletin_id and ${seen}
    ), '[]') as receipts,
    cardinality(${mine}) - (select count(*) from read_model.bulletin_receipt r where r.bulletin_id = b.bulletin_id and ${seen}) as unread`
}

const KEYS: readonly SortKey[] = [
  { expression: sql.fragment`b.published_at`, type: 'timestamptz' },
  { expression: sql.fragment`b.bulletin_id`, type: 'text' },
]

/** Bulletins as a caller may see them, the newest first. `open`: neither withdrawn nor expired; `unread`: not read by (all of) those he sees. */
export const listBulletins = async (
  db: Db,
  {
    provinces,
    now,
    open,
    unread,
    cursor,
    limit,
  }: Scope & { readonly open: boolean; readonly unread: boolean; readonly cursor: string | undefined; readonly limit: number },
): Promise<Page<BulletinView> | 'BAD_CURSOR'> => {
  const keysOf = ({ publishedAt, bulletinId }: BulletinView) => [publishedAt, bulletinId]
  return readPage(
    db,
    MODEL,
    BulletinView,
    { order: 'published', direction: 'desc', keys: KEYS, keysOf, cursor, limit },
    (slice) =>
      sql.fragment`select * from (select ${view({ provinces, now })} from read_model.bulletin b ${where([
        provinces && sql.fragment`b.provinces && ${sql.array([...provinces], 'text')}`,
        open ? sql.fragment`b.withdrawn_at is null and (b.expires_at is null or b.expires_at > ${now})` : undefined,
        slice.after,
      ])} ${slice.order}) b ${unread ? sql.fragment`where unread > 0` : sql.fragment``} ${slice.limit}`,
  )
}

/** One bulletin as a caller may see it; undefined when there is none, or none for him. */
export const getBulletin = async (
  db: Db,
  bulletinId: BulletinId,
  scope: Scope,
): Promise<{ readonly asOf: AsOf; readonly bulletin: BulletinView | undefined }> => {
  const { provinces } = scope
  const { asOf, rows } = await readAsOf(
    db,
    MODEL,
    BulletinView,
    sql.fragment`select ${view(scope)} from read_model.bulletin b ${where([
      sql.fragment`b.bulletin_id = ${bulletinId}`,
      provinces && sql.fragment`b.provinces && ${sql.array([...provinces], 'text')}`,
    ])}`,
  )
  return { asOf, bulletin: rows[0] }
}
