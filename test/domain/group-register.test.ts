import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '#application/ports/event-store.ts'
import type { GroupRegisterCommand } from '#domain/group-user/commands.ts'
import { groupRegisterEvents } from '#domain/group-user/events.ts'
import type { GroupNo, GroupProfile } from '#domain/group-user/fields.ts'
import { groupRegister, MOST_BELOW } from '#domain/group-user/register.ts'
import { childrenOf, type GroupRegister, isWithin, mergedInto, standingOf } from '#domain/group-user/register-state.ts'
import { entriesOf } from '#domain/group-user/table.ts'
import { fold } from '#domain/shared/decider.ts'
import { byGroup, CODES, code, no, type OfRegister, profile, type RegisterFact, today } from '#test/support/group-user.ts'
import { type Step, specFor, walk } from '#test/support/spec.ts'

const { given } = specFor(groupRegisterEvents, groupRegister)

const enter = (groupNo: string, of: GroupProfile, over: { parent?: GroupNo; distinctFrom?: GroupNo[] } = {}): OfRegister<'EnterGroup'> => ({
  type: 'EnterGroup',
  data: { ...byGroup, groupNo: no(groupNo), profile: of, distinctFrom: [], ...over },
})
const entered = (groupNo: string, of: GroupProfile, parent?: string): RegisterFact<'GroupEntered'> => ({
  type: 'GroupEntered',
  data: {
    ...byGroup,
    groupNo: no(groupNo),
    ...(of.uscc !== undefined && { uscc: of.uscc }),
    ...(parent !== undefined && { parent: no(parent) }),
    profile: of,
  },
})
const placed = (groupNo: string, parent: string | null): RegisterFact<'ParentRecorded'> => ({
  type: 'ParentRecorded',
  data: { ...byGroup, groupNo: no(groupNo), parent: parent === null ? null : no(parent) },
})
const place = (groupNo: string, parent: string | null): OfRegister<'MoveGroup'> => ({
  type: 'MoveGroup',
  data: { ...byGroup, groupNo: no(groupNo), parent: parent === null ? null : no(parent) },
})
const leave = (groupNo: string, into?: string, absorbed: GroupNo[] = []): OfRegister<'LeaveRegister'> => ({
  type: 'LeaveRegister',
  data: { ...byGroup, groupNo: no(groupNo), ...(into !== undefined && { into: no(into) }), on: today, absorbed },
})
const gone = (groupNo: string, into?: string): RegisterFact<'GroupLeft'> => ({
  type: 'GroupLeft',
  data: { ...byGroup, groupNo: no(groupNo), ...(into !== undefined && { into: no(into) }), on: today },
})
const amend = (groupNo: string, { name, uscc }: GroupProfile, distinctFrom: GroupNo[] = []): OfRegister<'AmendEntry'> => ({
  type: 'AmendEntry',
  data: { ...byGroup, groupNo: no(groupNo), name, ...(uscc !== undefined && { uscc }), distinctFrom },
})

const steel = profile('东海特钢集团有限公司', { uscc: CODES.baosteel })
const oil = profile('中国石油天然气集团有限公司', { uscc: CODES.petrochina })
const plain = profile('魏桥创业集团')

