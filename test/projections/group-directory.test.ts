import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { GroupLinkCommand, GroupRegisterCommand } from '#domain/group-user/commands.ts'
import type { GroupRegisterEvent } from '#domain/group-user/events.ts'
import type { GroupNo } from '#domain/group-user/fields.ts'
import { groupLinks } from '#domain/group-user/links.ts'
import { type GroupLinks, groupOn } from '#domain/group-user/membership.ts'
import { groupRegister } from '#domain/group-user/register.ts'
import { get } from '#domain/group-user/table.ts'
import { addDays, type BusinessDate, instantAt } from '#domain/shared/dates.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import { getGroup, groupMeant, groupTree } from '#projections/group-user/directory.queries.ts'
import { groupDirectory } from '#projections/group-user/group-user.ts'
import { run, sql } from '#projections/shared/sql.ts'
import { day, user } from '#test/support/arbitraries/values.ts'
import { groupSays } from '#test/support/group-figures.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { type Log, record, tablesOf } from '#test/support/projections.ts'

const { pool } = await ownDatabase()
const tables = await tablesOf(pool, groupDirectory)
const TABLES = [...groupDirectory.publishes, 'group_register', 'group_link_stream']
const clear = async (): Promise<void> => {
  for (const table of TABLES) await pool.query(run`delete from ${sql.identifier(['rm_group_user_v1_1', table])}`)
}
beforeEach(clear)

/** Every table as it stands, in an order of its own. */
const picture = async (): Promise<unknown> => {
  const told: Record<string, unknown> = {}
  for (const table of TABLES) {
    const rows = await pool.any(
      sql.type(z.object({ row: z.string() }))`select t::text as row from ${sql.identifier(['rm_group_user_v1_1', table])} t order by 1`,
    )
    told[table] = rows.map(({ row }) => row)
  }
  return told
}

const FIRST = day('2026-01-01')
const DAYS = 20
const anyDay = fc.nat(DAYS).map((n) => addDays(FIRST, n))
const group = fc.constantFrom('GA1', 'GB1', 'GC1')
const open = { kind: 'open' } as const

type Step = { readonly province: string; readonly consNo: string; readonly command: () => object }
const steps = fc
  .tuple(
    fc.constantFrom('P13S', 'P11'),
    fc.constant('1'),
    fc.constantFrom('a', 'b', 'c'),
    group,
    anyDay,
    fc.option(anyDay, { nil: undefined, freq: 1 }),
    fc.constantFrom(
      'ProposeLink',
      'ProposeLink',
      'ConfirmLink',
      'ConfirmLink',
      'ConfirmLink',
      'RejectLink',
      'EndLink',
      'EndLink',
      'MoveLink',
      'MoveLink',
      'DismissSuggestion',
    ),
  )
  .map(([province, consNo, linkId, groupNo, on, until, type]): Step => {
    const data: Record<string, object> = {
      ProposeLink: {
        province,
        consNo,
        linkId,
        groupNo,
        basis: 'equity',
        effectiveFrom: on,
        ...(until && { endedOn: until }),
        evidence: [],
        reason: 'shares',
        target: open,
        known: true,
      },
      ConfirmLink: { linkId, target: open },
      RejectLink: { linkId, reason: 'no' },
      EndLink: { linkId, on, reason: 'sold' },
      MoveLink: { linkId, newLinkId: `${linkId}${groupNo}`, to: groupNo, on, cause: 'merge', reason: 'merge' },
      DismissSuggestion: { province, consNo, groupNo, facts: on, reason: 'no' },
    }
    return {
      province,
      consNo,
      command: () => ({ type, data: { at: instantAt(day('2026-01-25'), 600), by: type === 'ProposeLink' ? 'clerk' : 'lead', ...data[type] } }),
    }
  })

