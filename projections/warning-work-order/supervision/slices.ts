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
import type { Grain } from './ledger.ts'

/** Sums to be added up: those of one grain that begin in a span of days, over orders of one period. */
export type Slice = { readonly view: View; readonly period: string; readonly grain: Grain; readonly from: BusinessDate; readonly to: BusinessDate }
/** Single changes to be added up, or taken away: those of a span of days, of an instant span, of orders issued in a span. */
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
/** What happened in a span of days; what stood at an instant; what had become by then of the orders issued in a span of days. */
export type View = 'flow' | 'stock' | 'cohort'
export type Cut = { readonly slices: readonly Slice[]; readonly strips: readonly Strip[] }
export type Span = { readonly from: BusinessDate; readonly to: BusinessDate }

const FIRST = '0001-01-01' as BusinessDate
const LAST = '9999-12-31' as BusinessDate
const BEGIN = '0001-01-01T00:00:00.000Z' as Instant
const END = '9999-12-31T00:00:00.000Z' as Instant

export const earlier = (a: BusinessDate, b: BusinessDate): BusinessDate => (a < b ? a : b)
/** The last instant of a day. */
export const endOf = (date: BusinessDate): Instant => instantOfEpoch(epochOf(instantAt(date, 1440)) - 1)

/** Everything up to an instant: whole months before its own, the days of that up to its own, less what its own day brought after it. */
const upTo = (view: View, at: Instant, period: string, issued: Span = { from: FIRST, to: LAST }): Cut => {
  const today = businessDateOf(at)
  const month = firstDay(monthOf(today))
  const slices: Slice[] = [
    { view, period, grain: 'month', from: FIRST, to: addDays(month, -1) },
    { view, period, grain: 'day', from: month, to: today },
  ]
  return { slices, strips: laterThan(view, at, issued) }
}

/** What the day of an instant brings after it is not told yet. */
export const laterThan = (view: View, at: Instant, issued: Span = { from: FIRST, to: LAST }): readonly Strip[] => {
  const today = businessDateOf(at)
  if (at >= endOf(today)) return []
  return [{ view, sign: -1, from: today, to: today, after: at, until: END, issuedFrom: issued.from, issuedTo: issued.to }]
}

export const stockAt = (at: Instant): Cut => upTo('stock', at, '')

/** The events of a span of days, those after the instant left out. */
export const flowIn = ({ from, to }: Span, at: Instant): Cut => {
  const today = businessDateOf(at)
  const last = earlier(to, today)
  const slices = pieces({ from, to: last }).map((piece): Slice => ({ view: 'flow', period: '', ...grainOf(piece) }))
  return { slices, strips: from <= today && last === today ? laterThan('flow', at) : [] }
}

const grainOf = (piece: Piece): Pick<Slice, 'grain' | 'from' | 'to'> => ({ grain: piece.kind === 'days' ? 'day' : 'month', from: piece.from, to: piece.to })

/** The orders issued in a span of days as they stood at an instant. A span that reaches to that day or beyond takes in its whole year: nothing was issued after. */
export const cohortOf = ({ from, to }: Span, at: Instant): Cut => {
  const today = businessDateOf(at)
  const whole = pieces({ from, to: to >= today ? (`${today.slice(0, 4)}-12-31` as BusinessDate) : to })
  const cuts = whole.map((piece): Cut => {
    const issued = { from: piece.from, to: piece.to }
    if (piece.kind === 'days')
      return { slices: [], strips: [{ view: 'cohort', sign: 1, from: FIRST, to: LAST, after: BEGIN, until: at, issuedFrom: piece.from, issuedTo: piece.to }] }
    return upTo('cohort', at, piece.kind === 'year' ? piece.from.slice(0, 4) : monthOf(piece.from), issued)
  })
  return together(cuts)
}

export const together = (cuts: readonly Cut[]): Cut => ({ slices: cuts.flatMap(({ slices }) => slices), strips: cuts.flatMap(({ strips }) => strips) })

type Piece = Span & { readonly kind: 'year' | 'month' | 'days' }

/** A span as whole years, whole months and the days that are left. */
export const pieces = ({ from, to }: Span): readonly Piece[] => {
  const found: Piece[] = []
  for (let day = from; day <= to; ) {
    const year = { from: `${day.slice(0, 4)}-01-01` as BusinessDate, to: `${day.slice(0, 4)}-12-31` as BusinessDate }
    const month = { from: firstDay(monthOf(day)), to: lastDay(monthOf(day)) }
    const end = earlier(to, month.to)
    const piece: Piece =
      year.from === day && year.to <= to
        ? { kind: 'year', ...year }
        : month.from === day && month.to <= to
          ? { kind: 'month', ...month }
          : { kind: 'days', from: day, to: end }
    found.push(piece)
    day = addDays(piece.to, 1)
  }
  return found
}
