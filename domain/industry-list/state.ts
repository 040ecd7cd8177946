import type { BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { tradeKey } from '#domain/shared/trade.ts'
import type { IndustryListEvent } from './events.ts'
import type { Diff, Entry } from './fields.ts'

type Entries = ReadonlyMap<string, Entry>

export type Draft = { readonly version: number; readonly basedOn?: number; readonly entries: Entries }
/** 下发. Whether it is in force follows from the dates: see versionOn. */
export type Version = {
  readonly version: number
  readonly effectiveFrom: BusinessDate
  readonly ackDueAt: Instant
  readonly entries: readonly Entry[]
  readonly revoked: boolean
  readonly acknowledged: ReadonlySet<ProvinceCode>
  /** Whose customers were screened by it. */
  readonly screened: ReadonlySet<ProvinceCode>
}

/** Every version ever published, by its number, and the one being drafted. */
export type IndustryList = { readonly versions: ReadonlyMap<number, Version>; readonly draft: Draft | undefined }

export const initial: IndustryList = { versions: new Map(), draft: undefined }

/**
 * The version in force on a date (现行版本): the latest published that was not revoked and has taken effect. What it replaced
 * is superseded by that alone; no event says so. Undefined before the first.
 */
export const versionOn = (list: IndustryList, date: BusinessDate): Version | undefined =>
  newest([...list.versions.values()].filter(({ revoked, effectiveFrom }) => !revoked && effectiveFrom <= date))

/** The latest published version that was not revoked, whether in force yet or not: what a new one differs from. */
export const latest = (list: IndustryList): Version | undefined => newest([...list.versions.values()].filter(({ revoked }) => !revoked))

const newest = (versions: readonly Version[]): Version | undefined =>
  versions.reduce<Version | undefined>((a, b) => (a && a.version > b.version ? a : b), undefined)

/** What a list changes against an older one, in the lists' own order. */
export const diffOf = (before: Iterable<Entry>, after: Iterable<Entry>): Diff => {
  const [old, now] = [byKey(before), byKey(after)]
  return {
    added: [...now].filter(([key]) => !old.has(key)).map(([, entry]) => entry),
    removed: [...old].filter(([key]) => !now.has(key)).map(([, entry]) => entry),
    changed: [...now].flatMap(([key, entry]) => {
      const previous = old.get(key)
      return previous && !sameEntry(previous, entry) ? [{ before: previous, after: entry }] : []
    }),
  }
}

/** Whether two entries say the same of the same trade. */
export const sameEntry = (a: Entry, b: Entry): boolean =>
  tradeKey(a) === tradeKey(b) && a.includeChildren === b.includeChildren && a.category === b.category && a.policyRef === b.policyRef && a.note === b.note

const byKey = (entries: Iterable<Entry>): Entries => new Map([...entries].map((entry) => [tradeKey(entry), entry]))

/** The list as its events tell of it. */
export const evolve = (list: IndustryList, { type, data }: IndustryListEvent): IndustryList => {
  switch (type) {
    case 'VersionDrafted': {
      const { version, basedOn } = data
      return { ...list, draft: { version, ...(basedOn !== undefined && { basedOn }), entries: byKey(data.entries) } }
    }
    case 'EntryAdded':
      return inDraft(list, (entries) => entries.set(tradeKey(data.entry), data.entry))
    case 'EntryChanged':
      return inDraft(list, (entries) => entries.set(tradeKey(data.after), data.after))
    case 'EntryRemoved':
      return inDraft(list, (entries) => entries.delete(tradeKey(data.entry)))
    case 'VersionPublished': {
      const { version, effectiveFrom, ackDueAt, entries } = data
      const published: Version = { version, effectiveFrom, ackDueAt, entries, revoked: false, acknowledged: new Set(), screened: new Set() }
      return { versions: new Map([...list.versions, [version, published]]), draft: undefined }
    }
    case 'VersionAcknowledged':
      return inVersion(list, data.version, ({ acknowledged }) => ({ acknowledged: new Set([...acknowledged, data.province]) }))
    case 'VersionScreened':
      return inVersion(list, data.version, ({ screened }) => ({ screened: new Set([...screened, data.province]) }))
    case 'VersionRevoked':
      return inVersion(list, data.version, () => ({ revoked: true }))
  }
}

const inDraft = (list: IndustryList, change: (entries: Map<string, Entry>) => unknown): IndustryList => {
  if (!list.draft) return list
  const entries = new Map(list.draft.entries)
  change(entries)
  return { ...list, draft: { ...list.draft, entries } }
}

const inVersion = (list: IndustryList, version: number, change: (version: Version) => Partial<Version>): IndustryList => {
  const found = list.versions.get(version)
  return found ? { ...list, versions: new Map([...list.versions, [version, { ...found, ...change(found) }]]) } : list
}
