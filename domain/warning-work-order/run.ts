import { accept, type Decider } from '#domain/shared/decider.ts'
import type { WarningRunEvent } from './events.ts'

/** What the rules have been asked of one day's report of a province. */
export type WarningRun = { readonly versions: ReadonlyMap<number, WarningRunEvent['data']> }
export type WarningRunCommand = { readonly type: 'RecordRun'; readonly data: WarningRunEvent['data'] }

/** Each version of a report is judged once; what is said of it again is already so. */
export const warningRun: Decider<WarningRunCommand, WarningRun, WarningRunEvent, never> = {
  initial: { versions: new Map() },
  decide: ({ data }, { versions }) => (versions.has(data.reportVersion) ? accept() : accept({ type: 'WarningsDrafted', data })),
  evolve: ({ versions }, { data }) => ({ versions: new Map([...versions, [data.reportVersion, data]]) }),
}
