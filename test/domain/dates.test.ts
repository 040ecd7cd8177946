import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addDays,
  addMonths,
  BillMonth,
  BusinessDate,
  businessDateOf,
  dateOfDayNumber,
  dayNumber,
  daysBetween,
  daysInMonth,
  epochOf,
  firstDay,
  Instant,
  instantAt,
  instantOfEpoch,
  lastDay,
  minuteOfDay,
  monthOf,
  sameDay,
  weekday,
  wholeMonths,
  yearOf,
} from '#domain/shared/dates.ts'
import { inForceOn } from '#domain/shared/effective.ts'
import { anyDate, anyInstant, day, instant } from '#test/support/arbitraries/values.ts'

const month = (text: string): BillMonth => BillMonth.parse(text)

describe('business dates', () => {
  test('are dates of the calendar', () => {
    for (const text of ['2024-02-29', '2000-02-29', '2026-12-31', '0001-01-01']) expect(BusinessDate.safeParse(text).success).toBe(true)
    for (const text of ['2026-02-29', '1900-02-29', '2026-13-01', '2026-00-10', '2026-04-31', '2026-1-1', '2026-01-01T00:00', '0000-01-01', ''])
      expect(BusinessDate.safeParse(text).success).toBe(false)
  })
  test('count days through leap years, month ends and years', () => {
    expect(addDays(day('2024-02-28'), 1)).toBe('2024-02-29')
    expect(addDays(day('2026-02-28'), 1)).toBe('2026-03-01')
    expect(addDays(day('2026-01-01'), -1)).toBe('2025-12-31')
    expect(daysBetween(day('2000-12-15'), day('2001-01-18'))).toBe(34)
    expect([dayNumber(day('1970-01-01')), dayNumber(day('2000-03-01')), dayNumber(day('1969-12-31'))]).toEqual([0, 11_017, -1])
    expect([2000, 1900, 2024, 2026].map((year) => daysInMonth(year, 2))).toEqual([29, 28, 29, 28])
    expect([1, 4, 6, 9, 11, 12].map((m) => daysInMonth(2026, m))).toEqual([31, 30, 30, 30, 30, 31])
  })
  test('agree with the platform’s calendar', () => {
    fc.assert(
      fc.property(anyDate('1000-01-01', '3000-12-31'), fc.integer({ min: -100_000, max: 100_000 }), (date, days) => {
        const platform = new Date(`${date}T00:00:00.000Z`)
        expect(dayNumber(date) * 86_400_000).toBe(platform.getTime())
        expect(weekday(date)).toBe(platform.getUTCDay() === 0 ? 7 : platform.getUTCDay())
        platform.setUTCDate(platform.getUTCDate() + days)
        expect(addDays(date, days)).toBe(platform.toISOString().slice(0, 10))
        expect(dateOfDayNumber(dayNumber(date))).toBe(date)
      }),
    )
  })
  test('stand in order as text', () => {
    fc.assert(
      fc.property(anyDate(), anyDate(), (a, b) => {
        expect(Math.sign(daysBetween(a, b))).toBe(a < b ? 1 : a > b ? -1 : 0)
      }),
    )
  })
})

describe('months', () => {
  test('count over years, and know their first and last day', () => {
    expect([addMonths(month('202601'), -1), addMonths(month('202512'), 1), addMonths(month('202603'), -15), addMonths(month('202603'), 24)]).toEqual([
      '202512',
      '202601',
      '202412',
      '202803',
    ])
    expect([firstDay(month('202402')), lastDay(month('202402')), lastDay(month('202602')), lastDay(month('202612'))]).toEqual([
      '2024-02-01',
      '2024-02-29',
      '2026-02-28',
      '2026-12-31',
    ])
    expect([monthOf(day('2026-03-02')), yearOf(day('2026-03-02')), yearOf(month('202512'))]).toEqual(['202603', 2026, 2025])
    for (const text of ['202613', '202600', '20261', '2026-01']) expect(BillMonth.safeParse(text).success).toBe(false)
  })
  test('the same day of another month is clamped to its last', () => {
    expect(sameDay(day('2026-03-31'), -1)).toBe('2026-02-28')
    expect(sameDay(day('2024-03-31'), -1)).toBe('2024-02-29')
    expect(sameDay(day('2024-02-29'), -12)).toBe('2023-02-28')
    expect(sameDay(day('2026-03-15'), -1)).toBe('2026-02-15')
  })
  test('whole months have passed once the same day has come again, or the last of a shorter month', () => {
    const passed = (from: string, to: string) => wholeMonths(day(from), day(to))
    expect([passed('2025-12-03', '2026-03-02'), passed('2025-12-03', '2026-03-03')]).toEqual([2, 3])
    expect([passed('2025-11-30', '2026-02-27'), passed('2025-11-30', '2026-02-28')]).toEqual([2, 3])
    expect([passed('2026-03-02', '2026-03-02'), passed('2026-03-02', '2026-03-01'), passed('2026-03-02', '2025-01-01')]).toEqual([0, 0, 0])
  })
})

describe('instants', () => {
  test('fall on the Shanghai date', () => {
    expect(businessDateOf(instant('2026-03-01T15:59:59.999Z'))).toBe('2026-03-01')
    expect(businessDateOf(instant('2026-03-01T16:00:00.000Z'))).toBe('2026-03-02')
    expect(minuteOfDay(instant('2026-03-01T16:00:00.000Z'))).toBe(0)
    expect(minuteOfDay(instant('2026-03-01T15:59:59.999Z'))).toBe(1439)
    expect(instantAt(day('2026-03-02'), 0)).toBe('2026-03-01T16:00:00.000Z')
    expect(instantAt(day('2026-03-02'), 1440)).toBe('2026-03-02T16:00:00.000Z')
    expect(instantAt(day('2026-01-01'), 0)).toBe('2025-12-31T16:00:00.000Z')
  })
  test('are UTC to the millisecond', () => {
    for (const text of ['2026-03-01T16:00:00Z', '2026-03-01T16:00:00.000+08:00', '2026-03-01']) expect(Instant.safeParse(text).success).toBe(false)
    fc.assert(
      fc.property(anyInstant('1990-01-01', '2100-01-01'), (at) => {
        expect(instantOfEpoch(epochOf(at))).toBe(at)
        expect(new Date(at).toISOString()).toBe(at)
        expect(epochOf(at)).toBe(Date.parse(at))
        expect(businessDateOf(at)).toBe(new Date(Date.parse(at) + 8 * 3_600_000).toISOString().slice(0, 10))
        const midnight = instantAt(businessDateOf(at), 0)
        expect(epochOf(at) - epochOf(midnight)).toBeLessThan(86_400_000)
        expect(minuteOfDay(at)).toBe(Math.floor((epochOf(at) - epochOf(midnight)) / 60_000))
      }),
    )
  })
})

test('of dated rules the one is in force that took effect last, and of equals the newer version', () => {
  const rule = (version: number, effectiveFrom: string) => ({ version, effectiveFrom: day(effectiveFrom) })
  const rules = [rule(3, '2026-01-01'), rule(1, '2020-01-01'), rule(2, '2026-01-01')]
  expect([day('2019-12-31'), day('2025-12-31'), day('2026-01-01')].map((date) => inForceOn(rules, date)?.version)).toEqual([undefined, 1, 3])
})
