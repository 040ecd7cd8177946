import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { fromEvent, merge, Subject, timer } from 'rxjs'
import { z } from 'zod'
import type { Directory } from '#application/organisation/directory.ts'
import type { Clock } from '#application/ports/clock.ts'
import type { Position, Recorded } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import { authorise, EVERYBODY, NATION, ofProvince, PROVINCE_READERS, ROLES } from '#application/shared/authorise.ts'
import type { Actor } from '#domain/shared/actor.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { categoryOf, idsOf } from '#domain/shared/stream-name.ts'
import { readBy } from '../access.ts'
import { actorOf } from '../identity.ts'
import { Problem } from '../problem.ts'
import { type App, failures } from '../schemas.ts'
import { followChanges } from './stream.ts'

export type ChangesLimits = {
  /** Streams open at once, of all callers and of one. */
  readonly most: number
  readonly mostEach: number
  /** A stream ends after so long, so that who follows shows a token that is still good. */
  readonly lifeMs: number
  readonly beatMs: number
}
const LIMITS: ChangesLimits = { most: 500, mostEach: 6, lifeMs: 15 * 60_000, beatMs: 15_000 }

type Needs = { readonly feed: Feed; readonly directory: Directory; readonly clock: Clock; readonly limits?: Partial<ChangesLimits> }

const DESCRIPTION = `Server-sent events: \`id\` is the place in the log, \`data\` is \`{stream, revision, type, at}\` and nothing of what the event says.
Begins with what happens from now on, or after \`Last-Event-ID\` (or \`after=\`), without gap or repetition. National streams are for everybody;
those of a province for whoever may read that province as a whole. Ends after 15 minutes: come back with the last id and a fresh token.`

/** 变更通知: tells whoever follows that something of theirs changed. */
export const changesRoutes =
  ({ feed, directory, clock, limits }: Needs) =>
  async (app: App): Promise<void> => {
    const { most, mostEach, lifeMs, beatMs } = { ...LIMITS, ...limits }
    const closing$ = new Subject<void>()
    app.addHook('preClose', async () => closing$.next())
    const open = new Map<string, number>()
    let all = 0
    /** Whoever waits at the same place for the same news is served by one reading. */
    const reading = new Map<string, ReturnType<Feed['read']>>()
    const read: Feed['read'] = (after, limit) => {
      const key = `${after ?? ''} ${limit}`
      const page = reading.get(key) ?? feed.read(after, limit).finally(() => reading.delete(key))
      reading.set(key, page)
      return page
    }

    app.get(
      '/v1/changes',
      {
        config: readBy(EVERYBODY, 'own'),
        schema: {
          operationId: 'followChanges',
          tags: ['replay'],
          summary: 'What changes, as it happens',
          description: DESCRIPTION,
          querystring: z.strictObject({ after: z.string().max(64).optional().describe('As Last-Event-ID, which goes first') }),
          response: {
            200: { description: 'Events until either side ends it', content: { 'text/event-stream': { schema: z.string() } } },
            ...failures(400, 401, 403, 406, 429),
          },
        },
      },
      async (request, reply) => {
        const actor = actorOf(request)
        const start = startOf(request, feed) ?? (await feed.head())
        const mine = open.get(actor.userId) ?? 0
        if (mine >= mostEach || all >= most)
          throw new Problem('TOO_MANY_STREAMS', { most: mine >= mostEach ? mostEach : most, headers: { 'retry-after': '10' } })
        open.set(actor.userId, mine + 1)
        all++
        reply.raw.once('close', () => {
          all--
          const left = (open.get(actor.userId) ?? 1) - 1
          if (left === 0) open.delete(actor.userId)
          else open.set(actor.userId, left)
        })
        const end$ = merge(closing$, fromEvent(reply.raw, 'close'), timer(lifeMs))
        const events = followChanges({ feed, read, sees: seenBy(actor, directory, clock), end$, beatMs }, start)
        const body = Readable.from(untilFailure(events, request), { objectMode: false })
        void reply.headers({ 'cache-control': 'no-store', connection: 'close', 'x-accel-buffering': 'no' })
        return reply.type('text/event-stream; charset=utf-8').send(body as never)
      },
    )
  }

const startOf = (request: FastifyRequest, feed: Pick<Feed, 'compare'>): Position | undefined => {
  const last = request.headers['last-event-id'] ?? (request.query as { readonly after?: string }).after
  if (last === undefined || last === '') return undefined
  const position = String(last) as Position
  try {
    if (feed.compare(position, position) === 0) return position
  } catch {}
  throw new Problem('BAD_POSITION')
}

/** National matters are everybody's but for a few that are headquarters' own; a province's those of whoever reads the province as a whole, as its streams are otherwise read. */
const seenBy = (actor: Actor, directory: Directory, clock: Clock) => async (): Promise<(event: Recorded) => boolean> => {
  await directory.refresh()
  const today = businessDateOf(clock.now())
  const known = new Map<string, boolean>()
  return (event) => {
    const whose = whoseMatter(event)
    if (whose === EVERYBODYS) return true
    const seen = known.get(whose) ?? maySee(actor, whose, directory, today)
    known.set(whose, seen)
    return seen
  }
}

const EVERYBODYS = 'everybody'
const HEADQUARTERS = 'headquarters'
/** What is between headquarters and several provinces, or nobody's but headquarters': who is held or spared says what was drafted. */
const OF_HEADQUARTERS: ReadonlySet<string> = new Set(['Bulletin', 'GroupUser', 'OrderNumbers', 'WarningRun', 'WarningSilences', 'WarningSubject'])

/** Whose matter an event is: that of a province by its code, of headquarters, or everybody's. */
const whoseMatter = ({ stream, type, revision, data }: Recorded): string => {
  const category = categoryOf(stream)
  if (OF_HEADQUARTERS.has(category)) return HEADQUARTERS
  const [first = ''] = idsOf(stream)
  if (category !== 'WarningWorkOrder') return first === 'national' ? EVERYBODYS : first
  // A province does not know of drafts, nor of one that is withdrawn before it was issued.
  if (type === 'OrderDrafted' || type === 'OrderNumberVoided' || (type === 'OrderWithdrawn' && revision === 1n)) return HEADQUARTERS
  return String((data as { readonly province?: unknown }).province)
}

const maySee = (actor: Actor, id: string, directory: Directory, today: ReturnType<typeof businessDateOf>): boolean => {
  if (id === HEADQUARTERS) return authorise(actor, [...ROLES.headquarters, 'SYS'], NATION, directory, today).ok
  const province = ProvinceCode.safeParse(id)
  return province.success && authorise(actor, PROVINCE_READERS, ofProvince(province.data), directory, today).ok
}

/** A log that cannot be read ends the stream in good order; the client comes back with its last id. */
async function* untilFailure(events: AsyncIterable<string>, request: FastifyRequest): AsyncGenerator<string> {
  try {
    yield* events
  } catch (error) {
    request.log.warn({ err: error }, 'changes ended early')
  }
}
