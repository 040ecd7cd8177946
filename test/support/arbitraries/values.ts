import fc from 'fast-check'
import { type BusinessDate, dateOfDayNumber, dayNumber, type Instant, instantOfEpoch } from '#domain/shared/dates.ts'
import type { ConsNo, OrgCode, ProvinceCode, TradeCode, UserId, Uuid } from '#domain/shared/identity.ts'
import { fen } from '#domain/shared/quantities.ts'

/** Values written plainly in examples, with the brand their schema would give them. */
export const day = (text: string): BusinessDate => text as BusinessDate
export const instant = (text: string): Instant => text as Instant
/** A clock time in Asia/Shanghai, as an instant. */
export const shanghai = (date: string, time: string): Instant => {
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number)
  return instantOfEpoch(dayNumber(day(date)) * 86_400_000 + ((hours - 8) * 3600 + minutes * 60 + seconds) * 1000)
}
export const user = (id: string): UserId => id as UserId
export const cons = (no: string): ConsNo => no as ConsNo
export const org = (code: string): OrgCode => code as OrgCode
export const province = (code: string): ProvinceCode => code as ProvinceCode
export const trade = (code: string): TradeCode => code as TradeCode
export const uuid = (last: number): Uuid => `00000000-0000-4000-8000-${String(last).padStart(12, '0')}` as Uuid

export const anyDate = (from = '2000-01-01', to = '2035-12-31') => fc.integer({ min: dayNumber(day(from)), max: dayNumber(day(to)) }).map(dateOfDayNumber)
export const anyInstant = (from = '2000-01-01', to = '2035-12-31') =>
  fc.integer({ min: dayNumber(day(from)) * 86_400_000, max: dayNumber(day(to)) * 86_400_000 }).map(instantOfEpoch)
export const anyFen = (max = 10_000_000n) => fc.bigInt({ min: 0n, max }).map(fen)
