import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { workCalendar } from '#domain/organisation/decider.ts'
import { workCalendarEvents } from '#domain/organisation/events.ts'
import type { CalendarYear } from '#domain/organisation/fields.ts'
import { day, shanghai, user } from '#test/support/arbitraries/values.ts'
import { specFor, walk } from '#test/support/spec.ts'

const signed = { at: shanghai('2026-03-02', '09:00'), by: user('admin') }

describe('the working calendar', () => {
  const calendar = specFor(workCalendarEvents, workCalendar)
  const year: CalendarYear = {
    year: 2026,
    version: 1,
    holidays: [day('2026-01-01'), day('2026-01-02')],
    makeUpDays: [day('2026-01-04')],
    source: '国办发明电〔2025〕7号',
  }
  const publish = (over: Partial<CalendarYear> = {}) => ({ type: 'PublishCalendarYear', data: { ...signed, calendar: { ...year, ...over } } }) as const
  const published = (over: Partial<CalendarYear> = {}) => ({ type: 'CalendarYearPublished', data: { ...signed, calendar: { ...year, ...over } } }) as const

  test('is published by year, in rising versions', () => {
    calendar.given().when(publish()).thenYields(published())
    calendar.given(published()).when(publish()).thenNothing()
    calendar
      .given(published())
      .when(publish({ version: 2, holidays: [] }))
      .thenYields(published({ version: 2, holidays: [] }))
    calendar
      .given(published({ version: 2 }))
      .when(publish({ holidays: [] }))
      .thenRejected({ code: 'VERSION_NOT_NEWER', year: 2026, standing: 2 })
    calendar
      .given(published())
      .when(publish({ holidays: [] }))
      .thenRejected({ code: 'VERSION_NOT_NEWER', year: 2026, standing: 1 })
    calendar
      .given(published())
      .when(publish({ year: 2027, holidays: [], makeUpDays: [] }))
      .thenYields(published({ year: 2027, holidays: [], makeUpDays: [] }))
  })
  test('keeps to its year, says each day once, and makes up on weekends', () => {
    const outside = [day('2025-12-31'), day('2027-01-02')]
    calendar
      .given()
      .when(publish({ holidays: [outside[0]!], makeUpDays: [outside[1]!] }))
      .thenRejected({ code: 'OUTSIDE_YEAR', dates: outside })
    calendar
      .given()
      .when(publish({ holidays: [day('2026-01-04')] }))
      .thenRejected({ code: 'DAY_TWICE', dates: [day('2026-01-04')] })
    calendar
      .given()
      .when(publish({ makeUpDays: [day('2026-01-04'), day('2026-01-09')] }))
      .thenRejected({ code: 'MAKE_UP_ON_WEEKDAY', dates: [day('2026-01-09')] })
  })
  test('said twice is written once, whatever is said', () => {
    const some = fc.record({ year: fc.constantFrom(2026, 2027), version: fc.integer({ min: 1, max: 4 }), days: fc.subarray([day('2026-01-01')]) })
    const reached = new Set<number>()
    fc.assert(
      fc.property(fc.array(some, { maxLength: 20, size: 'max' }), (said) => {
        const commands = said.map(({ year: y, version, days }) => publish({ year: y, version, holidays: days, makeUpDays: [] }))
        for (const years of walk(workCalendarEvents, workCalendar, commands)) for (const { version } of years.values()) reached.add(version)
      }),
    )
    expect(reached).toEqual(new Set([1, 2, 3, 4]))
  })
})
