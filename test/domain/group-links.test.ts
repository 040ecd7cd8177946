import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { GroupLinkCommand } from '#domain/group-user/commands.ts'
import { groupLinkEvents } from '#domain/group-user/events.ts'
import { groupLinks } from '#domain/group-user/links.ts'
import { type GroupLinks, groupOn, isMembership } from '#domain/group-user/membership.ts'
import { addDays } from '#domain/shared/dates.ts'
import { fold } from '#domain/shared/decider.ts'
import { cons, day, province } from '#test/support/arbitraries/values.ts'
import { byClerk, byLead, bySystem, type LinkFact, link, no, type OfLink } from '#test/support/group-user.ts'
import { type Step, specFor, walk } from '#test/support/spec.ts'

const { given } = specFor(groupLinkEvents, groupLinks)
const customer = { province: province('P13S'), consNo: cons('0012345678') }
const OPEN = { kind: 'open' } as const

type Proposal = OfLink<'ProposeLink'>['data']
const proposal = (linkId: string, groupNo: string, from: string, until?: string) => ({
  ...byClerk,
  ...customer,
  linkId: link(linkId),
  groupNo: no(groupNo),
  basis: 'equity' as const,
  effectiveFrom: day(from),
  ...(until !== undefined && { endedOn: day(until) }),
  evidence: [{ name: 'register.pdf', sha256: 'a'.repeat(64) }],
})
const propose = (linkId: string, groupNo: string, from: string, until?: string, over: Partial<Proposal> = {}): OfLink<'ProposeLink'> => ({
  type: 'ProposeLink',
  data: { ...proposal(linkId, groupNo, from, until), target: OPEN, known: true, ...over },
})
const proposed = (...of: Parameters<typeof proposal>): LinkFact<'LinkProposed'> => ({ type: 'LinkProposed', data: proposal(...of) })
const confirm = (linkId: string, over: Partial<OfLink<'ConfirmLink'>['data']> = {}): OfLink<'ConfirmLink'> => ({
  type: 'ConfirmLink',
  data: { ...byLead, linkId: link(linkId), target: OPEN, ...over },
})
const confirmed = (linkId: string, groupNo: string, from: string, until?: string): LinkFact<'LinkConfirmed'> => ({
  type: 'LinkConfirmed',
  data: {
    ...byLead,
    ...customer,
    linkId: link(linkId),
    groupNo: no(groupNo),
    effectiveFrom: day(from),
    ...(until !== undefined && { endedOn: day(until) }),
  },
})
const linked = (...of: Parameters<typeof proposal>) => [proposed(...of), confirmed(...of)] as const
const end = (linkId: string, on: string): OfLink<'EndLink'> => ({ type: 'EndLink', data: { ...byLead, linkId: link(linkId), on: day(on), reason: 'sold' } })
const ended = (linkId: string, groupNo: string, on: string): LinkFact<'LinkEnded'> => ({
  type: 'LinkEnded',
  data: { ...byLead, ...customer, linkId: link(linkId), groupNo: no(groupNo), on: day(on), reason: 'sold' },
})
const refuse = (linkId: string, by = byLead): OfLink<'RejectLink'> => ({ type: 'RejectLink', data: { ...by, linkId: link(linkId), reason: 'wrong' } })
const refused = (linkId: string, groupNo: string): LinkFact<'LinkRejected'> => ({
  type: 'LinkRejected',
  data: { ...byLead, ...customer, linkId: link(linkId), groupNo: no(groupNo), reason: 'wrong' },
})
const move = (linkId: string, newLinkId: string, to: string, on: string): OfLink<'MoveLink'> => ({
  type: 'MoveLink',
  data: { ...bySystem, linkId: link(linkId), newLinkId: link(newLinkId), to: no(to), on: day(on), cause: 'merge', reason: 'merged' },
})
const moved = (linkId: string, groupNo: string, newLinkId: string, to: string, on: string, until?: string): LinkFact<'LinkMoved'> => ({
  type: 'LinkMoved',
  data: {
    ...bySystem,
    ...customer,
    ...{ linkId: link(linkId), groupNo: no(groupNo), newLinkId: link(newLinkId), to: no(to), on: day(on), cause: 'merge' },
    ...(until !== undefined && { endedOn: day(until) }),
  },
})
const alreadyLinked = (linkId: string, groupNo: string, from: string, until?: string) =>
  ({
    code: 'ALREADY_LINKED',
    groupNo: no(groupNo),
    linkId: link(linkId),
    effectiveFrom: day(from),
    ...(until !== undefined && { endedOn: day(until) }),
  }) as const

