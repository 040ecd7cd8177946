import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { IndustryListCommand } from '#domain/industry-list/commands.ts'
import { industryList } from '#domain/industry-list/decider.ts'
import { type IndustryListEvent, industryListEvents } from '#domain/industry-list/events.ts'
import type { Diff, Entry } from '#domain/industry-list/fields.ts'
import { latest, versionOn } from '#domain/industry-list/state.ts'
import { fold } from '#domain/shared/decider.ts'
import type { TradeCode, TradeStandard } from '#domain/shared/identity.ts'
import { tradeKey } from '#domain/shared/trade.ts'
import { day, province, shanghai, trade, user } from '#test/support/arbitraries/values.ts'
import { specFor, walk } from '#test/support/spec.ts'

const at = shanghai('2026-03-02', '09:00')
const by = user('hq.tariff')
const due = shanghai('2026-03-09', '17:30')
const [P11, P13N] = [province('P11'), province('P13N')]
const knows = new Set(['3110', '3120', '3130', '311', '31', 'C', '3011'])
const decider = industryList((_, code: TradeCode) => knows.has(code))
const { given } = specFor(industryListEvents, decider)

const S17: TradeStandard = 'GB/T 4754-2017'
const entry = (code: string, over: Partial<Entry> = {}): Entry => ({
  standard: S17,
  code: trade(code),
  includeChildren: false,
  category: 'HIGH_ENERGY',
  ...over,
})
const iron = entry('3110')
const steel = entry('3120', { category: 'OVERCAPACITY', policyRef: '发改产业〔2013〕41号' })
const keyOf = ({ standard, code }: Entry) => ({ standard, code })

const drafted = (version: number, entries: Entry[] = [], basedOn?: number): IndustryListEvent => ({
  type: 'VersionDrafted',
  data: { at, by, version, entries, ...(basedOn !== undefined && { basedOn }) },
})
const added = (version: number, one: Entry): IndustryListEvent => ({ type: 'EntryAdded', data: { at, by, version, entry: one } })
const published = (version: number, effectiveFrom: string, entries: Entry[], diff: Diff = { added: entries, removed: [], changed: [] }): IndustryListEvent => ({
  type: 'VersionPublished',
  data: { at, by, version, effectiveFrom: day(effectiveFrom), ackDueAt: due, entries, diff },
})
const acknowledged = (version: number, by_ = P11, onTime = true): IndustryListEvent => ({
  type: 'VersionAcknowledged',
  data: { at, by, version, province: by_, onTime },
})
const screening = {
  runId: '00000000-0000-4000-8000-000000000001',
  asOf: day('2026-03-02'),
  ruleSetVersion: 1,
  customers: 9,
  named: 3,
  candidates: 2,
  reviews: 1,
}
const screened = (version: number, of = P11): IndustryListEvent => ({ type: 'VersionScreened', data: { at, by, version, province: of, ...screening } })
const revoked = (version: number): IndustryListEvent => ({ type: 'VersionRevoked', data: { at, by, version, reason: 'wrong annex' } })

const publish = (effectiveFrom: string, when = at): IndustryListCommand => ({
  type: 'PublishVersion',
  data: { at: when, by, effectiveFrom: day(effectiveFrom), ackDueAt: due },
})

describe('screening by a version', () => {
  const record = (version = 1, of = P11): IndustryListCommand => ({ type: 'RecordScreening', data: { at, by, version, province: of, ...screening } })
  test('is said once of each province', () => {
    given(published(1, '2026-03-02', [iron]))
      .when(record())
      .thenYields(screened(1))
    given(published(1, '2026-03-02', [iron]), screened(1))
      .when(record())
      .thenNothing()
    given(published(1, '2026-03-02', [iron]), screened(1))
      .when(record(1, P13N))
      .thenYields(screened(1, P13N))
    given(published(1, '2026-03-02', [iron]), screened(1), published(2, '2026-03-02', [steel]))
      .when(record(2))
      .thenYields(screened(2))
  })
  test('is not said of a version that is not in force yet, was revoked, or never published', () => {
    given(published(1, '2026-03-03', [iron]))
      .when(record())
      .thenRejected({ code: 'NOT_YET_EFFECTIVE', version: 1, effectiveFrom: day('2026-03-03') })
    given(published(1, '2026-03-03', [iron]), revoked(1))
      .when(record())
      .thenRejected({ code: 'VERSION_REVOKED', version: 1 })
    given().when(record(4)).thenRejected({ code: 'UNKNOWN_VERSION', version: 4 })
  })
})

