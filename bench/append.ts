import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import type { Bench, Measured, Tools } from './shared/bench.ts'
import { contest, rate } from './shared/rounds.ts'
import { aRequest, encoded, streamOf, userListed } from './shared/sample.ts'

const RAW = `create table raw_event (position bigint generated always as identity primary key, stream text not null, revision bigint not null,
  id uuid not null, type text not null, data jsonb not null, metadata jsonb not null, created timestamptz not null default clock_timestamp(),
  unique (stream, revision))`
const INSERT = 'insert into raw_event (stream, revision, id, type, data, metadata) values ($1, $2, $3, $4, $5, $6)'
const INSERT_MANY = `insert into raw_event (stream, revision, id, type, data, metadata)
  select * from unnest($1::text[], $2::bigint[], $3::uuid[], $4::text[], $5::jsonb[], $6::jsonb[])`

const STREAMS = 5_000
const ROUND_MS = 1_500

const sides = async (tools: Tools, callers: number) => {
  const url = await tools.database()
  const log = await openPostgresEventLog({ url })
  const clients = await Promise.all(
    Array.from({ length: callers }, async () => {
      const client = new pg.Client(url)
      await client.connect()
      return client
    }),
  )
  await clients[0]!.query(RAW)
  const close = async (): Promise<void> => {
    await log.close()
    await Promise.all(clients.map((client) => client.end()))
  }
  return { store: log.store, clients, close }
}

/** Rotates through streams, no two callers in one, and remembers each stream's revision as a caller that has just loaded it would. */
const streams = (callers: number) => {
  const last = new Map<number, bigint>()
  const turns = Array.from({ length: callers }, () => 0)
  return (caller: number, events: number) => {
    const number = ((turns[caller]!++ * callers) % (STREAMS - (STREAMS % callers))) + caller
    const revision = last.get(number)
    last.set(number, (revision ?? -1n) + BigInt(events))
    return { number, stream: streamOf(number), expected: revision ?? ('absent' as const), next: (revision ?? -1n) + 1n }
  }
}

const single =
  (callers: number) =>
  async (tools: Tools): Promise<Measured> => {
    const { store, clients, close } = await sides(tools, callers)
    const [ours, theirs] = [streams(callers), streams(callers)]
    try {
      return await contest({
        unit: 'events/s',
        theirs: () =>
          rate(callers, ROUND_MS, (caller) => {
            const { number, stream, next } = theirs(caller, 1)
            const { type, data } = userListed(number)
            const values = [stream, next, randomUUID(), type, JSON.stringify(data, asText), JSON.stringify(aRequest())]
            return clients[caller]!.query({ name: 'insert', text: INSERT, values })
          }),
        ours: () =>
          rate(callers, ROUND_MS, async (caller) => {
            const { number, stream, expected } = ours(caller, 1)
            const outcome = await store.append({ stream, expected, events: encoded(number) })
            if (outcome.kind === 'conflict') throw new Error(`${stream} is at ${outcome.actual}`)
          }),
      })
    } finally {
      await close()
    }
  }

const asText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value)

const BULK = 500
const bulk = async (tools: Tools): Promise<Measured> => {
  const { store, clients, close } = await sides(tools, 1)
  const [ours, theirs] = [streams(1), streams(1)]
  try {
    return await contest({
      unit: 'appends of 500 per second',
      theirs: () =>
        rate(1, ROUND_MS, () => {
          const { number, stream, next } = theirs(0, BULK)
          const { type, data } = userListed(number)
          const rows = Array.from({ length: BULK }, (_, index) => ({
            revision: next + BigInt(index),
            json: JSON.stringify(data, asText),
            metadata: JSON.stringify(aRequest()),
          }))
          const values = [
            rows.map(() => stream),
            rows.map(({ revision }) => revision),
            rows.map(() => randomUUID()),
            rows.map(() => type),
            rows.map(({ json }) => json),
            rows.map(({ metadata }) => metadata),
          ]
          return clients[0]!.query({ name: 'insert many', text: INSERT_MANY, values })
        }),
      ours: () =>
        rate(1, ROUND_MS, () => {
          const { number, stream, expected } = ours(0, BULK)
          return store.append({ stream, expected, events: encoded(number, BULK) })
        }),
    })
  } finally {
    await close()
  }
}

/** Against the least that any program pays to make one event durable with `pg`: a prepared insert into a table of the same shape. */
export const appendBenches: readonly Bench[] = [
  { name: 'append: 32 callers / 32 connections that insert a row each', aim: { atLeast: 1.3 }, run: single(32) },
  { name: 'append: 8 callers / 8 connections', aim: { atLeast: 0.85 }, run: single(8) },
  { name: 'append: 1 caller / 1 connection', aim: { atLeast: 0.55 }, run: single(1) },
  { name: 'append: 500 events at once / insert of 500 rows by unnest', aim: { atLeast: 0.8 }, run: bulk },
]
