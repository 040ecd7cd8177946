import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addWorkingDays, addWorkingMinutes, calendarOf, isWorkingDay, type WorkingHours, workingMinutesBetween } from '#domain/shared/calendar.ts'
import { addDays, type BusinessDate, epochOf } from '#domain/shared/dates.ts'
import { anyInstant, day, shanghai } from '#test/support/arbitraries/values.ts'

const from = (first: string, days: number): BusinessDate[] => Array.from({ length: days }, (_, index) => addDays(day(first), index))
const year2026 = {
  year: 2026,
  holidays: [...from('2026-01-01', 3), ...from('2026-02-15', 9), ...from('2026-05-01', 5), ...from('2026-10-01', 7)],
  makeUpDays: ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'].map(day),
}
const calendar = calendarOf([year2026])
/** 08:30-12:00 and 13:30-17:30: 450 minutes. */
const hours: WorkingHours = [
  { from: 510, until: 720 },
  { from: 810, until: 1050 },
]
const add = (start: readonly [string, string], minutes: number) => addWorkingMinutes(shanghai(...start), minutes, calendar, hours)

describe('working days', () => {
  test('weekends and holidays off, make-up days on', () => {
    expect(['2026-03-02', '2026-03-07', '2026-02-16', '2026-02-14', '2026-02-28', '2026-10-10'].map((date) => isWorkingDay(day(date), calendar))).toEqual([
      true,
      false,
      false,
      true,
      true,
      true,
    ])
  })
  test('Monday to Friday in a year without a calendar', () => {
    expect(['2027-01-01', '2027-01-02', '2027-01-03', '2027-01-04'].map((date) => isWorkingDay(day(date), calendar))).toEqual([true, false, false, true])
  })
})

test('working days from a date: weekends and holidays are passed over, make-up days count, an unpublished year is said to be one', () => {
  const after = (date: string, days: number) => addWorkingDays(day(date), days, calendar)
  expect(after('2026-03-06', 2)).toEqual({ date: '2026-03-10', provisional: false })
  expect(after('2026-02-13', 2)).toEqual({ date: '2026-02-24', provisional: false }) // Saturday 14 works, 15 to 23 are off
  expect(after('2026-03-07', 0)).toEqual({ date: '2026-03-07', provisional: false })
  expect(after('2026-12-31', 1)).toEqual({ date: '2027-01-01', provisional: true })
})

describe('adding working minutes', () => {
  test('runs over lunch, the night and the weekend', () => {
    expect(add(['2026-03-02', '09:00'], 60).at).toBe(shanghai('2026-03-02', '10:00'))
    expect(add(['2026-03-02', '11:30'], 60).at).toBe(shanghai('2026-03-02', '14:00'))
    expect(add(['2026-03-02', '17:00'], 60).at).toBe(shanghai('2026-03-03', '09:00'))
    expect(add(['2026-03-06', '17:00'], 60).at).toBe(shanghai('2026-03-09', '09:00'))
  })
  test('ends with a span, not at the next one’s beginning', () => {
    expect(add(['2026-03-02', '11:00'], 60).at).toBe(shanghai('2026-03-02', '12:00'))
    expect(add(['2026-03-02', '08:30'], 450).at).toBe(shanghai('2026-03-02', '17:30'))
    expect(add(['2026-03-02', '08:30'], 451).at).toBe(shanghai('2026-03-03', '08:31'))
  })
  test('begins with the next working minute', () => {
    for (const start of [
      ['2026-03-07', '10:00'],
      ['2026-03-06', '17:30'],
      ['2026-03-09', '00:00'],
      ['2026-03-09', '08:30'],
    ] as const)
      expect(add(start, 30)).toEqual({ at: shanghai('2026-03-09', '09:00'), provisional: false })
    expect(add(['2026-03-07', '10:00'], 0)).toEqual({ at: shanghai('2026-03-07', '10:00'), provisional: false })
  })
  test('over the Spring Festival, whose Saturday before is made up', () => {
    expect(add(['2026-02-13', '17:00'], 60).at).toBe(shanghai('2026-02-14', '09:00'))
    expect(add(['2026-02-14', '17:00'], 60).at).toBe(shanghai('2026-02-24', '09:00'))
  })
  test('is provisional once a year without a calendar has part in it', () => {
    expect(add(['2026-12-31', '17:00'], 30)).toEqual({ at: shanghai('2026-12-31', '17:30'), provisional: false })
    expect(add(['2026-12-31', '17:00'], 31)).toEqual({ at: shanghai('2027-01-01', '08:31'), provisional: true })
  })
  test('wants hours in which somebody works, and minutes that are some', () => {
    expect(() => addWorkingMinutes(shanghai('2026-03-02', '09:00'), 1, calendar, [])).toThrow(RangeError)
    expect(() => addWorkingMinutes(shanghai('2026-03-02', '09:00'), -1, calendar, hours)).toThrow(RangeError)
  })
})

describe('working minutes between', () => {
  const between = (a: readonly [string, string], b: readonly [string, string]) => workingMinutesBetween(shanghai(...a), shanghai(...b), calendar, hours)
  test('count only working time', () => {
    expect(between(['2026-03-02', '09:00'], ['2026-03-02', '14:00']).minutes).toBe(210)
    expect(between(['2026-03-06', '00:00'], ['2026-03-09', '00:00']).minutes).toBe(450)
    expect(between(['2026-03-06', '17:00'], ['2026-03-09', '09:00']).minutes).toBe(60)
    expect(between(['2026-03-09', '09:00'], ['2026-03-06', '17:00'])).toEqual({ minutes: 0, provisional: false })
    expect(between(['2026-12-31', '08:30'], ['2027-01-01', '09:00'])).toEqual({ minutes: 480, provisional: true })
    expect(between(['2026-03-02', '09:00:30'], ['2026-03-02', '09:01:29']).minutes).toBe(0)
  })
  test('are what was added, and sum up', () => {
    fc.assert(
      fc.property(anyInstant('2025-06-01', '2027-06-01'), fc.nat(20_000), (start, minutes) => {
        const { at } = addWorkingMinutes(start, minutes, calendar, hours)
        expect(workingMinutesBetween(start, at, calendar, hours).minutes).toBe(minutes)
        expect(epochOf(at)).toBeGreaterThanOrEqual(epochOf(start))
      }),
    )
    fc.assert(
      fc.property(anyInstant('2025-06-01', '2027-06-01'), fc.nat(5000), fc.nat(5000), (start, a, b) => {
        const once = addWorkingMinutes(start, a + b, calendar, hours).at
        const first = a === 0 ? start : addWorkingMinutes(start, a, calendar, hours).at
        expect(b === 0 ? first : addWorkingMinutes(first, b, calendar, hours).at).toBe(once)
      }),
    )
  })
})