/** What the customers' streams would hold, decided by the code that decides. */
const decided = (all: readonly Step[]): { readonly log: Log; readonly states: ReadonlyMap<string, GroupLinks> } => {
  const states = new Map<string, GroupLinks>()
  const log: (readonly [Log[number][0], Log[number][1]])[] = []
  for (const { province, consNo, command } of all) {
    const key = `${province} ${consNo}`
    const state = states.get(key) ?? groupLinks.initial
    const decision = groupLinks.decide(command() as GroupLinkCommand, state)
    if (!decision.ok) continue
    states.set(key, decision.events.reduce(groupLinks.evolve, state))
    log.push(...decision.events.map((event) => [streamName('GroupLink', province, consNo), event] as const))
  }
  return { log, states }
}

const Member = z.object({ group_no: z.string() })
const groupIn = async (province: string, consNo: string, on: BusinessDate): Promise<readonly string[]> =>
  (
    await pool.any(sql.type(Member)`
      select group_no from read_model.group_membership where province = ${province} and cons_no = ${consNo} and valid_from <= ${on}::date and valid_to > ${on}::date`)
  ).map(({ group_no }) => group_no)

test('who belongs where on any date is what the deciding code says; in batches of any size, given twice, the tables are the same', async () => {
  const reached = { member: 0, moved: 0, ended: 0, dismissed: 0 }
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 40, maxLength: 80, size: 'max' }), fc.constantFrom(1, 3, 7), async (all, batch) => {
      const { log: links, states } = decided(all)
      const log = [
        ...groupSays.registered('GA1', 'Alpha'),
        ...groupSays.registered('GB1', 'Beta', { parent: 'GA1' }),
        ...groupSays.registered('GC1', 'Gamma'),
        ...links,
      ]
      await clear()
      await tables.apply(record(log))
      const whole = await picture()
      for (const [key, state] of states) {
        const [province = '', consNo = ''] = key.split(' ')
        for (let n = 0; n <= DAYS; n += 2) {
          const expected = groupOn(state, addDays(FIRST, n))
          expect(await groupIn(province, consNo, addDays(FIRST, n))).toEqual(expected === undefined ? [] : [expected])
          if (expected !== undefined) reached.member++
        }
      }
      for (const [, { type }] of links) {
        if (type === 'LinkMoved') reached.moved++
        if (type === 'LinkEnded') reached.ended++
        if (type === 'SuggestionDismissed') reached.dismissed++
      }
      await clear()
      const recorded = record(log)
      for (let at = 0; at < recorded.length; at += batch) {
        await tables.apply(recorded.slice(at, at + batch))
        await tables.apply(recorded.slice(Math.max(0, at - 2), at + batch)) // again, with some before
      }
      expect(await picture()).toEqual(whole)
    }),
    { numRuns: 20 },
  )
  expect(Math.min(...Object.values(reached)), JSON.stringify(reached)).toBeGreaterThan(1)
})

test('a tree of any moves is told on any date, without a cycle, and a merged number stands for what it merged into from that day on', async () => {
  await tables.apply(
    record([
      ...groupSays.registered('TOP', 'Top'),
      ...groupSays.registered('MID', 'Mid', { parent: 'TOP' }),
      ...groupSays.registered('LOW', 'Low', { parent: 'MID' }),
      ...groupSays.moved('LOW', 'TOP', '2026-02-01'),
      ...groupSays.moved('MID', 'LOW', '2026-02-10'),
      ...groupSays.linked('P11', '1', 'LOW', '2026-01-10'),
      ...groupSays.merged('LOW', 'TOP', '2026-03-01', [['P11', '1']]),
    ]),
    2,
  )
  const tree = async (on: string) =>
    (await groupTree(pool, 'TOP' as GroupNo, day(on), undefined)).nodes.map(({ path, members }) => `${path.join('/')} ${members}`)
  expect(await tree('2026-01-15')).toEqual(['TOP 0', 'TOP/MID 0', 'TOP/MID/LOW 1'])
  expect(await tree('2026-02-05')).toEqual(['TOP 0', 'TOP/LOW 1', 'TOP/MID 0'])
  expect(await tree('2026-02-20')).toEqual(['TOP 0', 'TOP/LOW 1', 'TOP/LOW/MID 0'])
  expect((await groupTree(pool, 'MID' as GroupNo, day('2026-02-20'), undefined)).nodes).toHaveLength(3)
  expect(await groupMeant(pool, 'LOW' as GroupNo, day('2026-02-28'))).toBe('LOW')
  expect(await groupMeant(pool, 'LOW' as GroupNo, day('2026-03-01'))).toBe('TOP')
  expect(await groupMeant(pool, 'NONE' as GroupNo, day('2026-03-01'))).toBeUndefined()
  expect((await getGroup(pool, 'LOW' as GroupNo, day('2026-03-01'), undefined)).group).toMatchObject({
    status: 'merged',
    mergedInto: 'TOP',
    mergedOn: '2026-03-01',
    members: 0,
  })
  expect((await getGroup(pool, 'TOP' as GroupNo, day('2026-03-01'), undefined)).group).toMatchObject({ members: 1 })
})

