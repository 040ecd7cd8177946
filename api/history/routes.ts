import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { EventStore, Position } from '#application/ports/event-store.ts'
import { type HistoryEntry, historyOf, historyPage, type Replayable, stateOf, type Until } from '#application/replay/replay.ts'
import { Role } from '#domain/shared/actor.ts'
import { BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { StreamName } from '#domain/shared/stream-name.ts'
import type { Access } from '../access.ts'
import { etagOf } from '../conditional.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { Problem } from '../problem.ts'
import { type App, readFailures } from '../schemas.ts'

const HistoryEvent = z
  .strictObject({
    id: z.string(),
    revision: z.int(),
    position: z.string(),
    type: z.string(),
    schemaVersion: z.int(),
    at: Instant,
    businessDate: BusinessDate,
    actor: z.strictObject({ userId: z.string(), role: Role, orgCode: z.string() }),
    commandId: z.string(),
    correlationId: z.string(),
    causationId: z.string().optional(),
    reason: z.string().optional(),
    trace: z.string().optional(),
    data: z.unknown().describe('As it was written, in its schema version'),
  })
  .meta({ id: 'HistoryEvent' })

const HistoryQuery = z.strictObject({
  from: z.coerce.number().int().min(0).default(0).describe('First revision wanted'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})
const StateQuery = z.strictObject({
  revision: z.coerce.number().int().min(0).optional().describe('As of this revision'),
  at: Instant.optional().describe('As of this instant'),
})
const History = z.strictObject({ events: z.array(HistoryEvent), next: z.int().nullable().describe('`from` of the next page; null at the end') })
const State = z.strictObject({ revision: z.int(), position: z.string(), at: Instant, state: z.unknown() })

const onWire = (entry: HistoryEntry): z.output<typeof HistoryEvent> => ({
  ...entry,
  revision: Number(entry.revision),
  businessDate: entry.businessDate as BusinessDate,
})

export type HistorySpec<P extends z.ZodType> = {
  /** The resource's path, e.g. `/v1/daily-reports/:province/:date`. */
  readonly url: string
  /** Goes into the operations' names: `getDailyReportHistory`. */
  readonly name: string
  readonly params: P
  readonly access: Access
  readonly aggregate: Replayable
  /** Throws a Problem when the caller may not know that it exists. */
  readonly stream: (params: z.output<P>) => StreamName
  /** May this caller know of the stream? Only asked for what row scope alone does not decide. */
  readonly visible?: (params: z.output<P>, request: FastifyRequest, reply: FastifyReply) => Promise<boolean>
}

/** Replay of one kind of stream: every event as recorded, and the state as it was at a revision or an instant. */
export const historyRoutes = <P extends z.ZodType>(app: App, store: EventStore, spec: HistorySpec<P>): void => {
  app.route({
    method: 'GET',
    url: `${spec.url}/history`,
    config: { access: spec.access },
    schema: {
      operationId: `get${spec.name}History`,
      tags: ['replay'],
      summary: 'Every event: who, in which role, when, why, because of what',
      description: 'As NDJSON the whole history from `from` on is streamed.',
      params: spec.params,
      querystring: HistoryQuery,
      response: { 200: History, ...readFailures() },
    },
    handler: async (request, reply) => {
      const stream = spec.stream(request.params as z.output<P>)
      const { from, limit } = request.query as z.output<typeof HistoryQuery>
      await mustBeVisible(spec, request, reply)
      if (formatOf(request, ['json', 'ndjson']) === 'ndjson') return sendRows(reply, 'ndjson', wired(historyOf(store, stream, BigInt(from))))
      const entries = await historyPage(store, stream, BigInt(from), limit + 1)
      if (entries.length === 0 && from === 0) throw new Problem('NOT_FOUND')
      const events = entries.slice(0, limit).map(onWire)
      return reply.send({ events, next: entries.length > limit ? from + limit : null })
    },
  })
  app.route({
    method: 'GET',
    url: `${spec.url}/state`,
    config: { access: spec.access },
    schema: {
      operationId: `get${spec.name}State`,
      tags: ['replay'],
      summary: 'The state as it was, folded by the code that decides',
      params: spec.params,
      querystring: StateQuery,
      response: { 200: State, ...readFailures() },
    },
    handler: async (request, reply) => {
      const stream = spec.stream(request.params as z.output<P>)
      const { revision, at } = request.query as z.output<typeof StateQuery>
      await mustBeVisible(spec, request, reply)
      const until: Until = { ...(revision !== undefined && { revision: BigInt(revision) }), ...(at !== undefined && { at }) }
      const replayed = await stateOf(store, spec.aggregate, stream, until)
      if (replayed.revision === 'absent' || (revision !== undefined && replayed.revision < BigInt(revision))) throw new Problem('NOT_FOUND')
      void reply.header('etag', etagOf(replayed.revision))
      return reply.send({ revision: Number(replayed.revision), position: replayed.position as Position, at: replayed.at as Instant, state: replayed.state })
    },
  })
}

async function* wired(entries: AsyncIterable<HistoryEntry>): AsyncGenerator<object> {
  for await (const entry of entries) yield onWire(entry)
}

const mustBeVisible = async <P extends z.ZodType>({ visible }: HistorySpec<P>, request: FastifyRequest, reply: FastifyReply): Promise<void> => {
  if (visible && !(await visible(request.params as z.output<P>, request, reply))) throw new Problem('NOT_FOUND')
}
