import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { addDays, BusinessDate } from '#domain/shared/dates.ts'

/** 522 weeks: weekdays stay weekdays, 2015-01-01 becomes 2025-01-02. */
const SHIFT_DAYS = 3654

const lines = (path: string): readonly (readonly string[])[] =>
  gunzipSync(readFileSync(new URL(`../raw/${path}`, import.meta.url)))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(','))

export type Series = { readonly id: string; readonly kwh: ReadonlyMap<BusinessDate, number | undefined>; readonly mean: number; readonly peak: number }

/** A stop of at most this many days is read as a meter that was not read; a longer one as no consumption. */
const UNREAD_DAYS = 3

/** 1 stands for "none or stopped" in the raw file. */
const readings = (values: readonly number[]): readonly (number | undefined)[] => {
  const read: (number | undefined)[] = [...values]
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== 1) continue
    let end = i
    while (values[end] === 1) end++
    read.fill(end - i <= UNREAD_DAYS ? undefined : 0, i, end)
    i = end
  }
  return read
}

export const loadSeries = (): readonly Series[] => {
  const [header = [], ...rows] = lines('tianchi_enterprise_daily_kwh.wide.csv.gz')
  const days = rows.map((row) => addDays(BusinessDate.parse(row[0]), SHIFT_DAYS))
  return header.slice(1).map((id, column) => {
    const read = readings(rows.map((row) => Number(row[column + 1])))
    const known = read.filter((value) => value !== undefined)
    return {
      id,
      kwh: new Map(days.map((day, index) => [day, read[index]])),
      mean: known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length),
      peak: known.reduce((most, value) => Math.max(most, value), 0),
    }
  })
}

/** One client of the UCI file, oldest month first: months overdue at each of six statements, and what share of the statement was paid. */
export type Client = { readonly id: string; readonly overdue: readonly number[]; readonly paidPercent: readonly number[]; readonly defaults: boolean }

export const loadClients = (): readonly Client[] => {
  const [, ...rows] = lines('uci350_bills_payments_overdue.csv.gz')
  return rows.map((row) => {
    const six = (from: number): readonly number[] => row.slice(from, from + 6).map(Number).toReversed()
    const bills = six(12)
    const paid = six(18)
    return {
      id: row[0] ?? '',
      overdue: six(6),
      paidPercent: paid.map((amount, month) => Math.min(100, Math.max(0, Math.floor((100 * amount) / Math.max(1, bills[month] ?? 0))))),
      defaults: row[24] === '1',
    }
  })
}