describe('a group that left as of an earlier day than it was recorded on', () => {
  const left = (groupNo: string, on: string, recorded: string, into?: string): Log => [
    [
      streamName('GroupRegister', 'national'),
      { type: 'GroupLeft', data: { at: `${recorded}T01:00:00.000Z`, by: 'system', groupNo, on, ...(into !== undefined && { into }) } },
    ],
  ]
  const tree = async (groupNo: string, on: string) => (await groupTree(pool, groupNo as GroupNo, day(on), undefined)).nodes.map(({ path }) => path.join('/'))
  const family = [
    ...groupSays.registered('TOP', 'Top'),
    ...groupSays.registered('OLD', 'Old', { parent: 'TOP' }),
    ...groupSays.registered('NEW', 'New'),
    ...groupSays.registered('LOW', 'Low', { parent: 'OLD' }),
  ]

  test('by a merge hands what stood below it over from that day on: no day lacks it in the family', async () => {
    await tables.apply(record([...family, ...groupSays.moved('LOW', 'NEW', '2026-03-10'), ...left('OLD', '2026-02-01', '2026-03-10', 'NEW')]), 1)
    expect(await tree('NEW', '2026-01-31')).toEqual(['NEW'])
    expect(await tree('TOP', '2026-01-31')).toEqual(['TOP', 'TOP/OLD', 'TOP/OLD/LOW'])
    for (const on of ['2026-02-01', '2026-02-28', '2026-03-09', '2026-03-10', '2026-04-01']) {
      expect(await tree('NEW', on), on).toEqual(['NEW', 'NEW/LOW'])
      expect(await tree('TOP', on), on).toEqual(['TOP'])
    }
  })

  test('by a dissolution leaves what stood below it to the one above, whichever that was', async () => {
    await tables.apply(
      record([
        ...family,
        ...groupSays.moved('OLD', 'NEW', '2026-02-20'),
        ...groupSays.moved('LOW', 'NEW', '2026-03-10'),
        ...left('OLD', '2026-02-01', '2026-03-10'),
      ]),
    )
    expect(await tree('TOP', '2026-02-10')).toContain('TOP/LOW')
    expect(await tree('NEW', '2026-02-28')).toEqual(['NEW', 'NEW/LOW'])
    expect(await tree('NEW', '2026-03-10')).toEqual(['NEW', 'NEW/LOW'])
  })

  test('where the group it merged into stood below what it hands over, the one above takes that over: no circle on any day', async () => {
    await tables.apply(
      record([
        ...family,
        ...groupSays.moved('NEW', 'LOW', '2026-02-10'),
        ...groupSays.moved('NEW', null, '2026-03-01'),
        ...groupSays.moved('LOW', 'NEW', '2026-03-10'),
        ...left('OLD', '2026-02-01', '2026-03-10', 'NEW'),
      ]),
    )
    expect(await tree('LOW', '2026-02-15')).toEqual(['TOP', 'TOP/LOW', 'TOP/LOW/NEW'])
    expect(await tree('NEW', '2026-03-10')).toEqual(['NEW', 'NEW/LOW'])
    const circles = await pool.any(sql.type(z.object({ group_no: z.string() }))`
      select group_no from read_model.group_ancestor where ancestor = group_no and depth > 0`)
    expect(circles).toEqual([])
  })
})

