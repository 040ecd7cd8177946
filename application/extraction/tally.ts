import type { Source } from '#domain/extraction/fields.ts'
import { PAYMENT_KINDS, type SourceRow } from '#domain/extraction/rows.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo, OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import { type Fen, fen, type Kwh, kwh } from '#domain/shared/quantities.ts'
import type { KnowsTrade } from '#domain/shared/trade.ts'
import type { Digesting, Unmapped } from '../ports/source.ts'

/** The codes that this system knows; what is not among them is kept and reported, never refused. */
export type KnownCodes = {
  readonly trade: KnowsTrade
  readonly unit: (code: OrgCode, province: ProvinceCode, date: BusinessDate) => boolean
  readonly receivableKinds: ReadonlySet<string>
  readonly hecClasses: ReadonlySet<string>
  readonly electTypes: ReadonlySet<string>
  readonly voltages: ReadonlySet<string>
  readonly statuses: ReadonlySet<string>
}

/** What one province's part of a file comes to, line by line. */
export type Tally = {
  received: number
  accepted: number
  quarantined: number
  amount: Fen
  electricity: Kwh
  readonly digest: Digesting
  readonly unmapped: Map<string, { field: string; code: string; rows: number; example: ConsNo }>
}

/** Counts of a province before its first row. */
export const newTally = (digest: Digesting): Tally => ({
  received: 0,
  accepted: 0,
  quarantined: 0,
  amount: fen(0n),
  electricity: kwh(0n),
  digest,
  unmapped: new Map(),
})

/** How many different unmapped codes are named; the rest is counted only by its rows being there. */
const NAMED = 200

/** Counts an accepted row into the tally: its money, its electricity, and codes of it that nobody knows. */
export const count = (tally: Tally, source: Source, row: SourceRow, known: KnownCodes, date: BusinessDate): void => {
  tally.accepted++
  if ('receivable' in row) tally.amount = fen(tally.amount + row.receivable)
  if ('amount' in row) tally.amount = fen(tally.amount + row.amount)
  if ('electricity' in row && row.electricity !== undefined) tally.electricity = kwh(tally.electricity + row.electricity)
  for (const [field, code] of unmappedIn(source, row, known, date)) {
    const key = `${field}/${code}`
    const seen = tally.unmapped.get(key)
    if (seen) seen.rows++
    else if (tally.unmapped.size < NAMED) tally.unmapped.set(key, { field, code, rows: 1, example: row.consNo })
  }
}

/** The first unknown codes that were met, each with how often. */
export const unmappedOf = (tally: Tally): readonly Unmapped[] => [...tally.unmapped.values()]

const PAYMENTS: ReadonlySet<string> = new Set(PAYMENT_KINDS)
const NONE: readonly (readonly [string, string])[] = []

const unmappedIn = (source: Source, row: SourceRow, known: KnownCodes, date: BusinessDate): readonly (readonly [string, string])[] => {
  if (source === 'daily-kwh') return NONE
  const found: [string, string][] = []
  const look = (field: string, code: string | undefined, codes: ReadonlySet<string>): void => {
    if (code !== undefined && !codes.has(code)) found.push([field, code])
  }
  if ('receivable' in row) look('kind', row.kind, known.receivableKinds)
  if ('amount' in row) look('kind', row.kind, PAYMENTS)
  if ('tradeCode' in row) {
    if (!known.trade(row.tradeStandard, row.tradeCode)) found.push(['trade_code', `${row.tradeStandard} ${row.tradeCode}`])
    if (!known.unit(row.orgCode, row.province, date)) found.push(['org_code', row.orgCode])
    look('hec_class', row.hecClass, known.hecClasses)
    look('elect_type', row.electType, known.electTypes)
    look('voltage', row.voltage, known.voltages)
    look('status', row.status, known.statuses)
  }
  return found
}
