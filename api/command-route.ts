import { randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Asked } from '#application/shared/asked.ts'
import type { Outcome } from '#application/shared/outcome.ts'
import type { Role } from '#domain/shared/actor.ts'
import { Uuid } from '#domain/shared/identity.ts'
import { etagOf, pinnedBy } from './conditional.ts'
import { commandIdOf } from './idempotency.ts'
import { actorOf } from './identity.ts'
import { PROBLEMS, type ProblemContext, sendProblem } from './problem.ts'
import type { Refusals } from './refusals.ts'
import { type App, commandFailures, Receipt } from './schemas.ts'

type CommandSpec<R, P extends z.ZodType, B extends z.ZodType> = {
  readonly method?: 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly params: P
  readonly body?: B
  readonly bodyLimit?: number
  readonly roles: readonly Role[]
  readonly scope: 'own' | 'nation' | 'province'
  /** To callers of other provinces the subject does not exist. */
  readonly hidden?: boolean
  readonly run: (params: z.output<P>, body: z.output<B>, asked: Asked) => Promise<Outcome<R>>
}

/** Registers commands of one capability: each a sub-resource whose body is the command's data, answered by a receipt. */
export const commandRoutes =
  <R extends { readonly code: string }>(app: App, tag: string, refusals: Refusals<R>) =>
  <P extends z.ZodType, B extends z.ZodType = z.ZodUndefined>(spec: CommandSpec<R, P, B>): void => {
    app.route({
      method: spec.method ?? 'POST',
      url: spec.url,
      ...(spec.bodyLimit !== undefined && { bodyLimit: spec.bodyLimit }),
      config: { access: { kind: 'command', roles: spec.roles, scope: spec.scope, hidden: spec.hidden ?? false } },
      schema: {
        operationId: spec.operationId,
        tags: [tag],
        summary: spec.summary,
        description: `${spec.description ?? ''}\n\nFor ${spec.roles.join(', ')}. Takes Idempotency-Key and If-Match.`.trim(),
        headers: CommandHeaders,
        params: spec.params,
        ...(spec.body && { body: spec.body }),
        response: { 200: Receipt, ...commandFailures() },
      },
      handler: async (request, reply) => {
        const outcome = await spec.run(request.params as z.output<P>, request.body as z.output<B>, askedBy(request))
        return answerOutcome(request, reply, outcome, refusals, spec.hidden)
      },
    })
  }

export const CommandHeaders = z.looseObject({
  'idempotency-key': z.string().optional().describe('Names the command: sent again, it is not carried out again but answered as before'),
  'if-match': z.string().optional().describe('The ETag you saw; 412 when it has changed since'),
  'x-correlation-id': z.string().optional().describe('A UUID that ties commands of one piece of work together'),
})

const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** What a request says about its command: who, under which id, having seen what. */
export const askedBy = (request: FastifyRequest): Asked => {
  const actor = actorOf(request)
  const pinned = pinnedBy(request)
  const { traceparent, 'x-correlation-id': correlationId } = request.headers
  return {
    actor,
    commandId: commandIdOf(request, actor),
    correlationId: (correlationId === undefined ? undefined : Uuid.safeParse(correlationId).data) ?? (randomUUID() as Uuid),
    ...(pinned !== undefined && { pinned }),
    ...(typeof traceparent === 'string' && TRACEPARENT.test(traceparent) && { trace: traceparent }),
  }
}

/** Answers for a command: a receipt, or the problem it came to. */
export const answerOutcome = <R extends { readonly code: string }>(
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: Outcome<R>,
  refusals: Refusals<R>,
  hidden = false,
): FastifyReply => {
  switch (outcome.kind) {
    case 'done':
      if (outcome.repeated) void reply.header('idempotency-replayed', 'true')
      return reply
        .code(200)
        .header('etag', etagOf(outcome.revision))
        .send({ revision: Number(outcome.revision), position: outcome.position, repeated: outcome.repeated } satisfies Receipt)
    case 'unchanged':
      return reply
        .code(200)
        .header('etag', etagOf(outcome.revision))
        .send({ revision: outcome.revision === 'absent' ? null : Number(outcome.revision), position: null, repeated: false } satisfies Receipt)
    case 'rejected': {
      const { code } = outcome.rejection
      return sendProblem(request, reply, code, refusals[code as R['code']], membersOf(outcome.rejection))
    }
    case 'conflict': {
      const code = outcome.pinned ? 'REVISION_STALE' : 'CONFLICT'
      return sendProblem(request, reply, code, PROBLEMS[code], { actual: String(outcome.actual), headers: { etag: etagOf(outcome.actual) } })
    }
    case 'forbidden': {
      const code = hidden && outcome.code === 'FORBIDDEN_SCOPE' ? 'NOT_FOUND' : outcome.code
      return sendProblem(request, reply, code, PROBLEMS[code])
    }
  }
}

/** What a refusal says beside its code. The state of the matter is `state`: `status` is HTTP's. */
const membersOf = (rejection: { readonly code: string; readonly status?: unknown }): ProblemContext =>
  Object.fromEntries(Object.entries(rejection).map(([name, value]) => [name === 'status' ? 'state' : name, value]))
