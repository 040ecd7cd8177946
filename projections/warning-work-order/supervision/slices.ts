import {
  addDays,
  type BusinessDate,
  businessDateOf,
  epochOf,
  firstDay,
  type Instant,
  instantAt,
  instantOfEpoch,
  lastDay,
  monthOf,
} from '#domain/shared/dates.ts'

/** What stood and had happened so far at an instant; the same the day before; what had become by then of the orders issued in a span of days. */
export type View = 'stock' | 'before' | 'cohort'
/** What the orders of a period (a year, a month, '' for all) had come to by the end of a date. */
export type Slice = { readonly view: View; readonly period: string; readonly on: BusinessDate }
/** Single changes to be added or taken away: those of a span of days and of instants, of orders issued in a span of days. */
export type Strip = {
  readonly view: View
  readonly sign: 1 | -1
  readonly from: BusinessDate
  readonly to: BusinessDate
  readonly after: Instant
  readonly until: Instant
  readonly issuedFrom: BusinessDate
  readonly issuedTo: BusinessDate
}
export type Cut = { readonly slices: readonly Slice[]; readonly strips: readonly Strip[] }
export type Span = { readonly from: BusinessDate; readonly to: BusinessDate }

const FIRST = '0001-01-01' as BusinessDate
const LAST = '9999-12-31' as BusinessDate
const BEGIN = '0001-01-01T00:00:00.000Z' as Instant
const END = '9999-12-31T00:00:00.000Z' as Instant

export const earlier = (a: BusinessDate, b: BusinessDate): BusinessDate => (a < b ? a : b)
/** The last instant of a day. */
export const endOf = (date: BusinessDate): Instant => instantOfEpoch(epochOf(instantAt(date, 1440)) - 1)

/** What the day of an instant brings after it is not told yet. */
const laterThan = (view: View, at: Instant, issued: Span = { from: FIRST, to: LAST }): readonly Strip[] => {
  const today = businessDateOf(at)
  if (at >= endOf(today)) return []
  return [{ view, sign: -1, from: today, to: today, after: at, until: END, issuedFrom: issued.from, issuedTo: issued.to }]
}

export const stockAt = (at: Instant): Cut => ({ slices: [{ view: 'stock', period: '', on: businessDateOf(at) }], strips: laterThan('stock', at) })
/** What happened on a day is what stands at its end less this. */
export const before = (date: BusinessDate): Cut => ({ slices: [{ view: 'before', period: '', on: addDays(date, -1) }], strips: [] })

/** The orders issued in a span of days as they stood at an instant. A span that reaches to that day or beyond takes in its whole year: nothing was issued after. */
export const cohortOf = ({ from, to }: Span, at: Instant): Cut => {
  const today = businessDateOf(at)
  const last = to >= today ? (`${today.slice(0, 4)}-12-31` as BusinessDate) : to
  return together(
    pieces({ from, to: last }).map((piece): Cut => {
      const issued = { from: piece.from, to: piece.to }
      if (piece.kind === 'days')
        return { slices: [], strips: [{ view: 'cohort', sign: 1, from: FIRST, to: LAST, after: BEGIN, until: at, issuedFrom: piece.from, issuedTo: piece.to }] }
      const period = piece.kind === 'year' ? piece.from.slice(0, 4) : monthOf(piece.from)
      return { slices: [{ view: 'cohort', period, on: today }], strips: laterThan('cohort', at, issued) }
    }),
  )
}

export const together = (cuts: readonly Cut[]): Cut => ({ slices: cuts.flatMap(({ slices }) => slices), strips: cuts.flatMap(({ strips }) => strips) })

type Piece = Span & { readonly kind: 'year' | 'month' | 'days' }

/** A span as whole years, whole months and the days that are left. */
const pieces = ({ from, to }: Span): readonly Piece[] => {
  const found: Piece[] = []
  for (let day = from; day <= to; ) {
    const piece = pieceAt(day, to)
    found.push(piece)
    day = addDays(piece.to, 1)
  }
  return found
}

const pieceAt = (day: BusinessDate, to: BusinessDate): Piece => {
  const year = { from: `${day.slice(0, 4)}-01-01` as BusinessDate, to: `${day.slice(0, 4)}-12-31` as BusinessDate }
  const month = { from: firstDay(monthOf(day)), to: lastDay(monthOf(day)) }
  if (year.from === day && year.to <= to) return { kind: 'year', ...year }
  if (month.from === day && month.to <= to) return { kind: 'month', ...month }
  return { kind: 'days', from: day, to: earlier(to, month.to) }
}