test('whatever the register decides, left as of whatever day: on no day a circle, and today everybody stands where the register says', async () => {
  const NAMES = ['GAA', 'GBB', 'GCC', 'GDD', 'GEE', 'GFF'].map((name) => name as GroupNo)
  const one = fc.constantFrom(...NAMES)
  const when = fc.integer({ min: 0, max: 40 })
  const step = fc.oneof(
    fc.tuple(one, fc.option(one, { nil: null })).map(([groupNo, parent]) => ({ type: 'MoveGroup', groupNo, parent }) as const),
    fc.tuple(one, one, when).map(([groupNo, into, back]) => ({ type: 'LeaveRegister', groupNo, into: groupNo === into ? undefined : into, back }) as const),
  )
  const reached = { moved: 0, left: 0, handed: 0 }
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(step, fc.integer({ min: 0, max: 9 })), { minLength: 15, maxLength: 30, size: 'max' }), async (steps) => {
      await clear()
      let today = day('2026-01-05')
      let register = groupRegister.initial
      const events: GroupRegisterEvent[] = []
      const say = (command: GroupRegisterCommand) => {
        const decision = groupRegister.decide(command, register)
        if (!decision.ok) return
        register = decision.events.reduce(groupRegister.evolve, register)
        events.push(...decision.events)
      }
      const signed = () => ({ at: instantAt(today, 600), by: user('group') })
      for (const groupNo of NAMES)
        say({ type: 'EnterGroup', data: { ...signed(), groupNo, profile: { name: groupNo as string, kind: 'private' } as never, distinctFrom: NAMES } })
      for (const [command, days] of steps) {
        today = addDays(today, days)
        const { groupNo } = command
        const absorbed = NAMES
        if (command.type === 'MoveGroup') say({ type: 'MoveGroup', data: { ...signed(), groupNo, parent: command.parent } })
        else {
          const { into, back } = command
          say({ type: 'LeaveRegister', data: { ...signed(), groupNo, ...(into !== undefined && { into }), on: addDays(today, -back), absorbed } })
        }
      }
      await tables.apply(record(events.map((event) => [streamName('GroupRegister', 'national'), event as Log[number][1]])), 3)
      const Parent = z.object({ group_no: z.string(), parent: z.string().nullable(), valid_from: z.string(), valid_to: z.string() })
      const parents = await pool.any(sql.type(Parent)`select * from read_model.group_parent order by group_no, valid_from`)
      const circles = await pool.any(
        sql.type(z.object({ group_no: z.string() }))`select group_no from read_model.group_ancestor where ancestor = group_no and depth > 0`,
      )
      expect(circles).toEqual([])
      for (const [groupNo, own] of Map.groupBy(parents, ({ group_no }) => group_no)) {
        expect(own.at(-1)!.parent).toBe(get(register.groups, groupNo as GroupNo)?.parent ?? null)
        // one place on every day
        for (const [n, { valid_from }] of own.entries()) expect(valid_from).toBe(n === 0 ? '0001-01-01' : own[n - 1]!.valid_to)
        expect(own.at(-1)!.valid_to).toBe('9999-12-31')
      }
      reached.moved += events.filter(({ type }) => type === 'ParentRecorded').length
      reached.left += events.filter(({ type }) => type === 'GroupLeft').length
      reached.handed += parents.length - NAMES.length
    }),
    { numRuns: 40 },
  )
  expect(Math.min(...Object.values(reached)), JSON.stringify(reached)).toBeGreaterThan(20)
})
