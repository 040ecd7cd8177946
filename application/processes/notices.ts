import { epochOf, type Instant, instantOfEpoch } from '#domain/shared/dates.ts'
import type { Notice } from '#domain/shared/notice.ts'
import type { Recorded } from '../ports/event-store.ts'
import type { Feed } from '../ports/feed.ts'
import type { Deliver, Outbox, Queued, Subscription, Waiting } from '../ports/notice.ts'

export type NoticeNeeds = {
  readonly feed: Pick<Feed, 'read'>
  readonly outbox: Outbox
  /** What an event tells whom; nothing for most. Throws when it cannot be read. */
  readonly noticesOf: (event: Recorded) => readonly Notice[]
  readonly deliver: Deliver
  /** Tries before a notice is given up. */
  readonly attempts: number
  readonly onUnreadable?: (event: Recorded, error: unknown) => void
}

const PAGE = 500
const AT_ONCE = 32
/** A tick ends, however much there is to send: the next one goes on. */
const ROUNDS = 200
const SECOND = 1000
/** Nobody else tries what is being tried; must be longer than any one try takes. */
const TAKEN_FOR_SECONDS = 120
const LONGEST_PAUSE_SECONDS = 6 * 3600
const FIRST_PAUSE_SECONDS = 30

const later = (instant: Instant, seconds: number): Instant => instantOfEpoch(epochOf(instant) + seconds * SECOND)
/** After the nth failed try: half a minute, doubling, at most six hours. */
export const pauseAfterTry = (n: number): number => Math.min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** Math.min(n - 1, 16))

/**
 * Looks through what was recorded since it last looked, and queues for each subscriber what is his. Where it stands is kept with
 * what it queued, and what is queued is named by its event: read models built again, another worker or the log read anew from
 * its start queue nothing twice. One event that cannot be read does not keep the others waiting. Answers how many were queued.
 */
export const queueNotices = async ({ feed, outbox, noticesOf, onUnreadable = () => undefined }: NoticeNeeds, now: Instant): Promise<number> => {
  let queued = 0
  let position = await outbox.position()
  for (;;) {
    const page = await feed.read(position, PAGE)
    const last = page.at(-1)
    if (!last) return queued
    const subscriptions = await outbox.subscriptions()
    const notices = subscriptions.length === 0 ? [] : page.flatMap((event) => queuedOf(event, noticesOf, subscriptions, onUnreadable))
    if (!(await outbox.queue(position, last.position, notices, now))) return queued // another worker is at it
    queued += notices.length
    position = last.position
  }
}

const queuedOf = (
  event: Recorded,
  noticesOf: NoticeNeeds['noticesOf'],
  subscriptions: readonly Subscription[],
  onUnreadable: NonNullable<NoticeNeeds['onUnreadable']>,
): readonly Queued[] => {
  try {
    return noticesOf(event).flatMap((notice) =>
      subscriptions.filter((one) => wants(one, notice)).map(({ subscriptionId }) => ({ eventId: event.id, subscriptionId, notice })),
    )
  } catch (error) {
    onUnreadable(event, error)
    return []
  }
}

const wants = ({ kinds, orgCode, since }: Subscription, notice: Notice): boolean =>
  notice.at >= since && (kinds === undefined || kinds.includes(notice.kind)) && (orgCode === undefined || orgCode === notice.orgCode)

/**
 * Sends what is due, a few at a time; what fails is tried again after growing pauses. Receivers may be slow, so each round is told the
 * time anew: nobody else is to take what is being tried, and a signature is to be of its time. Answers how many were sent.
 */
export const deliverNotices = async (needs: NoticeNeeds, clock: () => Instant): Promise<number> => {
  let sent = 0
  for (let round = 0; round < ROUNDS; round++) {
    const now = clock()
    const waiting = await needs.outbox.take(now, later(now, TAKEN_FOR_SECONDS), AT_ONCE)
    const results = await Promise.all(waiting.map((one) => deliverOne(needs, one, clock)))
    sent += results.filter(Boolean).length
    if (waiting.length < AT_ONCE) break
  }
  return sent
}

const deliverOne = async ({ outbox, deliver, attempts }: NoticeNeeds, waiting: Waiting, clock: () => Instant): Promise<boolean> => {
  const { key, attempts: tried, delivery, fault } = waiting
  const outcome = fault === undefined ? await deliver(delivery, clock()) : ({ ok: false, fault, again: true } as const)
  const now = clock()
  if (outcome.ok) await outbox.sent(key, now)
  else await outbox.failed(key, outcome.fault, outcome.again && tried < attempts ? later(now, pauseAfterTry(tried)) : undefined)
  return outcome.ok
}
