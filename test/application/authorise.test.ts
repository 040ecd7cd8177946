import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openDirectory } from '#application/organisation/directory.ts'
import { organisationUseCases } from '#application/organisation/use-cases.ts'
import { authorise, HQ, NATION, ofProvince, ofUnit, SYSTEM, sightOf } from '#application/shared/authorise.ts'
import type { OrgUnit } from '#domain/organisation/fields.ts'
import { Actor, Role } from '#domain/shared/actor.ts'
import type { OrgCode, Uuid } from '#domain/shared/identity.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { day, instant, org, province, uuid } from '#test/support/arbitraries/values.ts'

const unit = (code: string, level: OrgUnit['level'], parent?: string, over: Partial<OrgUnit> = {}): OrgUnit => ({
  ...{ code: org(code), level, name: code, shortName: code, validFrom: day('2020-01-01') },
  ...(parent !== undefined && { parent: org(parent) }),
  ...over,
})
/** 13401 belongs to the southern grid until 2026 and to Jibei from then on: both codes share the digits 13. */
const UNITS = [
  unit('HQ', 'HQ'),
  unit('P13S', 'PROVINCE', 'HQ'),
  unit('P13N', 'PROVINCE', 'HQ'),
  unit('13401', 'CITY', 'P13S'),
  unit('1340101', 'COUNTY', '13401'),
  unit('13501', 'CITY', 'P13N'),
]
const MOVED = unit('13401', 'CITY', 'P13N', { validFrom: day('2026-01-01') })

const opened = async () => {
  const clock = { at: instant('2025-12-01T00:00:00.000Z'), now: () => clock.at }
  const log = createMemoryEventLog(clock)
  const directory = await openDirectory(log.store, clock)
  const useCases = organisationUseCases({ store: log.store, clock, scope: directory })
  const by = (actor: Actor, id: Uuid) => ({ actor, commandId: id, correlationId: id })
  await useCases.execute({ type: 'RegisterUnits', data: { units: UNITS } }, by(SYSTEM, uuid(1)))
  return { clock, log, directory, useCases, by }
}
const actor = (orgCode: string, ...roles: Role[]): Actor => Actor.parse({ userId: 'u', orgCode, roles })
const THEN = day('2025-06-01')

describe('in which role, and whose matter', () => {
  test('the first of the wanted roles that the actor holds and that reaches', async () => {
    const { directory } = await opened()
    expect(authorise(actor('P13S', 'PV_LEAD', 'PV_TARIFF'), ['PV_TARIFF', 'PV_LEAD'], ofProvince(province('P13S')), directory, THEN)).toEqual({
      ok: true,
      role: 'PV_TARIFF',
    })
    expect(authorise(actor('P13S', 'PV_LEAD', 'HQ_LEAD'), ['HQ_LEAD', 'PV_LEAD'], ofProvince(province('P13S')), directory, THEN)).toEqual({
      ok: true,
      role: 'PV_LEAD',
    })
  })

  test('by links, never by the letters of a code', async () => {
    const { directory } = await opened()
    const city = actor('13401', 'CT_TARIFF')
    const may = (code: string, date = THEN) => authorise(city, ['CT_TARIFF'], ofUnit(org(code)), directory, date).ok
    expect([may('13401'), may('1340101'), may('13501'), may('P13S'), may('13402')]).toEqual([true, true, false, false, false])
  })

  test('by the tree of the day: a city that moved belongs to its new province from then on', async () => {
    const { directory, useCases, by } = await opened()
    await useCases.execute({ type: 'ChangeUnit', data: { unit: MOVED, reason: 'moved' } }, by(actor('HQ', 'ADMIN'), uuid(2)))
    const north = actor('P13N', 'PV_TARIFF')
    const may = (date: string) => authorise(north, ['PV_TARIFF'], ofUnit(org('1340101')), directory, day(date)).ok
    expect([may('2025-12-31'), may('2026-01-01')]).toEqual([false, true])
  })

  test('whoever holds none of the roles is told so, whoever does not reach is told that', async () => {
    const { directory } = await opened()
    expect(authorise(actor('P13S', 'ADMIN'), ['PV_LEAD'], ofProvince(province('P13S')), directory, THEN)).toEqual({ ok: false, code: 'FORBIDDEN_ROLE' })
    expect(authorise(actor('P13N', 'PV_LEAD'), ['PV_LEAD'], ofProvince(province('P13S')), directory, THEN)).toEqual({ ok: false, code: 'FORBIDDEN_SCOPE' })
    expect(authorise(actor('NOWHERE', 'PV_LEAD'), ['PV_LEAD'], ofProvince(province('P13S')), directory, THEN)).toEqual({ ok: false, code: 'FORBIDDEN_SCOPE' })
  })

  test('always: no province acts on another, and nobody outside headquarters acts for the nation', async () => {
    const { directory } = await opened()
    const codes = UNITS.map(({ code }) => code)
    let granted = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...codes),
        fc.subarray([...Role.options], { minLength: 1 }),
        fc.constantFrom(...codes),
        fc.boolean(),
        (home, roles, about, nation) => {
          const answer = authorise({ ...SYSTEM, orgCode: home, roles }, Role.options, nation ? NATION : ofUnit(about), directory, THEN)
          if (!answer.ok) return
          granted++
          expect(roles).toContain(answer.role)
          if (home === HQ) return
          expect(nation).toBe(false)
          expect(answer.role.startsWith('HQ_')).toBe(false)
          expect(directory.provinceOf(about, THEN)).toBe(directory.provinceOf(home, THEN))
        },
      ),
      { numRuns: 500 },
    )
    expect(granted).toBeGreaterThan(50)
  })
})