describe('the register of groups', () => {
  test('enters a group once, and not another under its number', () => {
    given().when(enter('G01', steel)).thenYields(entered('G01', steel))
    given(entered('G01', steel)).when(enter('G01', steel)).thenNothing()
    given(entered('G01', steel))
      .when(enter('G01', oil))
      .thenRejected({ code: 'GROUP_NO_TAKEN', groupNo: no('G01') })
    given(entered('G01', steel), gone('G01'))
      .when(enter('G01', steel))
      .thenRejected({ code: 'GROUP_NO_TAKEN', groupNo: no('G01') })
  })

  test('refuses a code whose check digit does not fit, and one that another group has', () => {
    const bad = code('91310000631696383C')
    given()
      .when(enter('G01', { ...steel, uscc: bad }))
      .thenRejected({ code: 'BAD_USCC', uscc: bad })
    given(entered('G01', steel))
      .when(enter('G02', { ...plain, uscc: CODES.baosteel }))
      .thenRejected({ code: 'DUPLICATE_GROUP', groupNo: no('G01'), uscc: CODES.baosteel })
    given(entered('G01', steel), entered('G02', plain))
      .when(amend('G02', { ...plain, uscc: CODES.baosteel }))
      .thenRejected({ code: 'DUPLICATE_GROUP', groupNo: no('G01'), uscc: CODES.baosteel })
    const freed = { ...plain, uscc: CODES.baosteel }
    given(entered('G01', steel), gone('G01')).when(enter('G02', freed)).thenYields(entered('G02', freed))
  })

  test('warns of similar names and takes who says that it is another company', () => {
    const twin = profile('河北省唐山市东海特钢有限公司')
    const similar = { code: 'SIMILAR_GROUP', groups: [{ groupNo: no('G01'), name: steel.name }] } as const
    given(entered('G01', steel)).when(enter('G02', twin)).thenRejected(similar)
    given(entered('G01', steel))
      .when(enter('G02', twin, { distinctFrom: [no('G01')] }))
      .thenYields(entered('G02', twin))
    given(entered('G01', steel), entered('G02', plain)).when(amend('G02', twin)).thenRejected(similar)
    given(entered('G01', steel), entered('G02', plain))
      .when(amend('G02', twin, [no('G01')]))
      .thenYields({ type: 'NameRecorded', data: { ...byGroup, groupNo: no('G02'), name: twin.name } })
    given(entered('G01', steel), gone('G01')).when(enter('G02', twin)).thenYields(entered('G02', twin))
  })

  test('records a name and a code only when they change', () => {
    given(entered('G01', steel)).when(amend('G01', steel)).thenNothing()
    given(entered('G01', steel))
      .when(amend('G01', profile(steel.name)))
      .thenYields({ type: 'UsccRecorded', data: { ...byGroup, groupNo: no('G01'), uscc: null } })
    given()
      .when(amend('G01', steel))
      .thenRejected({ code: 'UNKNOWN_GROUP', groupNo: no('G01') })
    given(entered('G01', steel), entered('G02', oil), gone('G01', 'G02'))
      .when(amend('G01', steel))
      .thenRejected({ code: 'GROUP_NOT_ACTIVE', groupNo: no('G01'), into: no('G02') })
  })

  test('lets nobody stand below himself', () => {
    const three = [entered('G01', steel), entered('G02', oil, 'G01'), entered('G03', plain, 'G02')]
    given(...three)
      .when(place('G01', 'G03'))
      .thenRejected({ code: 'CYCLE', groupNo: no('G01'), parent: no('G03') })
    given(...three)
      .when(place('G01', 'G01'))
      .thenRejected({ code: 'CYCLE', groupNo: no('G01'), parent: no('G01') })
    given(...three)
      .when(place('G03', 'G01'))
      .thenYields(placed('G03', 'G01'))
    given(...three)
      .when(place('G03', 'G02'))
      .thenNothing()
    given(...three)
      .when(place('G02', null))
      .thenYields(placed('G02', null))
    given(...three)
      .when(place('G01', 'G09'))
      .thenRejected({ code: 'UNKNOWN_GROUP', groupNo: no('G09') })
    given(...three)
      .when(enter('G04', profile('另一家'), { parent: no('G09') }))
      .thenRejected({ code: 'UNKNOWN_GROUP', groupNo: no('G09') })
  })

  test('of two who want to stand below each other takes the first', () => {
    given(entered('G01', steel), entered('G02', oil), placed('G01', 'G02'))
      .when(place('G02', 'G01'))
      .thenRejected({ code: 'CYCLE', groupNo: no('G02'), parent: no('G01') })
  })

  test('says where what stood under a group goes when it leaves', () => {
    const family = [entered('G01', steel), entered('G02', oil, 'G01'), entered('G03', plain, 'G02'), entered('G04', profile('四家'))]
    given(...family)
      .when(leave('G02'))
      .thenYields(placed('G03', 'G01'), gone('G02'))
    given(...family)
      .when(leave('G02', 'G04'))
      .thenYields(placed('G03', 'G04'), gone('G02', 'G04'))
    given(...family)
      .when(leave('G01', 'G03'))
      .thenYields(placed('G02', null), gone('G01', 'G03'))
    given(...family, gone('G04', 'G01'))
      .when(leave('G04', 'G01'))
      .thenNothing()
  })

  test('lets a group go only once, only into one that is there, and not while members are on their way into it', () => {
    const two = [entered('G01', steel), entered('G02', oil)]
    given(...two, gone('G02', 'G01'))
      .when(leave('G01', 'G02'))
      .thenRejected({ code: 'GROUP_NOT_ACTIVE', groupNo: no('G02'), into: no('G01') })
    given(...two, gone('G02'))
      .when(leave('G02', 'G01'))
      .thenRejected({ code: 'GROUP_NOT_ACTIVE', groupNo: no('G02') })
    given(...two)
      .when(leave('G01', 'G01'))
      .thenRejected({ code: 'UNKNOWN_GROUP', groupNo: no('G01') })
    given()
      .when(leave('G01'))
      .thenRejected({ code: 'UNKNOWN_GROUP', groupNo: no('G01') })
    given(...two, gone('G02', 'G01'))
      .when(leave('G01'))
      .thenRejected({ code: 'MEMBERS_ARRIVING', groupNo: no('G01'), from: no('G02') })
    given(...two, gone('G02', 'G01'))
      .when(leave('G01', undefined, [no('G02')]))
      .thenYields(gone('G01'))
  })

  test('knows where a merged group went', () => {
    const register = fold(groupRegister, [entered('G01', steel), entered('G02', oil), gone('G01', 'G02'), gone('G02')])
    expect(standingOf(register, no('G01'))).toEqual({ kind: 'left' }) // what it went into is dissolved
    expect(standingOf(register, no('G02'))).toEqual({ kind: 'left' })
    const twice = fold(groupRegister, [entered('G01', steel), entered('G02', oil), entered('G03', plain), gone('G01', 'G02'), gone('G02', 'G03')])
    expect(standingOf(twice, no('G01'))).toEqual({ kind: 'left', into: 'G03' })
    expect(standingOf(register, no('G09'))).toEqual({ kind: 'unknown' })
    expect(mergedInto(register, no('G02'))).toEqual(['G01'])
  })
})

