import type { Instant } from '#domain/shared/dates.ts'
import type { OrgCode, UserId, Uuid } from '#domain/shared/identity.ts'
import type { Notice, NoticeKind } from '#domain/shared/notice.ts'
import type { Position } from './event-store.ts'

/** Ways out of the system; the inbox is not one of them. */
export type NoticeChannel = 'webhook' | 'smtp'

/** Who gets which notices by which way. `kinds` and `orgCode` left out: all of them. */
export type Subscription = {
  readonly subscriptionId: Uuid
  readonly name: string
  readonly channel: NoticeChannel
  /** An http(s) address, or a mail address. */
  readonly target: string
  readonly kinds: readonly NoticeKind[] | undefined
  readonly orgCode: OrgCode | undefined
  /** Nothing that happened before is sent. */
  readonly since: Instant
  readonly createdBy: UserId
}

/** One notice on its way to one subscriber. The id is the same however often it is tried, so that whoever gets it twice can tell. */
export type Delivery = {
  readonly deliveryId: string
  readonly channel: NoticeChannel
  readonly target: string
  /** Signs what goes to a webhook. */
  readonly secret: string | undefined
  readonly notice: Notice
}
/** `again: false`: trying again would change nothing. `fault` is for whoever looks after it; no secret stands in it. */
export type Delivered = { readonly ok: true } | { readonly ok: false; readonly fault: string; readonly again: boolean }

/** Hands one notice over. Never throws. */
export type Deliver = (delivery: Delivery, now: Instant) => Promise<Delivered>

export type Queued = { readonly eventId: string; readonly subscriptionId: Uuid; readonly notice: Notice }
/** `fault`: why it cannot even be tried now. */
export type Waiting = { readonly key: OutboxKey; readonly attempts: number; readonly delivery: Delivery; readonly fault?: string }
export type OutboxKey = { readonly eventId: string; readonly no: number; readonly subscriptionId: Uuid }

/** What is on its way out, kept so that nothing is lost and nothing is sent twice knowingly. */
export type Outbox = {
  /** How far the log was looked through; undefined from the start on. */
  readonly position: () => Promise<Position | undefined>
  /** Those in force. */
  readonly subscriptions: () => Promise<readonly Subscription[]>
  /** Queues and moves on, both or neither; false when somebody else has moved on from there. What was queued before is not queued again. */
  readonly queue: (from: Position | undefined, to: Position, notices: readonly Queued[], now: Instant) => Promise<boolean>
  /** Takes what is due, so that nobody else tries it before `until`; it comes again then if nothing is said of it. */
  readonly take: (now: Instant, until: Instant, limit: number) => Promise<readonly Waiting[]>
  readonly sent: (key: OutboxKey, now: Instant) => Promise<void>
  /** `next` undefined: given up. */
  readonly failed: (key: OutboxKey, fault: string, next: Instant | undefined) => Promise<void>
}

export type DeliveryView = OutboxKey & {
  readonly state: 'waiting' | 'sent' | 'failed'
  readonly subscription: string
  readonly channel: NoticeChannel
  readonly kind: NoticeKind
  readonly orderNo: string | null
  readonly attempts: number
  readonly nextAt: Instant
  readonly fault: string | null
  readonly queuedAt: Instant
  readonly sentAt: Instant | null
}

/** Subscriptions and deliveries, for whoever looks after them. */
export type NoticeRecord = {
  /** One of that id that is there already stands. A secret is kept only where there is a key to seal it by. */
  readonly subscribe: (subscription: Subscription, secret: string | undefined) => Promise<'made' | 'there' | 'no-key'>
  /** False when there is none of that id in force. */
  readonly unsubscribe: (subscriptionId: Uuid, by: UserId, at: Instant) => Promise<boolean>
  readonly subscriptions: () => Promise<readonly Subscription[]>
  /** The newest first. */
  readonly deliveries: (filter: { readonly state: DeliveryView['state'] | undefined }, limit: number) => Promise<readonly DeliveryView[]>
  /** How many wait, and how many were given up. */
  readonly counts: () => Promise<{ readonly waiting: number; readonly failed: number }>
  /** Tries again at once what was given up or waits; false when there is none such. */
  readonly retry: (key: OutboxKey, now: Instant) => Promise<boolean>
  /** A person has read these notices. */
  readonly markRead: (userId: UserId, noticeIds: readonly string[], at: Instant) => Promise<void>
}
