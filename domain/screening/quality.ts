/** How well a ranking named those who later fell into arrears: one step a score, the highest first. */
export type Step = { readonly score: number; readonly named: number; readonly found: number }

export type Quality = {
  readonly customers: number
  readonly bad: number
  /** The chance that one who fell into arrears stood above one who did not; undefined when there are none of either. */
  readonly auc: number | undefined
}

/** Of steps in order of falling score. Equal scores count half, as nothing sets their customers apart. */
export const qualityOf = (steps: readonly Step[]): Quality => {
  const customers = steps.reduce((sum, { named }) => sum + named, 0)
  const bad = steps.reduce((sum, { found }) => sum + found, 0)
  let above = 0
  let pairs = 0
  for (const { named, found } of steps) {
    pairs += (named - found) * (above + found / 2)
    above += found
  }
  return { customers, bad, auc: bad === 0 || bad === customers ? undefined : pairs / (bad * (customers - bad)) }
}

/** The share of those who fell into arrears that stand in the first `share` of the list; equal scores are taken in proportion. */
export const captureAt = (steps: readonly Step[], share: number): number | undefined => {
  const { customers, bad } = qualityOf(steps)
  if (bad === 0) return undefined
  let room = customers * share
  let caught = 0
  for (const { named, found } of steps) {
    if (room <= 0) break
    caught += named <= room ? found : (found * room) / named
    room -= named
  }
  return caught / bad
}

/** Groups scored customers into steps, the highest score first. */
export const stepsOf = (scored: Iterable<{ readonly score: number; readonly bad: boolean }>): readonly Step[] => {
  const steps = new Map<number, { named: number; found: number }>()
  for (const { score, bad } of scored) {
    const step = steps.get(score) ?? { named: 0, found: 0 }
    step.named++
    if (bad) step.found++
    steps.set(score, step)
  }
  return [...steps].map(([score, step]) => ({ score, ...step })).toSorted((a, b) => b.score - a.score)
}
