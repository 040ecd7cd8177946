import type { ResolvedEvent, StreamingRead } from '@eventstore/db-client'
import { LIMITS, LogUnavailable } from '#application/ports/event-store.ts'
import { type Ask, Silence } from './ask.ts'
import type { Raw } from './recorded.ts'

/** What a read brought. `ended`: fewer than were asked for, so nothing followed when it was read. */
export type Brought = { readonly events: readonly Raw[]; readonly ended: boolean }

/** A page holds no more than this (and its last event), so that memory stays flat however large the events are. */
const PAGE_BYTES = 4 * LIMITS.appendBytes

/**
 * Takes what a read brings, at most `asked` events, fewer where they are large. Rejects with the client's error, and with
 * Silence when nothing has come for so long; the read is then given up.
 */
export const take = (read: StreamingRead<ResolvedEvent>, asked: number, answerMs: number): Promise<Brought> =>
  new Promise((done, fail) => {
    const events: Raw[] = []
    let bytes = 0
    const leave = (): void => {
      clearTimeout(timer)
      read.removeListener('data', onData)
      read.resume()
      read.cancel().catch(() => undefined)
    }
    const onData = ({ event }: ResolvedEvent): void => {
      timer.refresh()
      if (!event) return
      events.push(event)
      bytes += weight(event.data)
      if (bytes < PAGE_BYTES || events.length >= asked) return
      leave()
      done({ events, ended: false })
    }
    const timer = setTimeout(() => {
      leave()
      fail(new Silence(`no answer within ${answerMs} ms`))
    }, answerMs)
    read.on('data', onData)
    read.on('error', (error: Error) => {
      clearTimeout(timer)
      fail(error)
    })
    read.on('end', () => {
      clearTimeout(timer)
      done({ events, ended: events.length < asked })
    })
  })

/** About the bytes of a value as JSON, told without writing it. */
const weight = (value: unknown): number => {
  if (typeof value === 'string') return value.length + 3
  if (typeof value !== 'object' || value === null) return 6
  let sum = 2
  if (Array.isArray(value)) for (const item of value) sum += weight(item)
  else for (const key in value) sum += key.length + 3 + weight((value as Record<string, unknown>)[key])
  return sum
}

const NOTHING: Brought = { events: [], ended: true }

/** One read, repeated while the server is away. Throws LogUnavailable, RefusedByServer. */
export const reading = async (ask: Ask, call: Parameters<typeof ask<Brought>>[1]): Promise<Brought> => {
  const answer = await ask('reading', call).catch((error: unknown) => {
    if (error instanceof Silence) throw new LogUnavailable('EventStoreDB did not answer a read', { cause: error.cause })
    throw error
  })
  if (answer.kind === 'answered') return answer.value
  if (answer.kind === 'refused') throw answer.error
  return NOTHING
}