describe('drafting the list', () => {
  test('begins empty, or from a published version', () => {
    given().when({ type: 'DraftVersion', data: { at, by } }).thenYields(drafted(1))
    given(drafted(1, [iron]), published(1, '2026-03-02', [iron]))
      .when({ type: 'DraftVersion', data: { at, by, basedOn: 1 } })
      .thenYields(drafted(2, [iron], 1))
  })
  test('is known with what it began from', () => {
    expect(fold(decider, [drafted(1, [iron])]).draft).toEqual({ version: 1, entries: new Map([[tradeKey(iron), iron]]) })
    expect(fold(decider, [drafted(2, [iron], 1)]).draft?.basedOn).toBe(1)
  })
  test('is one at a time', () => {
    given(drafted(1)).when({ type: 'DraftVersion', data: { at, by } }).thenRejected({ code: 'DRAFT_EXISTS', version: 1 })
  })
  test('begins from nothing that was never published', () => {
    given()
      .when({ type: 'DraftVersion', data: { at, by, basedOn: 4 } })
      .thenRejected({ code: 'UNKNOWN_VERSION', version: 4 })
  })
  test('wants an open draft', () => {
    for (const command of [
      { type: 'AddEntry', data: { at, by, entry: iron } },
      { type: 'ChangeEntry', data: { at, by, entry: iron } },
      { type: 'RemoveEntry', data: { at, by, entry: keyOf(iron) } },
      publish('2026-03-02'),
    ] satisfies IndustryListCommand[])
      given().when(command).thenRejected({ code: 'NO_OPEN_DRAFT' })
  })
  test('takes a trade of the edition, once', () => {
    given(drafted(1))
      .when({ type: 'AddEntry', data: { at, by, entry: iron } })
      .thenYields(added(1, iron))
    given(drafted(1), added(1, iron))
      .when({ type: 'AddEntry', data: { at, by, entry: iron } })
      .thenNothing()
    const other = entry('C3110', { category: 'OVERCAPACITY' })
    given(drafted(1), added(1, iron))
      .when({ type: 'AddEntry', data: { at, by, entry: other } })
      .thenRejected({ code: 'DUPLICATE_ENTRY', entry: keyOf(other) })
  })
  test('refuses a trade the edition does not have, and a letter of another section', () => {
    for (const wrong of [entry('3999'), entry('B3110'), entry('0011')])
      given(drafted(1))
        .when({ type: 'AddEntry', data: { at, by, entry: wrong } })
        .thenRejected({ code: 'UNKNOWN_CODE', entry: keyOf(wrong) })
  })
  test('changes and removes what stands in it', () => {
    const now = entry('3110', { includeChildren: true })
    given(drafted(1), added(1, iron))
      .when({ type: 'ChangeEntry', data: { at, by, entry: now } })
      .thenYields({ type: 'EntryChanged', data: { at, by, version: 1, before: iron, after: now } })
    given(drafted(1), added(1, iron))
      .when({ type: 'ChangeEntry', data: { at, by, entry: iron } })
      .thenNothing()
    given(drafted(1))
      .when({ type: 'ChangeEntry', data: { at, by, entry: iron } })
      .thenRejected({ code: 'UNKNOWN_ENTRY', entry: keyOf(iron) })
    given(drafted(1), added(1, iron))
      .when({ type: 'RemoveEntry', data: { at, by, entry: keyOf(iron) } })
      .thenYields({ type: 'EntryRemoved', data: { at, by, version: 1, entry: keyOf(iron) } })
    given(drafted(1), added(1, iron), { type: 'EntryRemoved', data: { at, by, version: 1, entry: keyOf(iron) } })
      .when({ type: 'RemoveEntry', data: { at, by, entry: keyOf(iron) } })
      .thenRejected({ code: 'UNKNOWN_ENTRY', entry: keyOf(iron) })
  })
})

