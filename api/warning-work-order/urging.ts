import { z } from 'zod'
import { BROUGHT } from '#application/warning-work-order/bring.ts'
import { warningWorkOrderRoles as roles } from '#application/warning-work-order/roles.ts'
import type { OrderOutcome, WarningWorkOrderUseCases } from '#application/warning-work-order/use-cases.ts'
import { WarningWorkOrderCommand } from '#domain/warning-work-order/commands.ts'
import { OrderNo } from '#domain/warning-work-order/fields.ts'
import { askedBy, CommandHeaders } from '../command-route.ts'
import { bodyOf } from '../command-schema.ts'
import type { Freshness } from '../freshness.ts'
import { type App, commandFailures } from '../schemas.ts'
import { ORDERS } from './commands.ts'
import { workOrderRefusals } from './refusals.ts'

const MOST = 1000
const Urging = bodyOf(WarningWorkOrderCommand, 'Urge', ...BROUGHT).extend({ orderNos: z.array(OrderNo).min(1).max(MOST) })
const Urged = z.strictObject({
  orderNo: OrderNo,
  urged: z.boolean(),
  revision: z.int().nullable(),
  code: z.string().nullable().describe('Why it was not urged'),
  message: z.string().nullable(),
})

/** 批量催办: each order for itself, since some were urged a moment ago or have ended. */
export const urgingRoute = (app: App, { useCases: { urgeMany }, fresh }: { readonly useCases: WarningWorkOrderUseCases; readonly fresh: Freshness }): void => {
  app.post(
    `${ORDERS}/urge-batch`,
    {
      config: { access: { kind: 'command', roles: roles.Urge, scope: 'nation' } },
      schema: {
        operationId: 'urgeWorkOrders',
        tags: ['warning-work-order'],
        summary: 'Urge the provinces of many orders at once (批量催办), each for itself',
        description: `At most ${MOST}. The answer says of each whether it was urged, and why not. For ${roles.Urge.join(', ')}. Takes Idempotency-Key.`,
        headers: CommandHeaders,
        body: Urging,
        response: { 200: z.strictObject({ position: z.string().nullable(), orders: z.array(Urged) }), ...commandFailures() },
      },
    },
    async (request, reply) => {
      const { orderNos, ...said } = request.body
      const results = await urgeMany(orderNos, said, askedBy(request))
      const positions = results.flatMap(({ outcome }) => (outcome.kind === 'done' ? [outcome.position] : []))
      return reply.send({ position: fresh.latest(positions), orders: results.map(({ orderNo, outcome }) => ({ orderNo, ...told(outcome) })) })
    },
  )
}

const told = (outcome: OrderOutcome): Omit<z.output<typeof Urged>, 'orderNo'> => {
  if (outcome.kind === 'done') return { urged: true, revision: Number(outcome.revision), code: null, message: null }
  if (outcome.kind === 'rejected')
    return { urged: false, revision: null, code: outcome.rejection.code, message: workOrderRefusals[outcome.rejection.code].title.en }
  const code = outcome.kind === 'forbidden' ? outcome.code : 'CONFLICT'
  return { urged: false, revision: null, code, message: code }
}
