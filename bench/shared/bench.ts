/** What a figure must reach. A ratio is our rate by the other's in the same run; a hard gate is `exactly`. */
export type Aim = { readonly atLeast: number } | { readonly atMost: number } | { readonly exactly: number }

export type Measured = {
  readonly value: number
  /** What a reader needs to judge the value: the two rates behind a ratio, what was counted. */
  readonly detail: string
}

/** One figure. Its name begins with its group (`append: …`), by which `npm run bench append` finds it. */
export type Bench = {
  readonly name: string
  readonly aim: Aim
  readonly run: (tools: Tools) => Promise<Measured>
}

export type Tools = {
  /** A migrated database of its own on a server that flushes what it acknowledges; dropped at the end. */
  readonly database: () => Promise<string>
  readonly say: (line: string) => void
}

export const holds = (aim: Aim, value: number): boolean => {
  if ('atLeast' in aim) return value >= aim.atLeast
  return 'atMost' in aim ? value <= aim.atMost : value === aim.exactly
}

export const aimText = (aim: Aim): string => {
  if ('atLeast' in aim) return `≥ ${aim.atLeast}`
  return 'atMost' in aim ? `≤ ${aim.atMost}` : `= ${aim.exactly}`
}
