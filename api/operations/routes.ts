import { z } from 'zod'
import { ROLES } from '#application/shared/authorise.ts'
import type { ProjectionStatus } from '#projections/shared/status.ts'
import { readBy } from '../access.ts'
import { Problem } from '../problem.ts'
import { type App, failures, readFailures } from '../schemas.ts'

/** What operators may ask of the read models; `false` when there is none of that name. */
export type Operations = {
  readonly status: () => Promise<readonly ProjectionStatus[]>
  readonly rebuild: (projection: string) => Promise<boolean>
  /** Takes up again what was set aside or what had halted. */
  readonly release: (projection: string) => Promise<boolean>
}

const OfProjection = z.strictObject({ name: z.string().regex(/^[a-z0-9-]{1,64}$/) })
const Status = z
  .looseObject({
    name: z.string(),
    version: z.int(),
    generation: z.int(),
    status: z.enum(['building', 'live', 'halted']),
    serving: z.boolean(),
    position: z.string().nullable(),
    asOf: z.string().nullable(),
    lagEvents: z.bigint().meta({ type: 'string' }),
    parkedStreams: z.bigint().meta({ type: 'string' }),
    parkedEvents: z.bigint().meta({ type: 'string' }),
    eventsPerSecond: z.number(),
    secondsLeft: z.number().nullable(),
    healthy: z.boolean(),
  })
  .meta({ id: 'ProjectionStatus' })

/** The read models: how they stand, build one again, take up what was set aside. */
export const operationsRoutes =
  ({ status, rebuild, release }: Operations) =>
  async (app: App): Promise<void> => {
    app.get(
      '/v1/projections',
      {
        config: readBy([...ROLES.headquarters, 'ADMIN', 'SYS'], 'own'),
        schema: {
          operationId: 'listProjections',
          tags: ['operation'],
          summary: 'How every read model stands: position, lag, faults, progress of a rebuild',
          response: { 200: z.strictObject({ projections: z.array(Status) }), ...readFailures() },
        },
      },
      async (_, reply) => reply.send({ projections: (await status()).map((one) => ({ ...one })) }),
    )
    const verbs = [
      ['rebuild', 'rebuildProjection', 'Build it again beside the live one, and switch when it has caught up', rebuild],
      ['release', 'releaseProjection', 'Take up again what was set aside, in order', release],
    ] as const
    for (const [verb, operationId, summary, run] of verbs)
      app.post(
        `/v1/projections/:name/${verb}`,
        {
          config: readBy(['ADMIN'], 'nation'),
          schema: {
            operationId,
            tags: ['operation'],
            summary,
            params: OfProjection,
            response: { 202: z.strictObject({ name: z.string() }), ...failures(400, 401, 403, 404, 415, 422) },
          },
        },
        async (request, reply) => {
          if (!(await run(request.params.name))) throw new Problem('NOT_FOUND')
          return reply.code(202).send({ name: request.params.name })
        },
      )
  }
