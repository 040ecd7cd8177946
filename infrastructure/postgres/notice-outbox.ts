import pg from 'pg'
import type { Position } from '#application/ports/event-store.ts'
import type { NoticeChannel, NoticeRecord, Outbox, OutboxKey, Queued, Waiting } from '#application/ports/notice.ts'
import type { Instant } from '#domain/shared/dates.ts'
import type { Uuid } from '#domain/shared/identity.ts'
import { Notice } from '#domain/shared/notice.ts'
import type { Sealing } from '../notice/sealing.ts'
import { recordOf, subscriptionsOf } from './notice-record.ts'
import { transaction } from './transaction.ts'

type Row = { readonly event_id: string; readonly no: number; readonly subscription_id: Uuid; readonly attempts: number; readonly notice: unknown }
type TakenRow = Row & { readonly channel: NoticeChannel; readonly target: string; readonly secret: string | null }

const OF_KEY = 'event_id = $1 and no = $2 and subscription_id = $3'
const keyOf = ({ eventId, no, subscriptionId }: OutboxKey): readonly unknown[] => [eventId, no, subscriptionId]

/** Notices on their way out, in tables that no rebuild of a read model touches. `engine`: that of the log, whose positions they are. */
export const openNoticeOutbox = (
  url: string,
  engine: string,
  sealing: Sealing,
): { readonly outbox: Outbox; readonly record: NoticeRecord; readonly close: () => Promise<void> } => {
  const pool = new pg.Pool({ connectionString: url, application_name: 'epm notices', max: 4, connectionTimeoutMillis: 10_000, idleTimeoutMillis: 60_000 })
  pool.on('error', () => undefined) // told by the next answer; without a listener it would end the process
  const subscriptions = subscriptionsOf(pool)
  return { outbox: outboxOf(pool, engine, subscriptions, sealing), record: recordOf(pool, subscriptions, sealing), close: () => pool.end() }
}

const outboxOf = (pool: pg.Pool, engine: string, subscriptions: Outbox['subscriptions'], sealing: Sealing): Outbox => ({
  position: async () => {
    const { rows } = await pool.query<{ position: Position | null }>('select position from notice.looked_through where engine = $1', [engine])
    return rows[0]?.position ?? undefined
  },
  subscriptions,
  queue: (from, to, notices, now) =>
    transaction(pool, async (client) => {
      const moved = await moveOn(client, engine, from, to)
      if (moved && notices.length > 0) await keep(client, notices, now)
      return moved
    }),
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
    return rows.map((row) => waitingOf(row, sealing))
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

const waitingOf = (row: TakenRow, { open }: Sealing): Waiting => {
  const { event_id: eventId, no, subscription_id: subscriptionId, attempts, notice, channel, target, secret } = row
  const opened = secret === null ? undefined : open(secret, subscriptionId)
  return {
    key: { eventId, no, subscriptionId },
    attempts,
    ...(opened?.ok === false && { fault: opened.fault }),
    delivery: {
      ...{ deliveryId: `${eventId}.${no}.${subscriptionId}`, channel, target, notice: Notice.parse(notice) },
      secret: opened?.ok ? opened.secret : undefined,
    },
  }
}

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
