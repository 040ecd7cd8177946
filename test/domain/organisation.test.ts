import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OrganisationCommand } from '#domain/organisation/commands.ts'
import { organisation } from '#domain/organisation/decider.ts'
import { type OrganisationEvent, organisationEvents } from '#domain/organisation/events.ts'
import type { OrgLevel, OrgUnit } from '#domain/organisation/fields.ts'
import { childrenOn, depth, isWithin, provinceOf, provincesOn, treeOf, unitOn, unitsOn, wayUp } from '#domain/organisation/tree.ts'
import { fold } from '#domain/shared/decider.ts'
import { day, org, province, shanghai, user } from '#test/support/arbitraries/values.ts'
import { specFor, walk } from '#test/support/spec.ts'

const signed = { at: shanghai('2026-03-02', '09:00'), by: user('admin') }
const { given } = specFor(organisationEvents, organisation)

const unit = (code: string, level: OrgLevel, parent: string | undefined, validFrom = '2000-01-01', over: Partial<OrgUnit> = {}): OrgUnit => ({
  code: org(code),
  level,
  ...(parent !== undefined && { parent: org(parent) }),
  name: `Company ${code}`,
  shortName: code,
  validFrom: day(validFrom),
  ...over,
})
const hq = unit('HQ', 'HQ', undefined)
const hebei = unit('P13S', 'PROVINCE', 'HQ')
const jibei = unit('P13N', 'PROVINCE', 'HQ', '2012-01-01')
const city = unit('13401', 'CITY', 'P13S')
const county = unit('1340101', 'COUNTY', '13401')

const register = (...units: OrgUnit[]): OrganisationCommand => ({ type: 'RegisterUnits', data: { ...signed, units } })
const registered = (...units: OrgUnit[]): OrganisationEvent => ({ type: 'UnitsRegistered', data: { ...signed, units } })
const change = (one: OrgUnit): OrganisationCommand => ({ type: 'ChangeUnit', data: { ...signed, unit: one, reason: 'reform' } })
const changed = (one: OrgUnit): OrganisationEvent => ({ type: 'UnitChanged', data: { ...signed, unit: one, reason: 'reform' } })
const close = (code: string, on: string, successor?: string): OrganisationCommand => ({
  type: 'CloseUnit',
  data: { ...signed, code: org(code), on: day(on), reason: 'merged', ...(successor !== undefined && { successor: org(successor) }) },
})
const closed = (code: string, on: string): OrganisationEvent => ({ type: 'UnitClosed', data: { ...signed, code: org(code), on: day(on), reason: 'merged' } })

const all = registered(hq, hebei, jibei, city, county)