describe('a link', () => {
  test('is proposed for a customer that exists, into a group that takes links, with evidence or a reason', () => {
    given()
      .when(propose('a', 'G01', '2026-01-01'))
      .thenYields(proposed('a', 'G01', '2026-01-01'))
    given()
      .when(propose('a', 'G01', '2026-01-01', undefined, { known: false }))
      .thenRejected({ code: 'UNKNOWN_CUSTOMER', ...customer })
    given()
      .when(propose('a', 'G01', '2026-01-01', undefined, { target: { kind: 'unknown' } }))
      .thenRejected({ code: 'UNKNOWN_GROUP', groupNo: no('G01') })
    given()
      .when(propose('a', 'G01', '2026-01-01', undefined, { target: { kind: 'left', into: no('G02') } }))
      .thenRejected({ code: 'GROUP_NOT_ACTIVE', groupNo: no('G01'), into: no('G02') })
    given()
      .when(propose('a', 'G01', '2026-01-01', undefined, { evidence: [] }))
      .thenRejected({ code: 'EVIDENCE_REQUIRED' })
    given()
      .when(propose('a', 'G01', '2026-01-01', '2026-01-01'))
      .thenRejected({ code: 'EMPTY_VALIDITY', effectiveFrom: day('2026-01-01'), endedOn: day('2026-01-01') })
  })

  test('said again is no second one, and its id is no other’s', () => {
    given(proposed('a', 'G01', '2026-01-01'))
      .when(propose('a', 'G01', '2026-01-01'))
      .thenNothing()
    given(proposed('a', 'G01', '2026-01-01'))
      .when(propose('a', 'G02', '2026-01-01'))
      .thenRejected({ code: 'ID_TAKEN', linkId: link('a') })
  })

  test('is refused where on some day the customer is linked, or proposed to be', () => {
    given(proposed('a', 'G01', '2026-01-01'))
      .when(propose('b', 'G02', '2026-02-01'))
      .thenRejected(alreadyLinked('a', 'G01', '2026-01-01'))
    given(...linked('a', 'G01', '2026-01-01', '2026-03-01'))
      .when(propose('b', 'G02', '2026-02-28'))
      .thenRejected(alreadyLinked('a', 'G01', '2026-01-01', '2026-03-01'))
    given(...linked('a', 'G01', '2026-01-01', '2026-03-01'))
      .when(propose('b', 'G02', '2026-03-01'))
      .thenYields(proposed('b', 'G02', '2026-03-01'))
    given(proposed('a', 'G01', '2026-01-01'), refused('a', 'G01'))
      .when(propose('b', 'G02', '2026-01-01'))
      .thenYields(proposed('b', 'G02', '2026-01-01'))
  })

  test('may be entered backwards in time, before what is known already', () => {
    given(...linked('a', 'G01', '2026-01-01'))
      .when(propose('b', 'G02', '2024-01-01', '2026-01-01'))
      .thenYields(proposed('b', 'G02', '2024-01-01', '2026-01-01'))
    given(...linked('a', 'G01', '2026-01-01'))
      .when(propose('b', 'G02', '2024-01-01', '2026-01-02'))
      .thenRejected(alreadyLinked('a', 'G01', '2026-01-01'))
    given(...linked('a', 'G01', '2026-01-01'))
      .when(propose('b', 'G02', '2024-01-01'))
      .thenRejected(alreadyLinked('a', 'G01', '2026-01-01'))
  })

  test('is taken back by who proposed alone, while it waits; another may be proposed for those days at once', () => {
    const withdraw = (linkId: string, by = byClerk): OfLink<'WithdrawLink'> => ({ type: 'WithdrawLink', data: { ...by, linkId: link(linkId), reason: 'slip' } })
    const waiting = proposed('a', 'G01', '2026-01-01')
    const back: LinkFact<'LinkRejected'> = { type: 'LinkRejected', data: { ...byClerk, ...customer, linkId: link('a'), groupNo: no('G01'), reason: 'slip' } }
    given(waiting).when(withdraw('a')).thenYields(back)
    given(waiting).when(withdraw('a', byLead)).thenRejected({ code: 'NOT_THE_PROPOSER' })
    given(waiting, back).when(withdraw('a')).thenNothing()
    given(waiting, back)
      .when(propose('b', 'G02', '2026-01-01'))
      .thenYields(proposed('b', 'G02', '2026-01-01'))
    given(...linked('a', 'G01', '2026-01-01'))
      .when(withdraw('a'))
      .thenRejected({ code: 'LINK_STATE', is: 'confirmed' })
  })

  test('is confirmed or refused by somebody else than who proposed', () => {
    const waiting = proposed('a', 'G01', '2026-01-01', '2026-07-01')
    given(waiting)
      .when(confirm('a'))
      .thenYields(confirmed('a', 'G01', '2026-01-01', '2026-07-01'))
    given(waiting).when(confirm('a', byClerk)).thenRejected({ code: 'SELF_APPROVAL' })
    given(waiting).when(refuse('a')).thenYields(refused('a', 'G01'))
    given(waiting).when(refuse('a', byClerk)).thenRejected({ code: 'SELF_APPROVAL' })
    given(waiting)
      .when(confirm('b'))
      .thenRejected({ code: 'UNKNOWN_LINK', linkId: link('b') })
    given(waiting)
      .when(confirm('a', { target: { kind: 'left' } }))
      .thenRejected({ code: 'GROUP_NOT_ACTIVE', groupNo: no('G01') })
    given(waiting, refused('a', 'G01')).when(confirm('a')).thenRejected({ code: 'LINK_STATE', is: 'rejected' })
    given(waiting, refused('a', 'G01')).when(refuse('a')).thenNothing()
    given(...linked('a', 'G01', '2026-01-01'))
      .when(confirm('a'))
      .thenNothing()
    given(...linked('a', 'G01', '2026-01-01'))
      .when(refuse('a'))
      .thenRejected({ code: 'LINK_STATE', is: 'confirmed' })
  })

  test('ends on a day not before it began, and is never prolonged', () => {
    const known = linked('a', 'G01', '2026-01-01', '2026-07-01')
    given(...known)
      .when(end('a', '2026-03-01'))
      .thenYields(ended('a', 'G01', '2026-03-01'))
    given(...known)
      .when(end('a', '2026-01-01'))
      .thenYields(ended('a', 'G01', '2026-01-01'))
    given(...known)
      .when(end('a', '2025-12-31'))
      .thenRejected({ code: 'DATE_TOO_EARLY', date: day('2025-12-31'), earliest: day('2026-01-01') })
    given(...known)
      .when(end('a', '2026-07-02'))
      .thenRejected({ code: 'ALREADY_ENDED', endedOn: day('2026-07-01') })
    given(...known, ended('a', 'G01', '2026-03-01'))
      .when(end('a', '2026-03-01'))
      .thenNothing()
    given(...known, ended('a', 'G01', '2026-03-01'))
      .when(end('a', '2026-02-01'))
      .thenYields(ended('a', 'G01', '2026-02-01'))
    given(proposed('a', 'G01', '2026-01-01'))
      .when(end('a', '2026-03-01'))
      .thenRejected({ code: 'LINK_STATE', is: 'proposed' })
  })

  test('moves into another group from a day on, in one event; what begins later moves as a whole, what is over stays', () => {
    given(...linked('a', 'G01', '2026-01-01', '2026-07-01'))
      .when(move('a', 'm', 'G02', '2026-03-01'))
      .thenYields(moved('a', 'G01', 'm', 'G02', '2026-03-01', '2026-07-01'))
    given(...linked('a', 'G01', '2026-05-01'))
      .when(move('a', 'm', 'G02', '2026-03-01'))
      .thenYields(moved('a', 'G01', 'm', 'G02', '2026-05-01'))
    given(...linked('a', 'G01', '2026-01-01', '2026-03-01'))
      .when(move('a', 'm', 'G02', '2026-03-01'))
      .thenNothing()
    given(...linked('a', 'G01', '2026-01-01'), moved('a', 'G01', 'm', 'G02', '2026-03-01'))
      .when(move('a', 'm', 'G02', '2026-03-01'))
      .thenNothing()
    const state = fold(groupLinks, [...linked('a', 'G01', '2026-01-01', '2026-07-01'), moved('a', 'G01', 'm', 'G02', '2026-03-01', '2026-07-01')])
    const on = (date: string) => groupOn(state, day(date))
    expect([on('2025-12-31'), on('2026-01-01'), on('2026-02-28'), on('2026-03-01'), on('2026-06-30'), on('2026-07-01')]).toEqual([
      undefined,
      'G01',
      'G01',
      'G02',
      'G02',
      undefined,
    ])
  })

  test('that waits is made anew in the group it moves to, still his who proposed', () => {
    const waiting = proposed('a', 'G01', '2026-01-01')
    const again = { type: 'LinkProposed', data: { ...proposal('m', 'G02', '2026-01-01') } } as const
    const off = { type: 'LinkRejected', data: { ...bySystem, ...customer, linkId: link('a'), groupNo: no('G01'), reason: 'merged' } } as const
    given(waiting)
      .when(move('a', 'm', 'G02', '2026-03-01'))
      .thenYields(off, again)
    given(waiting, off, again).when(confirm('m', byClerk)).thenRejected({ code: 'SELF_APPROVAL' })
    given(waiting, off, again)
      .when(move('a', 'm', 'G02', '2026-03-01'))
      .thenNothing()
  })

  test('that was suggested and dismissed stays away until the facts change', () => {
    const data = { ...byClerk, ...customer, groupNo: no('G01'), facts: 'uscc:1', reason: 'another company' }
    const dismissed = { type: 'SuggestionDismissed', data } as const
    given().when({ type: 'DismissSuggestion', data }).thenYields(dismissed)
    given(dismissed).when({ type: 'DismissSuggestion', data }).thenNothing()
    const other = { ...data, facts: 'uscc:2' }
    given(dismissed).when({ type: 'DismissSuggestion', data: other }).thenYields({ type: 'SuggestionDismissed', data: other })
  })
})

