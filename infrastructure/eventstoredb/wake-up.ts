import { type AllStreamSubscription, END, type EventStoreDBClient, excludeSystemEvents } from '@eventstore/db-client'
import { Observable, retry, timer } from 'rxjs'
import { pauseAfter } from '../shared/backoff.ts'

/** So that a server which ends each subscription at once is not asked without pause. */
const FIRST_ATTEMPT = 3

/**
 * Emits when the server has something new, and each time it is connected, since something may have been missed without
 * it. A subscription may end with an error, without one, or when the client reconnects for another call: each end is a
 * drop, after which it is made anew. What it delivers is not used: the client runs ahead of whoever listens.
 */
export const wakeUps = (reading: () => Promise<EventStoreDBClient>): Observable<void> =>
  new Observable<void>((subscriber) => {
    let subscription: AllStreamSubscription | undefined
    const dropped = (cause?: unknown): void => subscriber.error(new Error('the subscription ended', { cause }))
    const subscribe = async (): Promise<void> => {
      const client = await reading()
      if (subscriber.closed) return
      subscription = client.subscribeToAll({ fromPosition: END, filter: excludeSystemEvents(), requiresLeader: true })
      subscription.on('confirmation', () => subscriber.next())
      subscription.on('data', () => subscriber.next())
      subscription.on('error', dropped)
      subscription.on('end', () => dropped())
      subscription.on('close', () => dropped())
    }
    subscribe().catch(dropped)
    return () => void subscription?.unsubscribe().catch(() => undefined)
  }).pipe(retry({ delay: (_, attempt) => timer(pauseAfter(attempt + FIRST_ATTEMPT)), resetOnSuccess: true }))