describe('registering units', () => {
  test('parents and children together, in any order; what stands already is nothing new', () => {
    given()
      .when(register(county, city, hebei, hq))
      .thenYields(registered(county, city, hebei, hq))
    given(registered(hq, hebei))
      .when(register(hq, hebei, city))
      .thenYields(registered(city))
    given(registered(hq, hebei)).when(register(hebei, hq)).thenNothing()
  })
  test('each under a parent that exists on its first day', () => {
    given(registered(hq))
      .when(register(city))
      .thenRejected({ code: 'UNKNOWN_PARENT', unit: org('13401'), parent: org('P13S'), on: day('2000-01-01') })
    given(registered(hq, jibei))
      .when(register(unit('13501', 'CITY', 'P13N', '2011-12-31')))
      .thenRejected({ code: 'UNKNOWN_PARENT', unit: org('13501'), parent: org('P13N'), on: day('2011-12-31') })
    given()
      .when(register(unit('P11', 'PROVINCE', undefined)))
      .thenRejected({ code: 'PARENT_REQUIRED', unit: org('P11') })
  })
  test('a level below its parent’s; levels may be left out', () => {
    given(registered(hq, hebei))
      .when(register(unit('1340101', 'COUNTY', 'P13S')))
      .thenYields(registered(unit('1340101', 'COUNTY', 'P13S')))
    given(all)
      .when(register(unit('13402', 'CITY', '1340101')))
      .thenRejected({ code: 'LEVEL_ORDER', unit: org('13402') })
    given(all)
      .when(register(unit('13402', 'CITY', '13401')))
      .thenRejected({ code: 'LEVEL_ORDER', unit: org('13402') })
    given(all)
      .when(register(unit('HQ2', 'HQ', 'HQ')))
      .thenRejected({ code: 'LEVEL_ORDER', unit: org('HQ2') })
  })
  test('a province under a province code', () => {
    given(registered(hq))
      .when(register(unit('13000', 'PROVINCE', 'HQ')))
      .thenRejected({ code: 'BAD_PROVINCE_CODE', unit: org('13000') })
  })
  test('a code stands for one unit on a day', () => {
    const other = { ...city, name: 'Another' }
    given(all)
      .when(register(other))
      .thenRejected({ code: 'OVERLAP', unit: org('13401'), since: day('2000-01-01') })
    given(all)
      .when(register({ ...city, validFrom: day('1990-01-01') }))
      .thenRejected({ code: 'OVERLAP', unit: org('13401'), since: day('2000-01-01') })
    given(registered(hq, hebei))
      .when(register(city, other))
      .thenRejected({ code: 'DUPLICATE_UNIT', unit: org('13401') })
    const earlier = { ...city, validFrom: day('2000-01-01'), validTo: day('2005-01-01') }
    given(registered(hq, hebei, { ...city, validFrom: day('2005-01-01') }))
      .when(register(earlier))
      .thenYields(registered(earlier))
    const gone = registered(hq, hebei, { ...city, validTo: day('2010-01-01') })
    given(gone)
      .when(register({ ...other, validFrom: day('2010-01-01') }))
      .thenYields(registered({ ...other, validFrom: day('2010-01-01') }))
  })
  test('a code is free again after its unit, renamed once, has ended', () => {
    const renamed = changed({ ...city, name: 'Renamed', validFrom: day('2010-01-01') })
    const again = { ...city, validFrom: day('2021-01-01') }
    given(registered(hq, hebei, city), renamed, closed('13401', '2020-01-01'))
      .when(register(again))
      .thenYields(registered(again))
    given(registered(hq, hebei, city), renamed, closed('13401', '2020-01-01'))
      .when(register({ ...again, validFrom: day('2019-12-31') }))
      .thenRejected({ code: 'OVERLAP', unit: org('13401'), since: day('2010-01-01') })
  })
  test('a unit lasts a day at least, and no longer than its parent', () => {
    given(registered(hq, hebei))
      .when(register({ ...city, validTo: city.validFrom }))
      .thenRejected({ code: 'EMPTY_PERIOD', unit: org('13401') })
    given(registered(hq, { ...hebei, validTo: day('2020-01-01') }))
      .when(register(city))
      .thenRejected({ code: 'CHILD_OUTLIVES_PARENT', unit: org('13401'), parent: org('P13S'), parentEnds: day('2020-01-01') })
    given(registered(hq, { ...hebei, validTo: day('2010-01-01') }), registered({ ...hebei, validFrom: day('2012-01-01') }))
      .when(register(city))
      .thenRejected({ code: 'CHILD_OUTLIVES_PARENT', unit: org('13401'), parent: org('P13S'), parentEnds: day('2010-01-01') })
    given(registered(hq, { ...hebei, validTo: day('2020-01-01') }))
      .when(register({ ...city, validTo: day('2020-01-01') }))
      .thenYields(registered({ ...city, validTo: day('2020-01-01') }))
  })
})

