import pg from 'pg'
import type { Position } from '#application/ports/event-store.ts'
import type { DeliveryView, NoticeChannel, NoticeRecord, Outbox, OutboxKey, Queued, Subscription, Waiting } from '#application/ports/notice.ts'
import type { Instant } from '#domain/shared/dates.ts'
import type { OrgCode, UserId, Uuid } from '#domain/shared/identity.ts'
import { Notice, type NoticeKind } from '#domain/shared/notice.ts'

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

type Row = { readonly event_id: string; readonly no: number; readonly subscription_id: Uuid; readonly attempts: number; readonly notice: unknown }
type TakenRow = Row & { readonly channel: NoticeChannel; readonly target: string; readonly secret: string | null }

const COLUMNS = 'subscription_id, name, channel, target, kinds, org_code, since, created_by'
const OF_KEY = 'event_id = $1 and no = $2 and subscription_id = $3'
const keyOf = ({ eventId, no, subscriptionId }: OutboxKey): readonly unknown[] => [eventId, no, subscriptionId]

/** Notices on their way out, in tables that no rebuild of a read model touches. `engine`: that of the log, whose positions they are. */
export const openNoticeOutbox = (
  url: string,
  engine: string,
): { readonly outbox: Outbox; readonly record: NoticeRecord; readonly close: () => Promise<void> } => {
  const pool = new pg.Pool({ connectionString: url, application_name: 'epm notices', max: 4, connectionTimeoutMillis: 10_000, idleTimeoutMillis: 60_000 })
  pool.on('error', () => undefined) // told by the next answer; without a listener it would end the process
  const subscriptions = async (): Promise<readonly Subscription[]> =>
    (await pool.query<SubscriptionRow>(`select ${COLUMNS} from notice.subscription where ended_at is null order by since, subscription_id`)).rows.map(
      subscriptionOf,
    )
  return { outbox: outboxOf(pool, engine, subscriptions), record: recordOf(pool, subscriptions), close: () => pool.end() }
}

const outboxOf = (pool: pg.Pool, engine: string, subscriptions: Outbox['subscriptions']): Outbox => ({
  position: async () => {
    const { rows } = await pool.query<{ position: Position | null }>('select position from notice.looked_through where engine = $1', [engine])
    return rows[0]?.position ?? undefined
  },
  subscriptions,
  queue: async (from, to, notices, now) => {
    const client = await pool.connect()
    try {
      await client.query('begin')
      const moved = await moveOn(client, engine, from, to)
      if (moved && notices.length > 0) await keep(client, notices, now)
      await client.query(moved ? 'commit' : 'rollback')
      return moved
    } catch (error) {
      await client.query('rollback').catch(() => undefined)
      throw error
    } finally {
      client.release()
    }
  },
  take: async (now, until, limit): Promise<readonly Waiting[]> => {
    const { rows } = await pool.query<TakenRow>(
      `with due as (
         select event_id, no, subscription_id from notice.outbox where state = 'waiting' and next_at <= $1
         order by next_at, event_id, no limit $3 for update skip locked)
       update notice.outbox o set attempts = attempts + 1, next_at = $2 from due, notice.subscription s
       where o.event_id = due.event_id and o.no = due.no and o.subscription_id = due.subscription_id and s.subscription_id = o.subscription_id
       returning o.event_id, o.no, o.subscription_id, o.attempts, o.notice, s.channel, s.target, s.secret`,
      [now, until, limit],
    )
    return rows.map(waitingOf)
  },
  sent: async (key, now) => {
    await pool.query(`update notice.outbox set state = 'sent', sent_at = $4, fault = null where ${OF_KEY}`, [...keyOf(key), now])
  },
  failed: async (key, fault, next) => {
    await pool.query(
      `update notice.outbox set fault = $4, state = case when $5::timestamptz is null then 'failed' else 'waiting' end, next_at = coalesce($5, next_at)
       where ${OF_KEY} and state = 'waiting'`,
      [...keyOf(key), fault.slice(0, 500), next ?? null],
    )
  },
})

const waitingOf = ({ event_id: eventId, no, subscription_id: subscriptionId, attempts, notice, channel, target, secret }: TakenRow): Waiting => ({
  key: { eventId, no, subscriptionId },
  attempts,
  delivery: { deliveryId: `${eventId}.${no}.${subscriptionId}`, channel, target, secret: secret ?? undefined, notice: Notice.parse(notice) },
})

/** Only from where it stood: of two workers one goes on. Positions of another engine count as none. */
const moveOn = async (client: pg.PoolClient, engine: string, from: Position | undefined, to: Position): Promise<boolean> => {
  const { rowCount } = await client.query(
    `insert into notice.looked_through as l (engine, position) values ($1, $3)
     on conflict (only_one) do update set engine = excluded.engine, position = excluded.position
     where (l.engine = $1 and l.position is not distinct from $2) or (l.engine <> $1 and $2::text is null)`,
    [engine, from ?? null, to],
  )
  return rowCount === 1
}

const keep = async (client: pg.PoolClient, notices: readonly Queued[], now: Instant): Promise<void> => {
  await client.query(
    `insert into notice.outbox (event_id, no, subscription_id, notice, next_at, queued_at)
     select q."eventId", (q.notice ->> 'no')::int, q."subscriptionId", q.notice, $2, $2
     from jsonb_to_recordset($1::jsonb) as q("eventId" uuid, "subscriptionId" uuid, notice jsonb) on conflict do nothing`,
    [JSON.stringify(notices), now],
  )
}

const recordOf = (pool: pg.Pool, subscriptions: NoticeRecord['subscriptions']): NoticeRecord => ({
  subscriptions,
  subscribe: async ({ subscriptionId, name, channel, target, kinds, orgCode, since, createdBy }, secret) => {
    const { rowCount } = await pool.query(
      `insert into notice.subscription (subscription_id, name, channel, target, secret, kinds, org_code, since, created_by)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
      [subscriptionId, name, channel, target, secret ?? null, kinds ?? null, orgCode ?? null, since, createdBy],
    )
    return rowCount === 1
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
  retry: async (key, now) => {
    const { rowCount } = await pool.query(
      `update notice.outbox o set state = 'waiting', attempts = 0, next_at = $4 where ${OF_KEY} and state <> 'sent'
         and exists (select from notice.subscription s where s.subscription_id = o.subscription_id and s.ended_at is null)`,
      [...keyOf(key), now],
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

type DeliveryRow = Omit<Row, 'notice'> & {
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
