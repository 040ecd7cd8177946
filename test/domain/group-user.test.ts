import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { GroupUserCommand } from '#domain/group-user/commands.ts'
import { groupUser } from '#domain/group-user/decider.ts'
import { groupUserEvents } from '#domain/group-user/events.ts'
import type { GroupStanding, Member } from '#domain/group-user/fields.ts'
import type { Group } from '#domain/group-user/state.ts'
import { day, province } from '#test/support/arbitraries/values.ts'
import { byGroup, byHqLead, bySystem, CODES, type GroupFact, member, no, type OfGroup, profile, today } from '#test/support/group-user.ts'
import { type Step, specFor, walk } from '#test/support/spec.ts'

const { given } = specFor(groupUserEvents, groupUser)
const G = { groupNo: no('G01') }
const OPEN = { kind: 'open' } as const
const steel = profile('东海特钢集团有限公司', { uscc: CODES.baosteel })
const members = [member('1'), member('2'), member('3', 'l1', 'P11')]

const registered: GroupFact<'GroupRegistered'> = { type: 'GroupRegistered', data: { ...byGroup, ...G, profile: steel } }
const followEntry = (over: Partial<Extract<OfGroup<'FollowRegister'>['data']['says'], { kind: 'entered' }>> = {}): OfGroup<'FollowRegister'> => ({
  type: 'FollowRegister',
  data: { ...byGroup, ...G, says: { kind: 'entered', name: steel.name, uscc: CODES.baosteel, profile: steel, ...over } },
})
const followLeft = (into?: string): OfGroup<'FollowRegister'> => ({
  type: 'FollowRegister',
  data: { ...byGroup, ...G, says: { kind: 'left', ...(into !== undefined && { into: no(into) }), on: today, reason: 'closed down' } },
})
const dissolved: GroupFact<'GroupDissolved'> = { type: 'GroupDissolved', data: { ...byGroup, ...G, on: today, reason: 'closed down' } }

const proposeMerge = (over: Partial<OfGroup<'ProposeMerge'>['data']> = {}): OfGroup<'ProposeMerge'> => ({
  type: 'ProposeMerge',
  data: { ...byGroup, into: no('G02'), on: today, reason: 'bought', target: OPEN, ...over },
})
const approveMerge = (over: Partial<OfGroup<'ApproveMerge'>['data']> = {}): OfGroup<'ApproveMerge'> => ({
  type: 'ApproveMerge',
  data: { ...byHqLead, membersNow: members, target: OPEN, ...over },
})
const mergeProposed: GroupFact<'MergeProposed'> = { type: 'MergeProposed', data: { ...byGroup, ...G, into: no('G02'), on: today, reason: 'bought' } }
const mergeApproved: GroupFact<'MergeApproved'> = { type: 'MergeApproved', data: { ...byHqLead, ...G, into: no('G02'), on: today, members } }
const merged: GroupFact<'GroupMerged'> = { type: 'GroupMerged', data: { ...bySystem, ...G, into: no('G02'), on: today, moved: members } }
const mergeRejected = (by = byHqLead): GroupFact<'MergeRejected'> => ({ type: 'MergeRejected', data: { ...by, ...G, into: no('G02'), reason: 'no' } })

const split = { to: no('G07'), profile: profile('东海物流'), on: today, members: members.slice(0, 2), reason: 'sold' }
const proposeSplit = (over: Partial<OfGroup<'ProposeSplit'>['data']> = {}): OfGroup<'ProposeSplit'> => ({
  type: 'ProposeSplit',
  data: { ...byGroup, ...split, membersNow: members, ...over },
})
const approveSplit = (over: Partial<OfGroup<'ApproveSplit'>['data']> = {}): OfGroup<'ApproveSplit'> => ({
  type: 'ApproveSplit',
  data: { ...byHqLead, membersNow: members, ...over },
})
const splitProposed: GroupFact<'SplitProposed'> = { type: 'SplitProposed', data: { ...byGroup, ...G, ...split } }
const { profile: _, ...splitOff } = split
const splitApproved: GroupFact<'SplitApproved'> = { type: 'SplitApproved', data: { ...byHqLead, ...G, ...splitOff } }

