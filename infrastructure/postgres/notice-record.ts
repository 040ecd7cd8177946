import type pg from 'pg'
import type { DeliveryView, NoticeChannel, NoticeRecord, Subscription } from '#application/ports/notice.ts'
import type { Instant } from '#domain/shared/dates.ts'
import type { OrgCode, UserId, Uuid } from '#domain/shared/identity.ts'
import type { NoticeKind } from '#domain/shared/notice.ts'
import type { Sealing } from '../notice/sealing.ts'

type SubscriptionRow = {
  readonly subscription_id: Uuid
  readonly name: string
  readonly channel: NoticeChannel
  readonly target: string
  readonly kinds: readonly NoticeKind[] | null
  readonly org_code: OrgCode | null
  readonly since: Date
  readonly created_by: UserId
}
const subscriptionOf = (row: SubscriptionRow): Subscription => ({
  subscriptionId: row.subscription_id,
  name: row.name,
  channel: row.channel,
  target: row.target,
  kinds: row.kinds ?? undefined,
  orgCode: row.org_code ?? undefined,
  since: instantOf(row.since),
  createdBy: row.created_by,
})
const instantOf = (date: Date): Instant => date.toISOString() as Instant

const COLUMNS = 'subscription_id, name, channel, target, kinds, org_code, since, created_by'

/** Those in force. */
export const subscriptionsOf = (pool: pg.Pool) => async (): Promise<readonly Subscription[]> =>
  (await pool.query<SubscriptionRow>(`select ${COLUMNS} from notice.subscription where ended_at is null order by since, subscription_id`)).rows.map(
    subscriptionOf,
  )

/** Subscriptions and deliveries; a secret is kept sealed, as belonging to its subscription. */
export const recordOf = (pool: pg.Pool, subscriptions: NoticeRecord['subscriptions'], { seal }: Sealing): NoticeRecord => ({
  subscriptions,
  subscribe: async ({ subscriptionId, name, channel, target, kinds, orgCode, since, createdBy }, secret) => {
    if (secret !== undefined && !seal) return 'no-key'
    const sealed = secret === undefined ? null : seal?.(secret, subscriptionId)
    const { rowCount } = await pool.query(
      `insert into notice.subscription (subscription_id, name, channel, target, secret, kinds, org_code, since, created_by)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
      [subscriptionId, name, channel, target, sealed, kinds ?? null, orgCode ?? null, since, createdBy],
    )
    return rowCount === 1 ? 'made' : 'there'
  },
  unsubscribe: async (subscriptionId, by, at) => {
    const { rowCount } = await pool.query(
      `with ended as (
         update notice.subscription set ended_at = $3, ended_by = $2 where subscription_id = $1 and ended_at is null returning subscription_id),
       stopped as (
         update notice.outbox o set state = 'failed', fault = 'the subscription was ended' from ended where o.subscription_id = ended.subscription_id and o.state = 'waiting')
       select from ended`,
      [subscriptionId, by, at],
    )
    return rowCount === 1
  },
  deliveries: async ({ state }, limit) => {
    const { rows } = await pool.query<DeliveryRow>(
      `select o.event_id, o.no, o.subscription_id, o.state, o.attempts, o.next_at, o.fault, o.queued_at, o.sent_at, o.notice ->> 'kind' as kind,
         o.notice ->> 'orderNo' as order_no, s.name, s.channel
       from notice.outbox o join notice.subscription s using (subscription_id) where $1::text is null or o.state = $1
       order by o.queued_at desc, o.event_id, o.no limit $2`,
      [state ?? null, limit],
    )
    return rows.map(deliveryOf)
  },
  counts: async () => {
    const { rows } = await pool.query<{ state: string; count: string }>(
      `select state, count(*) as count from notice.outbox where state <> 'sent' group by state`,
    )
    const of = (state: string): number => Number(rows.find((row) => row.state === state)?.count ?? 0)
    return { waiting: of('waiting'), failed: of('failed') }
  },
  retry: async ({ eventId, no, subscriptionId }, now) => {
    const { rowCount } = await pool.query(
      `update notice.outbox o set state = 'waiting', attempts = 0, next_at = $4 where event_id = $1 and no = $2 and subscription_id = $3 and state <> 'sent'
         and exists (select from notice.subscription s where s.subscription_id = o.subscription_id and s.ended_at is null)`,
      [eventId, no, subscriptionId, now],
    )
    return rowCount === 1
  },
  markRead: async (userId, noticeIds, at) => {
    await pool.query('insert into notice.reading (user_id, notice_id, at) select $1, id, $3 from unnest($2::text[]) id on conflict do nothing', [
      userId,
      noticeIds,
      at,
    ])
  },
})

type DeliveryRow = {
  readonly event_id: string
  readonly no: number
  readonly subscription_id: Uuid
  readonly attempts: number
  readonly state: DeliveryView['state']
  readonly next_at: Date
  readonly fault: string | null
  readonly queued_at: Date
  readonly sent_at: Date | null
  readonly kind: NoticeKind
  readonly order_no: string | null
  readonly name: string
  readonly channel: NoticeChannel
}
const deliveryOf = (row: DeliveryRow): DeliveryView => ({
  eventId: row.event_id,
  no: row.no,
  subscriptionId: row.subscription_id,
  subscription: row.name,
  channel: row.channel,
  kind: row.kind,
  orderNo: row.order_no,
  state: row.state,
  attempts: row.attempts,
  nextAt: instantOf(row.next_at),
  fault: row.fault,
  queuedAt: instantOf(row.queued_at),
  sentAt: row.sent_at && instantOf(row.sent_at),
})
