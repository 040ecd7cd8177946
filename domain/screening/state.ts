import type { BusinessDate } from '#domain/shared/dates.ts'
import { inForceOn } from '#domain/shared/effective.ts'
import type { UserId } from '#domain/shared/identity.ts'
import type { ScreeningEvent } from './events.ts'
import type { Content, RuleSet } from './fields.ts'

/** `writers`: everybody who put something into it. */
export type Draft = { readonly version: number; readonly content: Content; readonly writers: ReadonlySet<UserId> }
export type Published = RuleSet & { readonly revoked: boolean }
/** The rule sets of one scope: every version published, and the one being drafted. */
export type RuleSets = { readonly versions: ReadonlyMap<number, Published>; readonly draft: Draft | undefined; readonly last: number }

/** Version 1 is the set that ships with a release; what is drafted here counts on from it. */
export const SHIPPED = 1

export const initial: RuleSets = { versions: new Map(), draft: undefined, last: SHIPPED }

/** The rule set in force on a date; undefined before the first. */
export const ruleSetOn = (sets: RuleSets, date: BusinessDate): Published | undefined =>
  inForceOn(
    [...sets.versions.values()].filter(({ revoked }) => !revoked),
    date,
  )

/** The rule sets as their events tell of them. */
export const evolve = (sets: RuleSets, { type, data }: ScreeningEvent): RuleSets => {
  const { version, by } = data
  switch (type) {
    case 'RuleSetDrafted':
      return { ...sets, last: version, draft: { version, content: data.content, writers: new Set([by]) } }
    case 'RuleSetChanged':
      return { ...sets, draft: { version, content: data.content, writers: new Set([...(sets.draft?.writers ?? []), by]) } }
    case 'RuleSetDiscarded':
      return { ...sets, draft: undefined }
    case 'RuleSetPublished': {
      const { effectiveFrom, content } = data
      return { ...sets, draft: undefined, versions: new Map([...sets.versions, [version, { version, effectiveFrom, content, revoked: false }]]) }
    }
    case 'RuleSetRevoked': {
      const found = sets.versions.get(version)
      return found ? { ...sets, versions: new Map([...sets.versions, [version, { ...found, revoked: true }]]) } : sets
    }
  }
}