describe('a group', () => {
  test('is registered by what the register says, and follows it', () => {
    given().when(followEntry()).thenYields(registered)
    given(registered).when(followEntry()).thenNothing()
    given()
      .when({ type: 'FollowRegister', data: { ...byGroup, ...G, says: { kind: 'entered' } } })
      .thenNothing()
    given(registered)
      .when(followEntry({ parent: no('G09') }))
      .thenYields({ type: 'ParentChanged', data: { ...byGroup, ...G, parent: no('G09') } })
    given(registered)
      .when(followEntry({ name: '东海' }))
      .thenYields({
        type: 'GroupAmended',
        data: { ...byGroup, ...G, profile: { ...steel, name: '东海' }, changes: [{ field: 'name', before: steel.name, after: '东海' }] },
      })
    given(registered).when(followLeft()).thenYields(dissolved)
    given(registered, dissolved).when(followLeft()).thenNothing()
    given(registered, dissolved).when(followEntry()).thenNothing()
    given(registered).when(followLeft('G02')).thenNothing()
  })

  test('is amended with a log of what changed', () => {
    const amend = (after: typeof steel) => ({ type: 'AmendGroup', data: { ...byGroup, profile: after } }) as const
    const after = profile(steel.name, { kind: 'central-soe', note: 'merged twice' })
    given(registered)
      .when(amend(after))
      .thenYields({
        type: 'GroupAmended',
        data: {
          ...byGroup,
          ...G,
          profile: after,
          changes: [
            { field: 'kind', before: 'private', after: 'central-soe' },
            { field: 'note', before: null, after: 'merged twice' },
            { field: 'uscc', before: CODES.baosteel, after: null },
          ],
        },
      })
    given(registered).when(amend(steel)).thenNothing()
    given(registered, dissolved).when(amend(after)).thenRejected({ code: 'INVALID_STATE', status: 'dissolved' })
    given().when(amend(after)).thenRejected({ code: 'NOT_FOUND' })
  })

  test('tells of a member at level I once for each time', () => {
    const data = { ...bySystem, province: province('P13S'), consNo: members[0]!.consNo, since: today, provinces: [province('P11')] }
    const alarmed = { type: 'MemberAlarmed', data: { ...data, ...G, groupName: steel.name } } as const
    given(registered).when({ type: 'RaiseAlarm', data }).thenYields(alarmed)
    given(registered, alarmed).when({ type: 'RaiseAlarm', data }).thenNothing()
    const later = { ...data, since: day('2026-03-09') }
    given(registered, alarmed)
      .when({ type: 'RaiseAlarm', data: later })
      .thenYields({ type: 'MemberAlarmed', data: { ...later, ...G, groupName: steel.name } })
    given(registered, dissolved).when({ type: 'RaiseAlarm', data }).thenNothing()
  })
})

describe('a merge', () => {
  test('is proposed into another group that takes members, not ahead of its day', () => {
    given(registered).when(proposeMerge()).thenYields(mergeProposed)
    given(registered, mergeProposed).when(proposeMerge()).thenNothing()
    given(registered)
      .when(proposeMerge({ into: no('G01') }))
      .thenRejected({ code: 'MERGE_INTO_ITSELF' })
    given(registered)
      .when(proposeMerge({ on: day('2026-03-03') }))
      .thenRejected({ code: 'FUTURE_DATE', date: day('2026-03-03'), latest: today })
    given(registered)
      .when(proposeMerge({ target: { kind: 'unknown' } }))
      .thenRejected({ code: 'UNKNOWN_GROUP', groupNo: no('G02') })
    given(registered)
      .when(proposeMerge({ target: { kind: 'left', into: no('G03') } }))
      .thenRejected({ code: 'GROUP_NOT_ACTIVE', groupNo: no('G02'), into: no('G03') })
    given(registered, splitProposed).when(proposeMerge()).thenRejected({ code: 'DECISION_PENDING', kind: 'split' })
    given(registered, mergeProposed, mergeApproved, merged).when(proposeMerge()).thenRejected({ code: 'INVALID_STATE', status: 'merged' })
  })

  test('is approved by somebody else, with all members, and then carried out to its end', () => {
    given(registered, mergeProposed).when(approveMerge()).thenYields(mergeApproved)
    given(registered, mergeProposed)
      .when(approveMerge({ by: byGroup.by }))
      .thenRejected({ code: 'SELF_APPROVAL' })
    given(registered).when(approveMerge()).thenRejected({ code: 'NOTHING_PROPOSED', kind: 'merge' })
    given(registered, mergeProposed, mergeApproved).when(approveMerge()).thenNothing()
    given(registered, mergeProposed)
      .when(approveMerge({ target: { kind: 'left' } }))
      .thenRejected({ code: 'GROUP_NOT_ACTIVE', groupNo: no('G02') })
    given(registered, mergeProposed)
      .when(approveMerge({ membersNow: Array.from({ length: 8_001 }, (_, i) => member(String(i))) }))
      .thenRejected({ code: 'TOO_MANY_MEMBERS', most: 8_000 })
    given(registered, mergeProposed, mergeApproved)
      .when({ type: 'CompleteMerge', data: { ...bySystem, moved: members } })
      .thenYields(merged)
    given(registered, mergeProposed, mergeApproved, merged)
      .when({ type: 'CompleteMerge', data: { ...bySystem, moved: members } })
      .thenNothing()
    given(registered, mergeProposed)
      .when({ type: 'CompleteMerge', data: { ...bySystem, moved: members } })
      .thenRejected({ code: 'INVALID_STATE', status: 'active' })
  })

  test('is refused by somebody else, or called off before anything moved, and the group is as it was', () => {
    const reject = (by = byHqLead) => ({ type: 'RejectMerge', data: { ...by, reason: 'no' } }) as const
    given(registered, mergeProposed).when(reject()).thenYields(mergeRejected())
    given(registered, mergeProposed).when(reject(byGroup)).thenRejected({ code: 'SELF_APPROVAL' })
    given(registered).when(reject()).thenRejected({ code: 'NOTHING_PROPOSED', kind: 'merge' })
    given(registered, mergeProposed, mergeApproved).when(reject()).thenRejected({ code: 'INVALID_STATE', status: 'merging' })
    given(registered, mergeProposed, mergeApproved)
      .when({ type: 'AbandonMerge', data: { ...bySystem, reason: 'no' } })
      .thenYields(mergeRejected(bySystem))
    given(registered, mergeProposed, mergeApproved, merged)
      .when({ type: 'AbandonMerge', data: { ...bySystem, reason: 'no' } })
      .thenNothing()
    given(registered, mergeProposed, mergeRejected()).when(proposeMerge()).thenYields(mergeProposed)
  })
})