describe('publishing', () => {
  test('carries the whole list and what it changes', () => {
    const steelNow = entry('3120')
    given(drafted(1), added(1, iron), added(1, steel), published(1, '2026-03-02', [iron, steel]), drafted(2, [iron, steel], 1))
      .when(publish('2026-03-02'))
      .thenYields(published(2, '2026-03-02', [iron, steel], { added: [], removed: [], changed: [] }))
    const v2 = [drafted(2, [iron, steel], 1), added(2, entry('3130'))]
    const changed: IndustryListEvent = { type: 'EntryChanged', data: { at, by, version: 2, before: steel, after: steelNow } }
    const removed: IndustryListEvent = { type: 'EntryRemoved', data: { at, by, version: 2, entry: keyOf(iron) } }
    given(drafted(1, [iron, steel]), published(1, '2026-03-02', [iron, steel]), ...v2, changed, removed)
      .when(publish('2026-04-01'))
      .thenYields({
        type: 'VersionPublished',
        data: {
          ...{ at, by, version: 2, effectiveFrom: day('2026-04-01'), ackDueAt: due },
          entries: [steelNow, entry('3130')],
          diff: { added: [entry('3130')], removed: [iron], changed: [{ before: steel, after: steelNow }] },
        },
      })
  })
  test('differs from the last version that stands, not from a revoked one', () => {
    given(drafted(1, [iron]), published(1, '2026-03-02', [iron]), drafted(2, [steel]), published(2, '2026-05-01', [steel]), revoked(2), drafted(3, [steel], 2))
      .when(publish('2026-05-01'))
      .thenYields(published(3, '2026-05-01', [steel], { added: [steel], removed: [iron], changed: [] }))
  })
  test('wants an entry', () => {
    given(drafted(1)).when(publish('2026-03-02')).thenRejected({ code: 'EMPTY_VERSION' })
  })
  test('takes effect today at the earliest, by the Shanghai date', () => {
    given(drafted(1, [iron]))
      .when(publish('2026-03-01'))
      .thenRejected({ code: 'EFFECTIVE_IN_PAST', effectiveFrom: day('2026-03-01'), today: day('2026-03-02') })
    given(drafted(1, [iron]))
      .when(publish('2026-03-01', shanghai('2026-03-02', '00:00')))
      .thenRejected({ code: 'EFFECTIVE_IN_PAST', effectiveFrom: day('2026-03-01'), today: day('2026-03-02') })
  })
  test('leaves the provinces time to acknowledge', () => {
    given(drafted(1, [iron]))
      .when(publish('2026-03-10', due))
      .thenRejected({ code: 'ACKNOWLEDGEMENT_DUE_IN_PAST', ackDueAt: due })
  })
  test('closes the draft', () => {
    given(drafted(1, [iron]), published(1, '2026-03-02', [iron]))
      .when(publish('2026-03-02'))
      .thenRejected({ code: 'NO_OPEN_DRAFT' })
  })
})

