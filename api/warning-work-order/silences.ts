import { z } from 'zod'
import type { Clock } from '#application/ports/clock.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import { historyOf } from '#application/replay/replay.ts'
import { ROLES } from '#application/shared/authorise.ts'
import { WARNING_SILENCES, warningSilencesAggregate } from '#application/warning-work-order/aggregates.ts'
import { warningSilencesRoles as roles } from '#application/warning-work-order/roles.ts'
import type { WarningWorkOrderUseCases } from '#application/warning-work-order/use-cases.ts'
import { Instant } from '#domain/shared/dates.ts'
import { UserId } from '#domain/shared/identity.ts'
import { WarningSilencesCommand } from '#domain/warning-work-order/commands.ts'
import { Matcher, SilenceId } from '#domain/warning-work-order/fields.ts'
import { readBy } from '../access.ts'
import { commandRoutes } from '../command-route.ts'
import { bodyOf } from '../command-schema.ts'
import { historyRoutes } from '../history/routes.ts'
import { formatOf, sendRows } from '../negotiation.ts'
import { type App, readFailures } from '../schemas.ts'
import { silenceRefusals } from './refusals.ts'

const URL = '/v1/warning-silences'
const Silence = z
  .strictObject({
    silenceId: SilenceId,
    matcher: Matcher,
    until: Instant,
    reason: z.string(),
    at: Instant,
    by: UserId,
    state: z.enum(['active', 'expired', 'ended']),
    ended: z.strictObject({ at: Instant, by: UserId, reason: z.string() }).nullable(),
  })
  .meta({ id: 'WarningSilence' })
type Silence = z.output<typeof Silence>

/** As the stream itself tells it, so that who has just set one sees it. */
const silencesOf = async (store: EventStore, now: Instant): Promise<readonly Silence[]> => {
  const silences = new Map<string, Silence>()
  for await (const { type, data } of historyOf(store, WARNING_SILENCES)) {
    const said = data as Omit<Silence, 'state' | 'ended'>
    const { silenceId, at, by, reason } = said
    const standing = silences.get(silenceId)
    if (type === 'Silenced') silences.set(silenceId, { ...said, state: said.until <= now ? 'expired' : 'active', ended: null })
    else if (standing) silences.set(silenceId, { ...standing, state: 'ended', ended: { at, by, reason } })
  }
  return [...silences.values()].toReversed()
}

type Needs = { readonly useCases: WarningWorkOrderUseCases; readonly store: EventStore; readonly clock: Clock }

/** 静默: which warnings are not given, until when, by whom and why. */
export const silenceRoutes = (app: App, { useCases: { silence }, store, clock }: Needs): void => {
  const command = commandRoutes(app, 'warning-work-order', silenceRefusals)
  command({
    params: z.strictObject({}),
    scope: 'nation',
    url: URL,
    operationId: 'silenceWarnings',
    summary: 'Give no warnings of a kind until an instant (静默)',
    description: 'What is left out of the matcher matches everything; every warning that is not given for it is on record.',
    roles: roles.Silence,
    body: bodyOf(WarningSilencesCommand, 'Silence').extend({ silenceId: SilenceId.optional().describe('By `Idempotency-Key` when left out') }),
    run: (_, { silenceId, ...data }, asked) => silence({ type: 'Silence', data: { ...data, silenceId: silenceId ?? SilenceId.parse(asked.commandId) } }, asked),
  })
  command({
    params: z.strictObject({ silenceId: SilenceId }),
    scope: 'nation',
    url: `${URL}/:silenceId/end`,
    operationId: 'endWarningSilence',
    summary: 'End a silence before its time',
    roles: roles.EndSilence,
    body: bodyOf(WarningSilencesCommand, 'EndSilence', 'silenceId'),
    run: ({ silenceId }, data, asked) => silence({ type: 'EndSilence', data: { ...data, silenceId } }, asked),
  })
  app.get(
    URL,
    {
      config: readBy(ROLES.headquarters, 'nation'),
      schema: {
        operationId: 'listWarningSilences',
        tags: ['warning-work-order'],
        summary: 'Silences, the last set first',
        querystring: z.strictObject({ state: Silence.shape.state.optional() }),
        response: { 200: z.strictObject({ silences: z.array(Silence) }), ...readFailures() },
      },
    },
    async (request, reply) => {
      const format = formatOf(request)
      const { state } = request.query
      const silences = (await silencesOf(store, clock.now())).filter((one) => state === undefined || one.state === state)
      if (format !== 'json') return sendRows(reply, format, silences, Object.keys(Silence.shape)) as never
      return reply.send({ silences })
    },
  )
  historyRoutes(app, store, {
    url: URL,
    name: 'WarningSilences',
    params: z.strictObject({}),
    access: readBy(ROLES.headquarters, 'nation').access,
    aggregate: warningSilencesAggregate,
    stream: () => WARNING_SILENCES,
  })
}