test('a merge or split is taken back by who proposed alone, until it is decided', () => {
  const take = (type: 'WithdrawMerge' | 'WithdrawSplit', by = byGroup) => ({ type, data: { ...by, reason: 'no' } }) as const
  given(registered, mergeProposed).when(take('WithdrawMerge')).thenYields(mergeRejected(byGroup))
  given(registered, mergeProposed).when(take('WithdrawMerge', byHqLead)).thenRejected({ code: 'NOT_THE_PROPOSER' })
  given(registered, mergeProposed).when(take('WithdrawSplit')).thenRejected({ code: 'NOTHING_PROPOSED', kind: 'split' })
  given(registered, mergeProposed, mergeApproved).when(take('WithdrawMerge')).thenRejected({ code: 'INVALID_STATE', status: 'merging' })
  given(registered, splitProposed)
    .when(take('WithdrawSplit'))
    .thenYields({ type: 'SplitRejected', data: { ...byGroup, ...G, to: split.to, reason: 'no' } })
  given(registered, splitProposed).when(take('WithdrawSplit', byHqLead)).thenRejected({ code: 'NOT_THE_PROPOSER' })
  given(registered, splitProposed, splitApproved).when(take('WithdrawSplit')).thenRejected({ code: 'DECISION_PENDING', kind: 'split' })
  given(registered).when(take('WithdrawMerge')).thenRejected({ code: 'NOTHING_PROPOSED', kind: 'merge' })
})