describe('acknowledging and revoking', () => {
  const standing = [drafted(1, [iron]), published(1, '2026-04-01', [iron])]
  const acknowledge = (version: number, when = at): IndustryListCommand => ({ type: 'AcknowledgeVersion', data: { at: when, by, version, province: P11 } })
  const revoke = (version: number, when = at): IndustryListCommand => ({ type: 'RevokeVersion', data: { at: when, by, version, reason: 'wrong annex' } })

  test('each province acknowledges once, and the event says whether in time', () => {
    given(...standing)
      .when(acknowledge(1))
      .thenYields(acknowledged(1))
    const late = shanghai('2026-03-09', '17:31')
    given(...standing)
      .when(acknowledge(1, late))
      .thenYields({ type: 'VersionAcknowledged', data: { at: late, by, version: 1, province: P11, onTime: false } })
    given(...standing)
      .when(acknowledge(1, due))
      .thenYields({ type: 'VersionAcknowledged', data: { at: due, by, version: 1, province: P11, onTime: true } })
    given(...standing, acknowledged(1))
      .when(acknowledge(1))
      .thenNothing()
    given(...standing, acknowledged(1, P13N))
      .when(acknowledge(1))
      .thenYields(acknowledged(1))
  })
  test('only what was published and stands', () => {
    given().when(acknowledge(1)).thenRejected({ code: 'UNKNOWN_VERSION', version: 1 })
    given(drafted(1, [iron]))
      .when(acknowledge(1))
      .thenRejected({ code: 'NOT_YET_PUBLISHED', version: 1 })
    given(...standing, revoked(1))
      .when(acknowledge(1))
      .thenRejected({ code: 'VERSION_REVOKED', version: 1 })
  })
  test('a version is revoked only before it takes effect', () => {
    given(...standing)
      .when(revoke(1))
      .thenYields(revoked(1))
    given(...standing, revoked(1))
      .when(revoke(1))
      .thenNothing()
    given(...standing)
      .when(revoke(1, shanghai('2026-04-01', '00:00')))
      .thenRejected({ code: 'ALREADY_EFFECTIVE', version: 1, effectiveFrom: day('2026-04-01') })
    given().when(revoke(9)).thenRejected({ code: 'UNKNOWN_VERSION', version: 9 })
    given(drafted(1, [iron]))
      .when(revoke(1))
      .thenRejected({ code: 'NOT_YET_PUBLISHED', version: 1 })
  })
  test('on each date the latest version that has taken effect is in force', () => {
    const list = fold(decider, [
      ...[drafted(1, [iron]), published(1, '2026-03-10', [iron])],
      ...[drafted(2, [steel]), published(2, '2026-05-01', [steel])],
      ...[drafted(3, [iron]), published(3, '2026-04-01', [iron]), revoked(3)],
    ])
    const inForce = (date: string) => versionOn(list, day(date))?.version
    expect([inForce('2026-03-09'), inForce('2026-03-10'), inForce('2026-04-30'), inForce('2026-05-01')]).toEqual([undefined, 1, 1, 2])
    expect(latest(list)?.version).toBe(2)
  })
})

const codes = fc.constantFrom('3110', '3120', 'C3120', '31', '9999')
const instants = fc.constantFrom(at, shanghai('2026-04-01', '00:00'), shanghai('2026-03-20', '12:00'))
const anyCommand: fc.Arbitrary<IndustryListCommand> = instants.chain((when) => {
  const said = { at: when, by }
  const version = fc.integer({ min: 1, max: 3 })
  const anEntry = fc.record({ code: codes, includeChildren: fc.boolean() }).map(({ code, includeChildren }) => entry(code, { includeChildren }))
  return fc.oneof(
    fc.option(version, { nil: undefined }).map(
      (basedOn): IndustryListCommand => ({
        type: 'DraftVersion',
        data: { ...said, ...(basedOn !== undefined && { basedOn }) },
      }),
    ),
    anEntry.map((one): IndustryListCommand => ({ type: 'AddEntry', data: { ...said, entry: one } })),
    anEntry.map((one): IndustryListCommand => ({ type: 'ChangeEntry', data: { ...said, entry: one } })),
    codes.map((code): IndustryListCommand => ({ type: 'RemoveEntry', data: { ...said, entry: { standard: S17, code: trade(code) } } })),
    fc.constantFrom('2026-03-02', '2026-04-01', '2026-05-01').map(
      (from): IndustryListCommand => ({
        type: 'PublishVersion',
        data: { ...said, effectiveFrom: day(from), ackDueAt: shanghai('2026-04-09', '17:30') },
      }),
    ),
    version.map((n): IndustryListCommand => ({ type: 'AcknowledgeVersion', data: { ...said, version: n, province: P11 } })),
    version.map((n): IndustryListCommand => ({ type: 'RevokeVersion', data: { ...said, version: n, reason: 'wrong' } })),
  )
})

test('whatever is said, in whatever order: deciding never throws, and what is said twice is written once', () => {
  const reached = new Set<string>()
  fc.assert(
    fc.property(fc.array(anyCommand, { maxLength: 120, size: 'max' }), (commands) => {
      for (const { draft, versions } of walk(industryListEvents, decider, commands)) {
        if (draft) reached.add(draft.entries.size > 0 ? 'drafted' : 'empty draft')
        for (const { revoked: gone, acknowledged: seen, entries } of versions.values()) {
          reached.add(gone ? 'revoked' : 'published')
          if (seen.size > 0) reached.add('acknowledged')
          expect(entries.length).toBeGreaterThan(0)
        }
        if (versions.size > 1) reached.add('superseded')
      }
    }),
  )
  expect([...reached].toSorted()).toEqual(['acknowledged', 'drafted', 'empty draft', 'published', 'revoked', 'superseded'])
})
