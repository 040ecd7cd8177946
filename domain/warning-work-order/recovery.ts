/**
 * 督办回收 of one bill that several orders name. What is not paid of a bill is a scale from 0 to its amount, and each yuan on it
 * comes in once: when a payment lowers what is unpaid from 60 to 40, the piece from 40 to 60 is counted for one order, and when a
 * reversal raises it again that piece is taken back from the same order. All in fen.
 */
type Span = { readonly from: bigint; readonly until: bigint }

/** A bill as one order names it. Orders come with the oldest first. */
export type Naming = {
  /** Issued and not ended. What an ended order counted stays as it is. */
  readonly counts: boolean
  /** What was unpaid when the order named it. */
  readonly unpaid: bigint
  /** The pieces that are counted for this order, apart and in order. */
  readonly spans: readonly Span[]
}

/**
 * What of a bill counts for each order, now that so much is unpaid: open orders lose what is unpaid again, and what came in since
 * and is nobody's goes to the oldest open order that had it unpaid. Asked again with the answer it says the same.
 */
export const attributed = (unpaid: bigint, namings: readonly Naming[]): readonly (readonly Span[])[] => {
  const kept = namings.map(({ counts, spans }) => (counts ? without(spans, { from: 0n, until: unpaid }) : spans))
  const taken = kept.flat()
  return namings.map((naming, index) => {
    const own = kept[index] ?? []
    if (!naming.counts || naming.unpaid <= unpaid) return own
    const free = taken.reduce<readonly Span[]>(without, [{ from: unpaid, until: naming.unpaid }])
    taken.push(...free)
    return joined([...own, ...free])
  })
}

/** How much some pieces are together. */
export const lengthOf = (spans: readonly Span[]): bigint => spans.reduce((sum, { from, until }) => sum + until - from, 0n)

const without = (spans: readonly Span[], { from, until }: Span): readonly Span[] =>
  spans.flatMap((span) =>
    span.until <= from || span.from >= until
      ? [span]
      : [
          { from: span.from, until: from },
          { from: until, until: span.until },
        ].filter((piece) => piece.from < piece.until),
  )

const joined = (spans: readonly Span[]): readonly Span[] => {
  const pieces: Span[] = []
  for (const span of spans.toSorted((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = pieces.at(-1)
    if (last && last.until === span.from) pieces[pieces.length - 1] = { from: last.from, until: span.until }
    else pieces.push(span)
  }
  return pieces
}
