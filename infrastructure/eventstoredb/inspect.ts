import { randomUUID } from 'node:crypto'
import { AccessDeniedError, type EventStoreDBClient, jsonEvent, WrongExpectedVersionError } from '@eventstore/db-client'
import { LIMITS } from '#application/ports/event-store.ts'
import { PATIENCE, within } from './ask.ts'
import { createConnection, serverVersion } from './client.ts'
import { failureOf } from './failure.ts'
import { clockSkewMs, type Node, nodeOf, options } from './http.ts'
import { take } from './read.ts'

/** `unknown`: this cannot be seen from here; the detail says where to look. */
type Verdict = 'ok' | 'fault' | 'unknown'
export type Finding = { readonly check: string; readonly verdict: Verdict; readonly detail: string }

/** Positions in every answer came with 22.6. */
const OLDEST = [22, 6] as const
/** EventStoreDB itself ended with 24.10, in October 2026; from 25.0 on the same server is called KurrentDB. */
const LAST_OF_ITS_NAME = 24
const MOST_SKEW_MS = 5_000
const IMPOSSIBLE = 999_999_999n

/** Settings under which the server acknowledges what it may lose, or lets anybody do anything. */
const UNSAFE: Readonly<Record<string, string>> = {
  MemDb: 'it keeps events in memory only',
  UnsafeDisableFlushToDisk: 'it acknowledges before the disk has it',
  UnsafeIgnoreHardDelete: 'it does not keep to deletions',
  Insecure: 'it asks nobody who he is',
}

/**
 * What can be learnt of a server with the rights that the program itself has, without writing anything: attempts that could
 * write expect a revision that no stream has. Never throws for what the server does; the findings say it.
 */
export const inspectEventStoreDb = async (url: string): Promise<readonly Finding[]> => {
  const connection = createConnection(url)
  const node = nodeOf(url)
  try {
    const [client, writer] = [await connection.reading(), await connection.appending()]
    const stream = `DailyReport-${randomUUID().replaceAll('-', '')}`
    const reached = await readable(client)
    if (reached.verdict === 'fault') return [reached]
    return [
      reached,
      await version(client),
      await largestAppend(writer, stream),
      ...(await rights(client, stream, node)),
      ...(await configuration(node)),
      await clock(node),
    ]
  } finally {
    await connection.close()
  }
}

const tried = async <T>(call: Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> =>
  within(call, PATIENCE.answerMs).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
const textOf = (error: unknown): string => {
  const failure = failureOf(error)
  if (failure.kind === 'refused') return failure.error.message
  return error instanceof Error ? error.message || error.name : String(error)
}

const readable = async (client: EventStoreDBClient): Promise<Finding> => {
  const check = '$all is readable'
  const answer = await tried(take(client.readAll({ maxCount: 1 }), 1, PATIENCE.answerMs))
  return 'error' in answer
    ? { check, verdict: 'fault', detail: textOf(answer.error) }
    : { check, verdict: 'ok', detail: 'the feed of the read models can be read' }
}

const version = async (client: EventStoreDBClient): Promise<Finding> => {
  const check = 'server version'
  const answer = await tried(serverVersion(client))
  if ('error' in answer) return { check, verdict: 'unknown', detail: textOf(answer.error) }
  const [major = 0, minor = 0] = answer.value.split('.').map((part) => Number.parseInt(part, 10))
  if (!(major > 0)) return { check, verdict: 'unknown', detail: answer.value }
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) return { check, verdict: 'fault', detail: `${answer.value} is older than 22.6` }
  const ended = major <= LAST_OF_ITS_NAME ? '; no longer maintained since October 2026, KurrentDB 26.0 takes its data over' : ''
  return { check, verdict: 'ok', detail: `${answer.value}${ended}` }
}

/** A refused expectation shows that the size was taken; nothing is written. */
const largestAppend = async (client: EventStoreDBClient, stream: string): Promise<Finding> => {
  const check = 'largest append'
  const type = 'SizeProbe'
  const data = 'x'.repeat(LIMITS.appendBytes - 2 * type.length - 2)
  const answer = await tried(client.appendToStream(stream, jsonEvent({ type, data }), { expectedRevision: IMPOSSIBLE }))
  if ('error' in answer && answer.error instanceof WrongExpectedVersionError) return { check, verdict: 'ok', detail: `takes ${LIMITS.appendBytes} bytes` }
  const failure = 'error' in answer ? failureOf(answer.error) : undefined
  if (failure?.kind === 'too large')
    return { check, verdict: 'fault', detail: `takes only ${failure.limit} bytes; set MaxAppendSize to at least ${LIMITS.appendBytes}` }
  return { check, verdict: 'fault', detail: 'error' in answer ? textOf(answer.error) : 'wrote what it should have refused' }
}

/** Tries what the program must not be able to do, where it could do no harm. */
const rights = async (client: EventStoreDBClient, stream: string, node: Node | undefined): Promise<readonly Finding[]> => {
  const attempts: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['deletion is refused', () => client.deleteStream(stream, { expectedRevision: IMPOSSIBLE })],
    ['deletion for ever is refused', () => client.tombstoneStream(stream, { expectedRevision: IMPOSSIBLE })],
    ['truncation is refused', () => client.setStreamMetadata(stream, { truncateBefore: 1 }, { expectedRevision: IMPOSSIBLE })],
  ]
  const may =
    node?.secure === false
      ? 'the server asks nobody who he is (tls=false): everyone may'
      : 'the user in EVENTSTORE_URL may; take the right away (docs/runbooks/eventstoredb-rights.md)'
  const findings: Finding[] = []
  for (const [check, attempt] of attempts) {
    const answer = await tried(attempt())
    const error = 'error' in answer ? answer.error : undefined
    if (error instanceof AccessDeniedError) findings.push({ check, verdict: 'ok', detail: 'access denied, as it should be' })
    else if (error === undefined || error instanceof WrongExpectedVersionError || isPrecondition(error)) findings.push({ check, verdict: 'fault', detail: may })
    else findings.push({ check, verdict: 'unknown', detail: textOf(error) })
  }
  return findings
}

/** gRPC's FAILED_PRECONDITION: the right was there, the revision was not. */
const isPrecondition = (error: unknown): boolean => (error as { readonly code?: unknown }).code === 9

const configuration = async (node: Node | undefined): Promise<readonly Finding[]> => {
  const check = 'safe settings'
  const seen = node && (await options(node))
  if (!seen)
    return [
      { check, verdict: 'unknown', detail: `its options are not shown to this user: see that ${Object.keys(UNSAFE).join(', ')} are off in its configuration` },
    ]
  const bad = Object.entries(UNSAFE).filter(([name]) => seen.get(name.toLowerCase())?.toLowerCase() === 'true')
  if (bad.length === 0) return [{ check, verdict: 'ok', detail: `${Object.keys(UNSAFE).join(', ')} are off` }]
  return bad.map(([name, why]) => ({ check, verdict: 'fault', detail: `${name} is on: ${why}` }))
}

const clock = async (node: Node | undefined): Promise<Finding> => {
  const check = 'clock'
  const skew = node && (await clockSkewMs(node))
  if (skew === undefined) return { check, verdict: 'unknown', detail: 'the server does not tell its time over HTTP' }
  const detail = `${(skew / 1000).toFixed(1)} s from ours`
  return { check, verdict: Math.abs(skew) <= MOST_SKEW_MS ? 'ok' : 'fault', detail }
}