const numbers = ['G01', 'G02', 'G03', 'G04', 'G05', 'G06'] as const
const anyNo = fc.constantFrom(...numbers)
const names = ['东海特钢', '东海特钢有限公司', '魏桥创业', '中国石油', '神华能源', '宝钢', '鞍钢集团']
const anyProfile = fc
  .record({ name: fc.constantFrom(...names), uscc: fc.option(fc.constantFrom(...Object.values(CODES), code('91310000631696383C')), { nil: undefined }) })
  .map(({ name, uscc }) => profile(name, uscc === undefined ? {} : { uscc }))
const seen = numbers.map(no)
const distinct = fc.constantFrom<GroupNo[]>([], seen, seen, seen)
const above = fc.option(anyNo).map((parent) => (parent === null ? {} : { parent: no(parent) }))
const anyCommand: fc.Arbitrary<Step<GroupRegisterCommand, GroupRegister>> = fc.oneof(
  // Often one that nothing speaks against, or the tree would hardly grow.
  { weight: 6, arbitrary: fc.tuple(anyNo, above).map(([n, parent]) => enter(n, profile(`${n}集团`), { distinctFrom: seen, ...parent })) },
  { weight: 2, arbitrary: fc.tuple(anyNo, anyProfile, above, distinct).map(([n, of, parent, distinctFrom]) => enter(n, of, { distinctFrom, ...parent })) },
  { weight: 2, arbitrary: fc.tuple(anyNo, anyProfile, distinct).map(([n, of, distinctFrom]) => amend(n, of, distinctFrom)) },
  { weight: 8, arbitrary: fc.tuple(anyNo, fc.option(anyNo)).map(([n, parent]) => place(n, parent)) },
  { weight: 1, arbitrary: fc.tuple(anyNo, fc.option(anyNo), distinct).map(([n, into, absorbed]) => leave(n, into ?? undefined, absorbed)) },
)