describe('changing a unit', () => {
  test('from a date on; before it, what was', () => {
    const now = { ...city, name: 'Renamed', parent: org('P13N'), validFrom: day('2015-01-01') }
    given(all).when(change(now)).thenYields(changed(now))
    given(all, changed(now)).when(change(now)).thenNothing()
    given(all)
      .when(change({ ...city, validFrom: day('2015-01-01') }))
      .thenNothing()
    const tree = fold(organisation, [all, changed(now)])
    expect([day('2014-12-31'), day('2015-01-01')].map((date) => [unitOn(tree, org('13401'), date)?.name, provinceOf(tree, org('1340101'), date)])).toEqual([
      ['Company 13401', 'P13S'],
      ['Renamed', 'P13N'],
    ])
  })
  test('keeps its end, and its children', () => {
    const ending = registered(hq, hebei, { ...city, validTo: day('2020-01-01') })
    const now = { ...city, name: 'Renamed', validFrom: day('2015-01-01') }
    given(ending)
      .when(change(now))
      .thenYields(changed({ ...now, validTo: day('2020-01-01') }))
    given(ending)
      .when(change({ ...now, validTo: day('2018-01-01') }))
      .thenYields(changed({ ...now, validTo: day('2018-01-01') }))
    given(all)
      .when(change({ ...now, validTo: day('2018-01-01') }))
      .thenRejected({ code: 'CHILD_OUTLIVES_PARENT', unit: org('1340101'), parent: org('13401'), parentEnds: day('2018-01-01') })
  })
  test('never rewrites what was', () => {
    given(all)
      .when(change({ ...city, name: 'Renamed' }))
      .thenRejected({ code: 'OVERLAP', unit: org('13401'), since: day('2000-01-01') })
    const now = { ...city, name: 'Renamed', validFrom: day('2015-01-01') }
    given(all, changed(now))
      .when(change({ ...now, name: 'Again', validFrom: day('2014-01-01') }))
      .thenRejected({ code: 'OVERLAP', unit: org('13401'), since: day('2015-01-01') })
    given(all)
      .when(change({ ...city, validFrom: day('1999-12-31') }))
      .thenRejected({ code: 'UNKNOWN_UNIT', unit: org('13401') })
  })
  test('never below itself, never to another level', () => {
    given(all)
      .when(change({ ...city, parent: org('1340101'), validFrom: day('2015-01-01') }))
      .thenRejected({ code: 'CYCLE', unit: org('13401'), parent: org('1340101') })
    given(all)
      .when(change({ ...county, level: 'STATION', validFrom: day('2015-01-01') }))
      .thenRejected({ code: 'LEVEL_CHANGED', unit: org('1340101') })
    given(all)
      .when(change({ ...county, parent: org('99999'), validFrom: day('2015-01-01') }))
      .thenRejected({ code: 'UNKNOWN_PARENT', unit: org('1340101'), parent: org('99999'), on: day('2015-01-01') })
  })
})

describe('closing a unit', () => {
  test('once, with a successor that stands', () => {
    given(all).when(close('1340101', '2020-01-01')).thenYields(closed('1340101', '2020-01-01'))
    given(all, closed('1340101', '2020-01-01')).when(close('1340101', '2020-01-01')).thenNothing()
    given(all, closed('1340101', '2020-01-01'))
      .when(close('1340101', '2021-01-01'))
      .thenRejected({ code: 'ALREADY_CLOSED', unit: org('1340101'), on: day('2020-01-01') })
    given(all)
      .when(close('1340101', '2020-01-01', '13401'))
      .thenYields({ type: 'UnitClosed', data: { ...signed, code: org('1340101'), on: day('2020-01-01'), successor: org('13401'), reason: 'merged' } })
    for (const successor of ['99999', '1340101'])
      given(all)
        .when(close('1340101', '2020-01-01', successor))
        .thenRejected({ code: 'UNKNOWN_SUCCESSOR', unit: org('1340101'), successor: org(successor) })
  })
  test('not before it began, nor under its children', () => {
    given()
      .when(close('13401', '2020-01-01'))
      .thenRejected({ code: 'UNKNOWN_UNIT', unit: org('13401') })
    given(all)
      .when(close('P13N', '2012-01-01'))
      .thenRejected({ code: 'EMPTY_PERIOD', unit: org('P13N') })
    given(all)
      .when(close('13401', '2020-01-01'))
      .thenRejected({ code: 'CHILD_OUTLIVES_PARENT', unit: org('1340101'), parent: org('13401'), parentEnds: day('2020-01-01') })
    const moved = changed({ ...county, parent: org('P13S'), validFrom: day('2019-01-01') })
    given(all, moved).when(close('13401', '2019-01-01')).thenYields(closed('13401', '2019-01-01'))
    given(all, moved)
      .when(close('13401', '2018-12-31'))
      .thenRejected({ code: 'CHILD_OUTLIVES_PARENT', unit: org('1340101'), parent: org('13401'), parentEnds: day('2018-12-31') })
  })
})