describe('a split', () => {
  test('is proposed for members that are such on its day', () => {
    given(registered).when(proposeSplit()).thenYields(splitProposed)
    given(registered, splitProposed).when(proposeSplit()).thenNothing()
    given(registered)
      .when(proposeSplit({ membersNow: members.slice(1) }))
      .thenRejected({ code: 'NOT_A_MEMBER', members: members.slice(0, 1) })
    given(registered)
      .when(proposeSplit({ members: [members[0]!, members[0]!] }))
      .thenRejected({ code: 'DUPLICATE_MEMBER', member: members[0]! })
    given(registered)
      .when(proposeSplit({ on: day('2026-03-03') }))
      .thenRejected({ code: 'FUTURE_DATE', date: day('2026-03-03'), latest: today })
    given(registered, mergeProposed).when(proposeSplit()).thenRejected({ code: 'DECISION_PENDING', kind: 'merge' })
  })

  test('is approved by somebody else and carried out, or called off', () => {
    const said = { ...bySystem, reason: 'no' }
    const rejected = { type: 'SplitRejected', data: { ...byHqLead, ...G, to: split.to, reason: 'no' } } as const
    const done = { type: 'GroupSplit', data: { ...bySystem, ...G, to: split.to, on: today, moved: split.members } } as const
    given(registered, splitProposed).when(approveSplit()).thenYields(splitApproved)
    given(registered, splitProposed)
      .when(approveSplit({ by: byGroup.by }))
      .thenRejected({ code: 'SELF_APPROVAL' })
    given(registered, splitProposed, splitApproved).when(approveSplit()).thenNothing()
    given(registered, splitProposed)
      .when(approveSplit({ membersNow: [] }))
      .thenRejected({ code: 'NOT_A_MEMBER', members: split.members })
    given(registered).when(approveSplit()).thenRejected({ code: 'NOTHING_PROPOSED', kind: 'split' })
    given(registered, splitProposed)
      .when({ type: 'RejectSplit', data: { ...byHqLead, reason: 'no' } })
      .thenYields(rejected)
    given(registered, splitProposed)
      .when({ type: 'RejectSplit', data: { ...byGroup, reason: 'no' } })
      .thenRejected({ code: 'SELF_APPROVAL' })
    given(registered, splitProposed, splitApproved)
      .when({ type: 'RejectSplit', data: { ...byHqLead, reason: 'no' } })
      .thenRejected({ code: 'DECISION_PENDING', kind: 'split' })
    given(registered, splitProposed, splitApproved)
      .when({ type: 'CompleteSplit', data: { ...bySystem, moved: split.members } })
      .thenYields(done)
    given(registered, splitProposed, splitApproved, done)
      .when({ type: 'CompleteSplit', data: { ...bySystem, moved: split.members } })
      .thenNothing()
    given(registered, splitProposed, splitApproved)
      .when({ type: 'AbandonSplit', data: said })
      .thenYields({ ...rejected, data: { ...rejected.data, ...bySystem } })
    given(registered, splitProposed).when({ type: 'AbandonSplit', data: said }).thenNothing()
  })
})

const people = fc.constantFrom(byGroup, byHqLead)
const targets = fc.constantFrom<GroupStanding>({ kind: 'open' }, { kind: 'open' }, { kind: 'unknown' })
const membersNow = fc.constantFrom<Member[]>(members, members, [])
const moved = fc.constantFrom<Member[]>(members, [])
const anyCommand: fc.Arbitrary<Step<GroupUserCommand, Group>> = fc.oneof(
  fc.constantFrom(followEntry(), followEntry({ name: '东海' }), followEntry({ parent: no('G09') }), followLeft('G02')),
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 9 }).map((n) => (n === 0 ? followLeft() : followEntry())) },
  fc.tuple(people, targets).map(([by, target]) => proposeMerge({ ...by, target })),
  fc.tuple(people, targets, membersNow).map(([by, target, now]) => approveMerge({ ...by, target, membersNow: now })),
  people.map((by): GroupUserCommand => ({ type: 'RejectMerge', data: { ...by, reason: 'no' } })),
  fc.integer({ min: 0, max: 3 }).map((n): GroupUserCommand => (n === 0 ? { type: 'AbandonMerge', data: { ...bySystem, reason: 'no' } } : approveMerge())),
  moved.map((some): GroupUserCommand => ({ type: 'CompleteMerge', data: { ...bySystem, moved: some } })),
  fc.tuple(people, membersNow).map(([by, now]) => proposeSplit({ ...by, membersNow: now })),
  fc.tuple(people, membersNow).map(([by, now]) => approveSplit({ ...by, membersNow: now })),
  people.map((by): GroupUserCommand => ({ type: 'RejectSplit', data: { ...by, reason: 'no' } })),
  fc.constantFrom<GroupUserCommand>(
    { type: 'CompleteSplit', data: { ...bySystem, moved: members } },
    { type: 'AbandonSplit', data: { ...bySystem, reason: 'no' } },
  ),
)

test('whatever is said, in whatever order: nobody approves his own, and what is merged or dissolved stays so', () => {
  const reached = new Set<string>()
  fc.assert(
    fc.property(fc.array(anyCommand, { maxLength: 40, size: 'max' }), (commands) => {
      const states = walk(groupUserEvents, groupUser, commands)
      for (const [i, group] of states.entries()) {
        const before = states[i - 1]
        reached.add(group.status)
        if (before?.status === 'merged' || before?.status === 'dissolved') expect(group.status).toBe(before.status)
        if (group.status === 'merging' && before?.status === 'active') {
          expect(before.pending?.kind).toBe('merge')
        }
        if (group.status !== 'active' || !group.pending) continue
        reached.add(group.pending.kind === 'split' && group.pending.approvedAt !== undefined ? 'splitting' : `${group.pending.kind} proposed`)
      }
    }),
  )
  expect([...reached].toSorted()).toEqual(['absent', 'active', 'dissolved', 'merge proposed', 'merged', 'merging', 'split proposed', 'splitting'])
})