test('whatever is said, in whatever order: the tree has no cycle, a code has one holder, and who is above is there', () => {
  const reached = new Set<string>()
  fc.assert(
    fc.property(fc.array(anyCommand, { maxLength: 60, size: 'max' }), (commands) => {
      for (const register of walk(groupRegisterEvents, groupRegister, commands)) {
        const holders = new Map<string, string>()
        for (const [groupNo, entry] of entriesOf(register.groups)) {
          if (entry.parent !== undefined) {
            reached.add('below another')
            expect(standingOf(register, entry.parent)).toEqual({ kind: 'open' })
            expect(isWithin(register, entry.parent, groupNo)).toBe(false)
            if (childrenOf(register, groupNo).length > 0) reached.add('three generations')
          }
          if (entry.uscc === undefined) continue
          expect(holders.get(entry.uscc)).toBeUndefined()
          holders.set(entry.uscc, groupNo)
          reached.add('coded')
        }
        for (const [groupNo, { into }] of entriesOf(register.left)) {
          expect(standingOf(register, groupNo).kind).toBe('left')
          reached.add(into === undefined ? 'dissolved' : 'merged')
        }
      }
    }),
  )
  expect([...reached].toSorted()).toEqual(['below another', 'coded', 'dissolved', 'merged', 'three generations'])
})

describe('as many groups directly below one as can follow it in one step', () => {
  const below = (parent: string, count: number): RegisterFact<'GroupEntered'>[] =>
    Array.from({ length: count }, (_, n) => entered(`${parent}X${n}`, profile(`甲${n}丙${parent}`), parent))
  const full = [entered('G01', profile('甲乙丙')), ...below('G01', MOST_BELOW)]
  const refused = { code: 'TOO_MANY_BELOW', groupNo: no('G01'), most: MOST_BELOW } as const

  test('one more is refused, entered or moved there', () => {
    given(...full)
      .when(enter('G02', profile('戊己庚'), { parent: no('G01') }))
      .thenRejected(refused)
    given(...full, entered('G02', profile('戊己庚')))
      .when(place('G02', 'G01'))
      .thenRejected(refused)
  })

  test('all of them follow a group that leaves, in one append', () => {
    given(...full)
      .when(leave('G01'))
      .thenYields(
        ...full
          .slice(1)
          .map(({ data }) => placed(data.groupNo, null))
          .toSorted((a, b) => (a.data.groupNo < b.data.groupNo ? -1 : 1)),
        gone('G01'),
      )
    expect(MOST_BELOW + 1).toBeLessThanOrEqual(LIMITS.appendEvents)
  })

  test('nobody brings more than fit: the leaving group itself makes room for one', () => {
    const brings = (count: number) => [...full.slice(0, -1), entered('G02', profile('戊己庚'), 'G01'), ...below('G02', count)]
    given(...brings(2))
      .when(leave('G02', 'G01'))
      .thenRejected(refused)
    given(...brings(2))
      .when(leave('G02'))
      .thenRejected(refused)
    given(...brings(1))
      .when(leave('G02'))
      .thenYields(placed('G02X0', 'G01'), gone('G02'))
  })
})
