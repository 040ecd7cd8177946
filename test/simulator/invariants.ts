import type { Recorded } from '#application/ports/event-store.ts'
import { eventId } from '#application/shared/ids.ts'
import { readEvent } from '#application/shared/load.ts'
import { catalogue } from '#domain/catalogue.ts'
import type { Catalogue } from '#domain/shared/catalogue.ts'
import type { Metadata } from '#domain/shared/envelope.ts'
import { categoryOf } from '#domain/shared/stream-name.ts'
import { applyAll, emptyTables, type Tables } from './read-model.ts'
import type { Sent } from './work.ts'

/** What must hold once all is at rest, whatever happened on the way; answers what does not. */
export const breaches = (log: readonly Recorded[], sent: readonly Sent[], tables: Tables): readonly string[] => [
  ...acknowledgedOnce(log, sent),
  ...streamsWhole(log),
  ...nobodyActsTwice(log),
  ...likeRebuilt(log, tables),
]

/** Every acknowledged event is there exactly once, every unknown one at most once, a refused one not at all. */
const acknowledgedOnce = (log: readonly Recorded[], sent: readonly Sent[]): readonly string[] => {
  const times = new Map<string, number>()
  for (const { id } of log) times.set(id, (times.get(id) ?? 0) + 1)
  const found: string[] = []
  for (const [id, count] of times) if (count > 1) found.push(`event ${id} stands ${count} times in the log`)
  const doubtful = new Set(sent.filter(({ everUnknown }) => everUnknown).map(({ commandId }) => commandId))
  const done = new Set(sent.filter(({ kind }) => kind === 'done').map(({ commandId }) => commandId))
  for (const { commandId, kind, recorded } of sent) {
    const kept = times.has(eventId(commandId, 0))
    for (let n = 0; n < recorded; n++)
      if (!times.has(eventId(commandId, n))) found.push(`command ${commandId} was acknowledged, and its event ${n} is not in the log`)
    if ((kind === 'rejected' || kind === 'conflict') && kept && !doubtful.has(commandId) && !done.has(commandId))
      found.push(`command ${commandId} was answered with ${kind}, and yet it is in the log`)
  }
  return found
}

/** Each stream counts from 0 without a gap, and can be read. */
const streamsWhole = (log: readonly Recorded[]): readonly string[] => {
  const next = new Map<string, bigint>()
  const found: string[] = []
  for (const recorded of log) {
    const { stream, revision } = recorded
    if (revision !== (next.get(stream) ?? 0n)) found.push(`${stream} goes on with ${revision} where ${next.get(stream) ?? 0n} should stand`)
    next.set(stream, revision + 1n)
    try {
      readEvent((catalogue as Readonly<Record<string, Catalogue>>)[categoryOf(stream)]!, recorded)
    } catch (error) {
      found.push(`${stream} at ${revision} cannot be read: ${String(error)}`)
    }
  }
  return found
}

/** What a process says, it says once: one fact of a kind for each report, one command for each step. */
const nobodyActsTwice = (log: readonly Recorded[]): readonly string[] => {
  const seen = new Map<string, string>()
  const found: string[] = []
  for (const { stream, type, metadata } of log) {
    const { commandId, actor } = metadata as Metadata
    if (actor.role !== 'SYS') continue
    const fact = `${type} in ${stream}`
    if (seen.has(fact)) found.push(`${fact} was said twice, by ${seen.get(fact)} and ${commandId}`)
    seen.set(fact, commandId)
  }
  return found
}

const likeRebuilt = (log: readonly Recorded[], tables: Tables): readonly string[] => {
  const rebuilt = emptyTables()
  applyAll(rebuilt, log)
  const found: string[] = []
  if (tables.position !== rebuilt.position) found.push(`the read model stands at ${tables.position}, the log ends at ${rebuilt.position}`)
  if (tables.passed !== log.length) found.push(`the read model passed ${tables.passed} events of ${log.length}`)
  for (const [stream, rows] of rebuilt.rows)
    if (rows.join() !== tables.rows.get(stream)?.join()) found.push(`the read model's ${stream} differs from its rebuild`)
  return found
}
