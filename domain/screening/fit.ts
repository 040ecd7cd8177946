/** What is known of one customer as of a date (`null` where nothing can be said), and what became of him. */
export type Case = { readonly inputs: readonly (number | null)[]; readonly bad: boolean }

/** How points of one measure may run over its bins: the business says so, the data cannot overrule it. */
export type Shape = 'rising' | 'falling' | 'free'

/** The lower edges of the bins of a measure; what lies below the first is a bin too, and so is what is not known. */
export type Axis = { readonly edges: readonly number[]; readonly shape: Shape }

/** Log-odds of each bin: below the first edge, from each edge on, and of what is not known. */
export type Fitted = { readonly bins: readonly number[]; readonly missing: number }

/** A bin of fewer cases than this part of all would only learn them by heart. */
const FEWEST = 0.004

/**
 * Edges between bins of about as many cases each, at two significant digits so that a person can say them. Counts (months,
 * times) and the thin ends of a measure, where the risk is, get edges of their own as long as enough cases lie beyond.
 */
export const edgesOf = (values: readonly (number | null)[], most: number): readonly number[] => {
  const seen = values.filter((value) => value !== null).toSorted((a, b) => a - b)
  const least = Math.max(20, seen.length * FEWEST)
  const distinct = [...new Set(seen)]
  const wanted = distinct.length <= most + 4 ? distinct : [...quantiles(seen, most), ...distinct.slice(0, 2)].map(readable)
  const edges: number[] = []
  let from = 0
  for (const edge of [...new Set(wanted)].toSorted((a, b) => a - b)) {
    const to = firstAt(seen, edge)
    if (to - from < least || seen.length - to < least) continue
    edges.push(edge)
    from = to
  }
  return edges
}

const quantiles = (sorted: readonly number[], most: number): readonly number[] =>
  Array.from({ length: most }, (_, step) => sorted[Math.floor((sorted.length * (step + 1)) / (most + 1))]!)

/** How many of a sorted list lie below an edge. */
const firstAt = (sorted: readonly number[], edge: number): number => {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < edge) low = middle + 1
    else high = middle
  }
  return low
}

const readable = (value: number): number => {
  const magnitude = Math.abs(value)
  if (magnitude < 100) return value
  const unit = 10 ** (Math.floor(Math.log10(magnitude)) - 1)
  return Math.round(value / unit) * unit
}

/** The bin a value falls into: 0 below the first edge; undefined for what is not known. */
export const binOf = (edges: readonly number[], value: number | null): number | undefined => {
  if (value === null) return undefined
  let bin = 0
  while (bin < edges.length && value >= edges[bin]!) bin++
  return bin
}

const ROUNDS = 25
/** How strongly a bin is held to no news, so that a bin of few says little; in the weight of a case on the brink (¼ each). */
const TO_NOTHING = 10
/** How strongly neighbouring bins of a measure are held together, so that a bin of few says what those beside it say. */
const TOGETHER = 100

/**
 * Additive points over bins: a logistic model with one number a bin, fitted bin by bin in turns (Newton steps), each held to
 * its neighbours, and after each turn pooled where a measure's points must rise or fall (isotonic). The same cases give the
 * same numbers.
 */
export const fitAdditive = (axes: readonly Axis[], cases: readonly Case[]): readonly Fitted[] => {
  const places = axes.map(({ edges }, axis) => Uint8Array.from(cases, ({ inputs }) => binOf(edges, inputs[axis] ?? null) ?? edges.length + 1))
  const values = axes.map(({ edges }) => new Float64Array(edges.length + 2))
  const bad = cases.filter((one) => one.bad).length
  const score = new Float64Array(cases.length).fill(Math.log((bad + 1) / (cases.length - bad + 1)))
  for (let round = 0; round < ROUNDS; round++) for (const [axis, { shape }] of axes.entries()) improve(score, cases, places[axis]!, values[axis]!, shape)
  return values.map((all) => ({ bins: [...all.subarray(0, -1)], missing: all.at(-1)! }))
}

const improve = (score: Float64Array, cases: readonly Case[], place: Uint8Array, values: Float64Array, shape: Shape): void => {
  const slope = new Float64Array(values.length)
  const weight = new Float64Array(values.length)
  for (let i = 0; i < cases.length; i++) {
    const chance = 1 / (1 + Math.exp(-score[i]!))
    slope[place[i]!]! += (cases[i]!.bad ? 1 : 0) - chance
    weight[place[i]!]! += chance * (1 - chance)
  }
  const wanted = values.map((value, bin) => {
    const beside = bin === values.length - 1 ? [] : [bin - 1, bin + 1].filter((other) => other >= 0 && other < values.length - 1)
    const held = beside.reduce((pull, other) => pull + TOGETHER * (value - values[other]!), TO_NOTHING * value)
    return value + (slope[bin]! - held) / (weight[bin]! + TO_NOTHING + TOGETHER * beside.length)
  })
  const next = pooled(wanted, weight, shape)
  const steps = next.map((value, bin) => value - values[bin]!)
  for (let i = 0; i < cases.length; i++) score[i]! += steps[place[i]!]!
  values.set(next)
}

/** Pool adjacent violators: the nearest numbers, by weight, that only rise (or only fall). What is not known stands outside the order. */
export const pooled = (wanted: Float64Array, weight: Float64Array, shape: Shape): Float64Array => {
  if (shape === 'free') return wanted
  const sign = shape === 'rising' ? 1 : -1
  const blocks: { value: number; weight: number; bins: number }[] = []
  for (let bin = 0; bin < wanted.length - 1; bin++) {
    let block = { value: wanted[bin]! * sign, weight: weight[bin]! + 1e-9, bins: 1 }
    for (let before = blocks.at(-1); before !== undefined && before.value > block.value; before = blocks.at(-1)) {
      const together = before.weight + block.weight
      block = { value: (before.value * before.weight + block.value * block.weight) / together, weight: together, bins: before.bins + block.bins }
      blocks.pop()
    }
    blocks.push(block)
  }
  const flat = blocks.flatMap(({ value, bins }) => Array.from({ length: bins }, () => value * sign))
  return Float64Array.from([...flat, wanted.at(-1)!])
}
