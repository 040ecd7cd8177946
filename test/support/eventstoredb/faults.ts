/** What happens to one append. Those that say `commit` have written before they misbehave. */
export type AppendFault =
  | 'cut before commit'
  | 'commit then cut'
  | 'never answer'
  | 'commit, never answer'
  | { readonly commitAndAnswerAfterMs: number }
  | 'not leader'
  | 'not ready'
  | 'access denied'
  | 'too large'
  | 'bad request'
export type ReadFault = 'cut' | 'never answer' | 'cut midway'

export type Faults = {
  /** For the next appends, one each, in this order. */
  readonly onAppend: (...faults: readonly AppendFault[]) => void
  readonly onRead: (...faults: readonly ReadFault[]) => void
  /** The next subscriptions deliver the last event before their start once more. */
  duplicateDelivery: boolean
  readonly takeAppend: () => AppendFault | undefined
  readonly takeRead: () => ReadFault | undefined
}

export const createFaults = (): Faults => {
  const appends: AppendFault[] = []
  const reads: ReadFault[] = []
  return {
    onAppend: (...faults) => void appends.push(...faults),
    onRead: (...faults) => void reads.push(...faults),
    duplicateDelivery: false,
    takeAppend: () => appends.shift(),
    takeRead: () => reads.shift(),
  }
}