test('what a reader sees: all, the province, the unit, or nothing', async () => {
  const { directory } = await opened()
  expect(sightOf(actor('HQ', 'HQ_AUDIT'), directory, THEN)).toEqual({ kind: 'all' })
  expect(sightOf(actor('HQ', 'ADMIN'), directory, THEN)).toEqual({ kind: 'nothing' })
  expect(sightOf(actor('P13S', 'PV_LEGAL'), directory, THEN)).toEqual({ kind: 'province', province: 'P13S', unit: undefined })
  expect(sightOf(actor('1340101', 'CN_COLLECT'), directory, THEN)).toEqual({ kind: 'province', province: 'P13S', unit: '1340101' })
  expect(sightOf(actor('NOWHERE', 'CN_COLLECT'), directory, THEN)).toEqual({ kind: 'nothing' })
})

describe('the directory', () => {
  test('sees its own changes at once and those of others within a second', async () => {
    const { clock, log, directory, useCases, by } = await opened()
    const elsewhere = organisationUseCases({ store: log.store, clock, scope: await openDirectory(log.store, clock) })
    const [own, other] = ['13601', '13602'].map((code) => unit(code, 'CITY', 'P13S')) as [OrgUnit, OrgUnit]
    await useCases.execute({ type: 'RegisterUnits', data: { units: [own] } }, by(SYSTEM, uuid(3)))
    expect(directory.unitOn('13601' as OrgCode, THEN)).toBeDefined()
    await elsewhere.execute({ type: 'RegisterUnits', data: { units: [other] } }, by(SYSTEM, uuid(4)))
    await directory.refresh()
    expect(directory.unitOn('13602' as OrgCode, THEN)).toBeUndefined()
    clock.at = instant('2025-12-01T00:00:01.000Z')
    await directory.refresh()
    expect(directory.unitOn('13602' as OrgCode, THEN)).toBeDefined()
  })

  test('reads only what is new, once for all who ask together', async () => {
    const { clock, log, directory } = await opened()
    const asked: (bigint | undefined)[] = []
    const counting = {
      ...log.store,
      readStream: (stream: Parameters<typeof log.store.readStream>[0], from?: bigint) => {
        asked.push(from)
        return log.store.readStream(stream, from)
      },
    }
    const second = await openDirectory(counting, clock)
    clock.at = instant('2025-12-01T00:01:00.000Z')
    await Promise.all([second.refresh(), second.refresh(), second.refresh()])
    await second.refresh()
    expect(asked).toEqual([0n, 1n])
    expect([...second.tree().keys()]).toEqual([...directory.tree().keys()])
  })
})