describe('the tree', () => {
  const tree = treeOf([county, city, jibei, hebei, hq])
  const on = day('2026-03-02')
  test('answers by links, never by prefix', () => {
    expect(isWithin(tree, org('1340101'), org('P13S'), on)).toBe(true)
    expect(isWithin(tree, org('1340101'), org('P13N'), on)).toBe(false)
    expect(isWithin(tree, org('P13S'), org('P13S'), on)).toBe(true)
    expect(isWithin(tree, org('P13S'), org('13401'), on)).toBe(false)
    expect(isWithin(tree, province('P13N'), org('HQ'), on)).toBe(true)
    expect(isWithin(tree, org('99999'), org('HQ'), on)).toBe(false)
    expect(wayUp(tree, org('1340101'), on).map(({ code }) => code)).toEqual(['1340101', '13401', 'P13S', 'HQ'])
    expect([provinceOf(tree, org('1340101'), on), provinceOf(tree, org('HQ'), on), provinceOf(tree, org('99999'), on)]).toEqual(['P13S', undefined, undefined])
  })
  test('answers for its date', () => {
    expect(provincesOn(tree, day('2011-12-31')).map(({ code }) => code)).toEqual(['P13S'])
    expect(provincesOn(tree, on).map(({ code }) => code)).toEqual(['P13N', 'P13S'])
    expect(childrenOn(tree, org('HQ'), on).map(({ code }) => code)).toEqual(['P13N', 'P13S'])
    expect(unitsOn(tree, day('1999-12-31'))).toEqual([])
    const ended = treeOf([hq, { ...hebei, validTo: day('2020-01-01') }])
    expect([unitOn(ended, org('P13S'), day('2019-12-31'))?.code, unitOn(ended, org('P13S'), day('2020-01-01'))]).toEqual(['P13S', undefined])
  })
  test('ends at a broken link, and does not run in circles', () => {
    const loop = treeOf([unit('AA', 'CITY', 'BB'), unit('BB', 'CITY', 'AA')])
    expect(isWithin(loop, org('AA'), org('CC'), on)).toBe(false)
    expect(isWithin(treeOf([city]), org('13401'), org('P13S'), on)).toBe(false)
  })
})

const dates = fc.constantFrom('2000-01-01', '2010-01-01', '2015-06-01', '2020-01-01')
const units = fc.constantFrom(hq, hebei, jibei, city, county, unit('13402', 'CITY', 'P13N', '2015-06-01'))
const anyCommand: fc.Arbitrary<OrganisationCommand> = fc.oneof(
  fc.uniqueArray(units, { minLength: 1, maxLength: 6, selector: ({ code }) => code }).map((some) => register(...some)),
  fc
    .tuple(units, dates, fc.constantFrom('HQ', 'P13S', 'P13N', '13401', '1340101'))
    .map(([one, validFrom, parent]) => change({ ...one, ...(one.level !== 'HQ' && { parent: org(parent) }), validFrom: day(validFrom) })),
  fc.tuple(units, dates).map(([{ code }, on]) => close(code, on)),
)

test('whatever is said, in whatever order: nothing throws, what is said twice is written once, and nobody hangs in the air', () => {
  const reached = new Set<string>()
  fc.assert(
    fc.property(fc.array(anyCommand, { maxLength: 30, size: 'max' }), (commands) => {
      const tree = walk(organisationEvents, organisation, commands).at(-1)!
      for (const forms of tree.values()) {
        reached.add('registered')
        if (forms.length > 1) reached.add('changed')
        if (forms.at(-1)?.validTo) reached.add('closed')
      }
      for (const date of ['2000-01-01', '2012-01-01', '2015-06-01', '2019-12-31', '2020-01-01', '2030-01-01'].map(day))
        for (const one of unitsOn(tree, date)) {
          expect(wayUp(tree, one.code, date).at(-1)?.level).toBe('HQ')
          for (const [index, above] of wayUp(tree, one.code, date).entries())
            if (index > 0) expect(depth(above.level)).toBeLessThan(depth(wayUp(tree, one.code, date)[index - 1]!.level))
        }
    }),
  )
  expect([...reached].toSorted()).toEqual(['changed', 'closed', 'registered'])
})
