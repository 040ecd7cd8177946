import { z } from 'zod'
import type { EventStore } from '#application/ports/event-store.ts'
import {
  type RuleScope,
  type RuleSetUseCases,
  readRuleSets,
  ruleSetAggregate,
  ruleSetInForce,
  ruleSetRoles,
  ruleSetStream,
} from '#application/screening/use-cases.ts'
import { EVERYBODY, PROVINCE_READERS } from '#application/shared/authorise.ts'
import { ScreeningRuleSetCommand } from '#domain/screening/commands.ts'
import { Content, RuleSet, VersionNo } from '#domain/screening/fields.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { readBy } from '../access.ts'
import { commandRoutes } from '../command-route.ts'
import { bodyOf } from '../command-schema.ts'
import { etagOf } from '../conditional.ts'
import { historyRoutes } from '../history/routes.ts'
import { type App, readFailures } from '../schemas.ts'
import { screeningRefusals } from './refusals.ts'

const URL = '/v1/screening/rule-sets'
const OfNation = z.strictObject({})
const OfProvince = z.strictObject({ province: ProvinceCode })

type Needs = { readonly useCases: RuleSetUseCases; readonly store: EventStore; readonly shipped: RuleSet; readonly today: () => BusinessDate }

const Standing = z
  .strictObject({
    inForce: RuleSet.describe('What judges customers today: the own set, else the national one, else the one that ships'),
    versions: z.array(RuleSet.extend({ revoked: z.boolean() })),
    draft: z.strictObject({ version: VersionNo, content: Content }).nullable(),
  })
  .meta({ id: 'ScreeningRuleSets' })

/** Rule sets (筛选规则集) of the nation and of each province: draft, change, publish with four eyes, see what stands. */
export const ruleSetRoutes = (app: App, needs: Needs): void => {
  ofScope(app, needs, { url: `${URL}/national`, name: 'National', params: OfNation, scope: 'nation', of: () => 'national', side: 'HQ_' })
  ofScope(app, needs, {
    url: `${URL}/:province`,
    name: 'Provincial',
    params: OfProvince,
    scope: 'province',
    of: ({ province }) => province ?? 'national',
    side: 'PV_',
  })
}

type Named = { readonly province?: ProvinceCode }
type Side = {
  readonly url: string
  readonly name: string
  readonly params: z.ZodType<Named>
  readonly scope: 'nation' | 'province'
  readonly of: (params: Named) => RuleScope
  readonly side: string
}

const ofScope = (app: App, needs: Needs, { url, name, params, scope, of, side }: Side): void => {
  const { execute } = needs.useCases
  const command = commandRoutes(app, 'screening', screeningRefusals)
  const common = { params, scope } as const
  const roles = (type: ScreeningRuleSetCommand['type']) => ruleSetRoles[type].filter((role) => role.startsWith(side))
  command({
    ...common,
    url: `${url}/draft`,
    operationId: `draft${name}RuleSet`,
    summary: 'Begin a draft of the rule set',
    roles: roles('DraftRuleSet'),
    body: bodyOf(ScreeningRuleSetCommand, 'DraftRuleSet'),
    run: (key, data, asked) => execute(of(key), { type: 'DraftRuleSet', data }, asked),
  })
  command({
    ...common,
    method: 'PUT',
    url: `${url}/draft`,
    operationId: `change${name}RuleSet`,
    summary: 'Change what the draft says',
    roles: roles('ChangeRuleSet'),
    body: bodyOf(ScreeningRuleSetCommand, 'ChangeRuleSet'),
    run: (key, data, asked) => execute(of(key), { type: 'ChangeRuleSet', data }, asked),
  })
  command({
    ...common,
    url: `${url}/draft/discarding`,
    operationId: `discard${name}RuleSet`,
    summary: 'Give the draft up',
    roles: roles('DiscardRuleSet'),
    body: bodyOf(ScreeningRuleSetCommand, 'DiscardRuleSet'),
    run: (key, data, asked) => execute(of(key), { type: 'DiscardRuleSet', data }, asked),
  })
  command({
    ...common,
    url: `${url}/draft/publication`,
    operationId: `publish${name}RuleSet`,
    summary: 'Publish the draft (发布); not by who wrote it',
    roles: roles('PublishRuleSet'),
    body: bodyOf(ScreeningRuleSetCommand, 'PublishRuleSet'),
    run: (key, data, asked) => execute(of(key), { type: 'PublishRuleSet', data }, asked),
  })
  command({
    ...common,
    url: `${url}/revocation`,
    operationId: `revoke${name}RuleSet`,
    summary: 'Take a version back before it is in force (撤回)',
    roles: roles('RevokeRuleSet'),
    body: bodyOf(ScreeningRuleSetCommand, 'RevokeRuleSet'),
    run: (key, data, asked) => execute(of(key), { type: 'RevokeRuleSet', data }, asked),
  })
  const access = scope === 'nation' ? readBy(EVERYBODY, 'own') : readBy(PROVINCE_READERS, 'province')
  app.get(
    url,
    {
      config: access,
      schema: {
        operationId: `get${name}RuleSets`,
        tags: ['screening'],
        summary: 'The rule set in force, every version, and the draft',
        params,
        response: { 200: Standing, ...readFailures() },
      },
    },
    async (request, reply) => {
      const own = of(request.params)
      const { sets, revision } = await readRuleSets(needs.store, own)
      const inForce = await ruleSetInForce(needs.store, needs.shipped, own, needs.today())
      const draft = sets.draft ? { version: sets.draft.version, content: sets.draft.content } : null
      return reply.header('etag', etagOf(revision)).send({ inForce, versions: [...sets.versions.values()], draft })
    },
  )
  historyRoutes(app, needs.store, {
    url,
    name: `${name}RuleSet`,
    params,
    access: access.access,
    aggregate: ruleSetAggregate,
    stream: (key: Named) => ruleSetStream(of(key)),
  })
}
