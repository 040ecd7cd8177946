import { z } from 'zod'
import { PUBLIC } from './access.ts'
import type { App } from './schemas.ts'

/** One thing the server needs, and whether it answers. */
export type Check = { readonly name: string; readonly ok: () => Promise<boolean> }

const PATIENCE_MS = 2_000
const Health = z.strictObject({ status: z.enum(['ok', 'unavailable']), checks: z.record(z.string(), z.boolean()) }).meta({ id: 'Health' })

/** `/health/live`: the process runs (restart it when it does not). `/health/ready`: it can serve (send it no requests while it cannot). */
export const healthRoutes =
  (checks: readonly Check[]) =>
  async (app: App): Promise<void> => {
    app.get(
      '/health/live',
      { config: PUBLIC, schema: { operationId: 'getLiveness', tags: ['operation'], summary: 'The process runs', response: { 200: Health, 503: Health } } },
      async () => ({ status: 'ok' as const, checks: {} }),
    )
    app.get(
      '/health/ready',
      {
        config: PUBLIC,
        schema: { operationId: 'getReadiness', tags: ['operation'], summary: 'The log and the read models answer', response: { 200: Health, 503: Health } },
      },
      async (_, reply) => {
        const answers = await Promise.all(checks.map(async ({ name, ok }) => [name, await withinPatience(ok)] as const))
        const ready = answers.every(([, ok]) => ok)
        return reply
          .code(ready ? 200 : 503)
          .header('cache-control', 'no-store')
          .send({ status: ready ? 'ok' : 'unavailable', checks: Object.fromEntries(answers) })
      },
    )
  }

const withinPatience = (ok: () => Promise<boolean>): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((done) => {
    timer = setTimeout(() => done(false), PATIENCE_MS)
  })
  return Promise.race([ok().catch(() => false), late]).finally(() => clearTimeout(timer))
}