const FIRST = day('2026-01-01')
const DAYS = 12
const anyDay = fc.integer({ min: 0, max: DAYS }).map((n) => addDays(FIRST, n))
const anyGroup = fc.constantFrom('G01', 'G02', 'G03')
const anyLink = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
const anyCommand: fc.Arbitrary<Step<GroupLinkCommand, GroupLinks>> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(anyLink, anyGroup, anyDay, fc.option(anyDay, { nil: undefined })).map((of) => propose(...of)) },
  { weight: 3, arbitrary: anyLink.map((id) => confirm(id)) },
  anyLink.map((id) => refuse(id)),
  fc.tuple(anyLink, anyDay).map((of) => end(...of)),
  fc.tuple(anyLink, anyGroup, anyDay).map(([id, to, on]) => move(id, `${id}-${to}`, to, on)),
  fc
    .tuple(anyGroup, fc.constantFrom('1', '2'))
    .map(([groupNo, facts]): GroupLinkCommand => ({ type: 'DismissSuggestion', data: { ...byClerk, ...customer, groupNo: no(groupNo), facts, reason: 'no' } })),
)

/** Every day's groups by the links as they stand, worked out day by day. */
const groupsByDay = ({ links }: GroupLinks): readonly (readonly string[])[] =>
  Array.from({ length: DAYS + 3 }, (_, n) => {
    const date = addDays(FIRST, n - 1)
    const holds = [...links.values()].filter((one) => isMembership(one) && one.effectiveFrom <= date && (one.endedOn === undefined || date < one.endedOn))
    return holds.map(({ groupNo }) => groupNo)
  })

test('whatever is said, in whatever order: on no date does a customer belong to two groups, and a move loses no day', () => {
  const reached = new Set<string>()
  fc.assert(
    fc.property(fc.array(anyCommand, { maxLength: 80, size: 'max' }), (commands) => {
      const states = walk(groupLinkEvents, groupLinks, commands)
      for (const state of states) {
        const days = groupsByDay(state)
        for (const groups of days) expect(groups.length).toBeLessThanOrEqual(1)
        if (new Set(days.flat()).size > 1) reached.add('in several groups over time')
        for (const { status } of state.links.values()) reached.add(status)
        if (state.dismissed.size > 0) reached.add('dismissed')
      }
      for (const [i, state] of states.entries()) {
        const next = states[i + 1]
        const target = next && [...next.links.keys()].find((id) => id.includes('-') && !state.links.has(id) && isMembership(next.links.get(id)!))
        if (!next || target === undefined) continue
        expect(groupsByDay(next).map((groups) => groups.length)).toEqual(groupsByDay(state).map((groups) => groups.length))
        reached.add('moved')
      }
    }),
  )
  expect([...reached].toSorted()).toEqual(['confirmed', 'dismissed', 'ended', 'in several groups over time', 'moved', 'proposed', 'rejected'])
})
