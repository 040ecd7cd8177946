import type { ScreeningRuleSetCommand } from '#domain/screening/commands.ts'
import { screeningRuleSet } from '#domain/screening/decider.ts'
import { type ScreeningEvent, screeningEvents } from '#domain/screening/events.ts'
import type { RuleSet } from '#domain/screening/fields.ts'
import type { ScreeningRejection } from '#domain/screening/rejections.ts'
import { type Draft, evolve, initial, type RuleSets, ruleSetOn } from '#domain/screening/state.ts'
import type { Role } from '#domain/shared/actor.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { type StreamName, streamName } from '#domain/shared/stream-name.ts'
import type { EventStore, ExpectedRevision } from '../ports/event-store.ts'
import type { Asked, Unsigned } from '../shared/asked.ts'
import { NATION, ofProvince } from '../shared/authorise.ts'
import { readEvent } from '../shared/load.ts'
import type { Outcome } from '../shared/outcome.ts'
import { perform, type Working } from '../shared/perform.ts'

/** Whose customers a rule set is for: those of the nation, or of a province that has one of its own. */
export type RuleScope = 'national' | ProvinceCode
export const ruleSetStream = (scope: RuleScope): StreamName => streamName('ScreeningRuleSet', scope)

export const ruleSetRoles: Readonly<Record<ScreeningRuleSetCommand['type'], readonly Role[]>> = {
  DraftRuleSet: ['HQ_TARIFF', 'PV_TARIFF'],
  ChangeRuleSet: ['HQ_TARIFF', 'PV_TARIFF'],
  DiscardRuleSet: ['HQ_TARIFF', 'PV_TARIFF'],
  PublishRuleSet: ['HQ_LEAD', 'PV_LEAD'],
  RevokeRuleSet: ['HQ_LEAD', 'PV_LEAD'],
}

export const ruleSetAggregate = { catalogue: screeningEvents, decider: screeningRuleSet }

export type RuleSetUseCases = {
  readonly execute: (scope: RuleScope, command: Unsigned<ScreeningRuleSetCommand>, asked: Asked) => Promise<Outcome<ScreeningRejection>>
}

/** Headquarters keeps the national rule set; a province may keep its own, which then goes before it. */
export const ruleSetUseCases = (working: Working): RuleSetUseCases => ({
  execute: (scope, command, asked) =>
    perform(
      working,
      ruleSetAggregate,
      ruleSetRoles,
      { stream: ruleSetStream(scope), subject: scope === 'national' ? NATION : ofProvince(scope) },
      command,
      asked,
    ),
})

export type RuleSetsAsRead = { readonly sets: RuleSets; readonly revision: ExpectedRevision }

/** All rule sets of a scope, from the log itself: who has just changed one sees it. */
export const readRuleSets = async (store: EventStore, scope: RuleScope): Promise<RuleSetsAsRead> => {
  let sets = initial
  let revision: ExpectedRevision = 'absent'
  for await (const page of store.readStream(ruleSetStream(scope)))
    for (const recorded of page) {
      sets = evolve(sets, readEvent<ScreeningEvent>(screeningEvents, recorded).event)
      revision = recorded.revision
    }
  return { sets, revision }
}

/** The rule set by which a province's customers are judged on a date: its own, else the nation's, else the one that ships. */
export const ruleSetInForce = async (store: EventStore, shipped: RuleSet, own: RuleScope, date: BusinessDate): Promise<RuleSet> => {
  for (const scope of new Set<RuleScope>([own, 'national'])) {
    const found = ruleSetOn((await readRuleSets(store, scope)).sets, date)
    if (found) return plain(found)
  }
  return shipped
}

const plain = ({ version, effectiveFrom, content }: RuleSet): RuleSet => ({ version, effectiveFrom, content })

/** Provinces that one rule set judges; `scope`: whose it is, the nation's also where it is the one that ships. */
export type Judged = {
  readonly scope: RuleScope
  readonly drafted: boolean
  readonly ruleSet: Pick<RuleSet, 'version' | 'content'>
  readonly provinces: readonly ProvinceCode[]
}

/**
 * Provinces by the rule set that judges them on a date: those without one of their own together, then each of the others.
 * `drafts`: what would judge them if every open draft were published.
 */
export const judgedBy = async (
  store: EventStore,
  shipped: RuleSet,
  provinces: readonly ProvinceCode[],
  date: BusinessDate,
  drafts = false,
): Promise<readonly Judged[]> => {
  const of = async (scope: RuleScope): Promise<Pick<Judged, 'drafted' | 'ruleSet'> | undefined> => {
    const { sets } = await readRuleSets(store, scope)
    if (drafts && sets.draft) return { drafted: true, ruleSet: sets.draft }
    const found = ruleSetOn(sets, date)
    return found && { drafted: false, ruleSet: found }
  }
  const own: Judged[] = []
  const others: ProvinceCode[] = []
  for (const province of provinces) {
    const found = await of(province)
    if (found) own.push({ scope: province, ...found, provinces: [province] })
    else others.push(province)
  }
  if (others.length === 0) return own
  return [{ scope: 'national', ...((await of('national')) ?? { drafted: false, ruleSet: shipped }), provinces: others }, ...own]
}

/** The draft that would judge a province if it were published: its own, else the nation's where it has no rules of its own. */
export const draftFor = async (store: EventStore, own: RuleScope, date: BusinessDate): Promise<Draft | undefined> => {
  const { sets } = await readRuleSets(store, own)
  if (sets.draft || own === 'national' || ruleSetOn(sets, date)) return sets.draft
  return (await readRuleSets(store, 'national')).sets.draft
}
