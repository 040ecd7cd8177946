import type pg from 'pg'
import type { Append, AppendOutcome, Position } from '#application/ports/event-store.ts'

/** One append as log.append takes it: -1 stands for a stream without events. */
const lastSeen = ({ expected }: Append): bigint => (expected === 'absent' ? -1n : expected)

const TEXT = 'select base, actual, repeated from log.append($1, $2, $3, $4, $5, $6, $7, $8, $9)'
const AS_TEXT = { getTypeParser: () => (value: string) => value }

/**
 * Sends a group of appends, no two to one stream, in one round trip and one transaction, and answers each. The payloads
 * go as one JSON array each: they are JSON already, so nothing is escaped, and the server parses once.
 */
export const sendBatch = async (client: pg.Client, batch: readonly Append[]): Promise<readonly AppendOutcome[]> => {
  const appends: number[] = []
  const streams: string[] = []
  const revisions: bigint[] = []
  const ids: string[] = []
  const types: string[] = []
  const data: string[] = []
  const metadata: string[] = []
  batch.forEach((append, index) => {
    let revision = lastSeen(append)
    for (const event of append.events) {
      appends.push(index + 1)
      streams.push(append.stream)
      revisions.push(++revision)
      ids.push(event.id)
      types.push(event.type)
      data.push(event.data)
      metadata.push(event.metadata)
    }
  })
  const values = [
    textArray(batch.map(({ stream }) => stream)),
    `{${batch.map(lastSeen).join(',')}}`,
    `{${appends.join(',')}}`,
    textArray(streams),
    `{${revisions.join(',')}}`,
    `{${ids.join(',')}}`,
    textArray(types),
    `[${data.join(',')}]`,
    `[${metadata.join(',')}]`,
  ]
  const { rows } = await client.query<[string, string, string | null], unknown[]>({ name: 'log.append', text: TEXT, values, rowMode: 'array', types: AS_TEXT })
  return outcomesOf(rows[0]!, batch)
}

const SPECIAL = /["\\]/g
const textArray = (values: readonly string[]): string => {
  let out = '{'
  for (let i = 0; i < values.length; i++) out += `${i > 0 ? ',' : ''}"${values[i]!.replace(SPECIAL, '\\$&')}"`
  return `${out}}`
}

const elements = (array: string): readonly string[] => array.slice(1, -1).split(',')

const outcomesOf = ([base, actual, repeated]: readonly [string, string, string | null], batch: readonly Append[]): readonly AppendOutcome[] => {
  const actuals = elements(actual)
  const repeats = repeated === null ? [] : elements(repeated)
  let position = BigInt(base)
  return batch.map((append, index): AppendOutcome => {
    const count = BigInt(append.events.length)
    const last = BigInt(actuals[index]!)
    if (last === lastSeen(append)) {
      position += count
      return { kind: 'appended', revision: last + count, position: String(position) as Position, repeated: false }
    }
    const stood = repeats[index] ?? 'NULL'
    if (stood === 'NULL') return { kind: 'conflict', actual: last < 0n ? 'absent' : last }
    return { kind: 'appended', revision: lastSeen(append) + count, position: stood as Position, repeated: true }
  })
}
