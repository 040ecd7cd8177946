import { canonicalJson } from '#domain/shared/canonical-json.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import { accept, type Decider, type Decision, reject } from '#domain/shared/decider.ts'
import type { ScreeningRuleSetCommand } from './commands.ts'
import type { ScreeningEvent } from './events.ts'
import { type Content, MAX_SCORE, type Rule } from './fields.ts'
import { MEASURES } from './measures.ts'
import type { ScreeningRejection } from './rejections.ts'
import { type Draft, evolve, initial, type RuleSets, SHIPPED } from './state.ts'

type Data<T extends ScreeningRuleSetCommand['type']> = Extract<ScreeningRuleSetCommand, { type: T }>['data']
type Answer = Decision<ScreeningEvent, ScreeningRejection>

/** 筛选规则集: drafted, changed and published with four eyes; what is published never changes. */
export const screeningRuleSet: Decider<ScreeningRuleSetCommand, RuleSets, ScreeningEvent, ScreeningRejection> = {
  initial,
  evolve,
  decide: (command, sets) => {
    switch (command.type) {
      case 'DraftRuleSet':
        return draft(command.data, sets)
      case 'RevokeRuleSet':
        return revoke(command.data, sets)
      default:
        return sets.draft ? inDraft(command, sets.draft) : reject({ code: 'NO_OPEN_DRAFT' })
    }
  },
}

const draft = ({ at, by, basedOn, content }: Data<'DraftRuleSet'>, { draft: open, versions, last }: RuleSets): Answer => {
  if (open) return reject({ code: 'DRAFT_EXISTS', version: open.version })
  if (basedOn !== undefined && basedOn !== SHIPPED && !versions.has(basedOn)) return reject({ code: 'UNKNOWN_VERSION', version: basedOn })
  const fault = faultOf(content)
  if (fault) return reject(fault)
  return accept({ type: 'RuleSetDrafted', data: { at, by, version: last + 1, ...(basedOn !== undefined && { basedOn }), content } })
}

type InDraft = Exclude<ScreeningRuleSetCommand, { type: 'DraftRuleSet' | 'RevokeRuleSet' }>

const inDraft = (command: InDraft, { version, content, writers }: Draft): Answer => {
  const { at, by } = command.data
  switch (command.type) {
    case 'ChangeRuleSet': {
      const fault = faultOf(command.data.content)
      if (fault) return reject(fault)
      if (canonicalJson(content) === canonicalJson(command.data.content)) return accept()
      return accept({ type: 'RuleSetChanged', data: { at, by, version, content: command.data.content } })
    }
    case 'DiscardRuleSet':
      return accept({ type: 'RuleSetDiscarded', data: { at, by, version, reason: command.data.reason } })
    case 'PublishRuleSet': {
      const { effectiveFrom } = command.data
      const today = businessDateOf(at)
      if (content.rules.length + content.triggers.length === 0) return reject({ code: 'EMPTY_RULE_SET' })
      if (writers.has(by)) return reject({ code: 'SELF_APPROVAL' })
      if (effectiveFrom < today) return reject({ code: 'EFFECTIVE_IN_PAST', effectiveFrom, today })
      return accept({ type: 'RuleSetPublished', data: { at, by, version, effectiveFrom, content } })
    }
  }
}

/** Only while it has not taken effect. */
const revoke = ({ at, by, version, reason }: Data<'RevokeRuleSet'>, { versions }: RuleSets): Answer => {
  const found = versions.get(version)
  if (!found) return reject({ code: 'UNKNOWN_VERSION', version })
  if (found.revoked) return accept()
  if (found.effectiveFrom <= businessDateOf(at)) return reject({ code: 'ALREADY_EFFECTIVE', version, effectiveFrom: found.effectiveFrom })
  return accept({ type: 'RuleSetRevoked', data: { at, by, version, reason } })
}

/** What makes a rule set no rule set; undefined when nothing does. */
export const faultOf = ({ rules, triggers, cutOffs }: Content): ScreeningRejection | undefined => {
  const ids = [...rules, ...triggers].map(({ id }) => id)
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) return { code: 'DUPLICATE_RULE', rule: twice }
  for (const rule of rules) {
    if (rule.bins.some(({ from }, index) => index > 0 && from <= rule.bins[index - 1]!.from)) return { code: 'BINS_UNORDERED', rule: rule.id }
    if (!keepsShape(rule)) return { code: 'NOT_MONOTONE', rule: rule.id }
  }
  const sum = rules.reduce((most, rule) => most + highest(rule), 0)
  if (sum > MAX_SCORE) return { code: 'POINTS_OVER_MAXIMUM', sum, maximum: MAX_SCORE }
  return cutOffs.I > cutOffs.II && cutOffs.II > cutOffs.III ? undefined : { code: 'LEVELS_UNORDERED' }
}

const keepsShape = ({ measure, below, bins }: Rule): boolean => {
  const { shape } = MEASURES[measure]
  const points = [below, ...bins.map((bin) => bin.points)]
  if (shape === 'rising') return points.every((value, index) => index === 0 || value >= points[index - 1]!)
  return shape === 'free' || points.every((value, index) => index === 0 || value <= points[index - 1]!)
}

const highest = ({ below, bins, unknown }: Rule): number => Math.max(below, unknown, ...bins.map(({ points }) => points))
