import type { Purpose } from '#domain/screening/fields.ts'
import type { Family, MeasureName } from '#domain/screening/measures.ts'
import type { Keeping } from '#domain/screening/retention.ts'
import type { BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { ConsNo, OrgCode, ProvinceCode, TradeCode, TradeStandard, UserId } from '#domain/shared/identity.ts'
import type { Level } from '#domain/shared/level.ts'

export type { Purpose } from '#domain/screening/fields.ts'
export type { Keeping } from '#domain/screening/retention.ts'

/** A rule set as the engine applies it: places in `measures` instead of names, numbers instead of sentences. */
export type Scoring = {
  readonly measures: readonly { readonly name: MeasureName; readonly family: Family }[]
  readonly rules: readonly {
    readonly measure: number
    readonly below: number
    readonly edges: readonly number[]
    readonly points: readonly number[]
    readonly unknown: number
  }[]
  readonly triggers: readonly { readonly id: string; readonly measure: number; readonly from: number }[]
  readonly cutOffs: Readonly<Record<Level, number>>
}

export type RunOrder = {
  readonly runId: string
  readonly purpose: Purpose
  readonly asOf: BusinessDate
  readonly provinces: readonly ProvinceCode[]
  readonly ruleSetVersion: number
  readonly industryListVersion: number
  readonly scoring: Scoring
  /** The rule set as data, kept beside the results so that they can always be explained. */
  readonly content: unknown
  readonly by: UserId
  readonly at: Instant
  /** Left out, a run under way elsewhere is waited for; false: it is answered as it stands. */
  readonly patient?: boolean
  /** Whether a trade is on the industry list that counts; asked once for each trade that occurs. */
  readonly isListed: (standard: TradeStandard, code: TradeCode) => boolean
}

export type RunView = {
  readonly runId: string
  readonly purpose: Purpose
  readonly status: 'running' | 'done' | 'failed'
  readonly asOf: BusinessDate
  readonly provinces: readonly ProvinceCode[]
  readonly ruleSetVersion: number
  readonly industryListVersion: number
  readonly measures: readonly MeasureName[]
  readonly content: unknown
  readonly customers: number
  readonly named: number
  readonly by: UserId
  readonly startedAt: Instant
  readonly finishedAt: Instant | null
}

/** One customer of a run. `inputs` in the order of the run's measures, null where nothing was known. */
export type Result = {
  readonly province: ProvinceCode
  readonly consNo: ConsNo
  readonly orgCode: OrgCode
  readonly score: number
  readonly level: Level | null
  readonly triggers: readonly string[]
  readonly inputs: readonly (bigint | null)[]
}
type ResultKey = Pick<Result, 'province' | 'consNo' | 'score'>

/** A customer whom two runs judge differently. */
export type Move = {
  readonly province: ProvinceCode
  readonly consNo: ConsNo
  readonly orgCode: OrgCode
  readonly fromLevel: Level | null
  readonly toLevel: Level | null
  readonly fromScore: number
  readonly toScore: number
}
export type MoveCount = { readonly province: ProvinceCode; readonly fromLevel: Level | null; readonly toLevel: Level | null; readonly customers: number }

/** What became of the customers of a run: for each score (101: a hard trigger) and level how many there were, and how many fell into arrears. */
export type OutcomeCount = { readonly score: number; readonly level: Level | null; readonly customers: number; readonly bad: number }
export type Horizon = { readonly until: BusinessDate; readonly graceDays: number }
/** Which part of the customers, by a hash of who they are: `from` up to but not including `to`, of 100; beyond 100 it goes on from 0. */
export type Part = { readonly from: number; readonly to: number }

/** Scores all customers of some provinces in set-based SQL over what extraction brought, and keeps what it found. */
export type ScreeningEngine = {
  /** `progress` is told after each province. The same order again answers with the run that stands. Throws when the source cannot be read; the run is then kept as failed. */
  readonly run: (order: RunOrder, progress?: (done: number, of: number) => void) => Promise<RunView>
  readonly find: (runId: string) => Promise<RunView | undefined>
  /** How many customers of a province runs looked at, and how many of them they named. */
  readonly countsIn: (runIds: readonly string[], province: ProvinceCode) => Promise<ReadonlyMap<string, { readonly customers: number; readonly named: number }>>
  readonly list: (provinces: readonly ProvinceCode[] | undefined, limit: number) => Promise<readonly RunView[]>
  /** Those named, the highest score first; `after` the last one seen. `unit`: only customers of these units. */
  readonly named: (
    runId: string,
    filter: { readonly provinces: readonly ProvinceCode[] | undefined; readonly level: Level | undefined },
    page: { readonly after: ResultKey | undefined; readonly limit: number },
  ) => Promise<readonly Result[]>
  readonly result: (runId: string, province: ProvinceCode, consNo: ConsNo) => Promise<Result | undefined>
  /** What a run found of these customers; whom it does not know is absent. */
  readonly results: (runId: string, province: ProvinceCode, consNos: readonly ConsNo[]) => Promise<readonly Result[]>
  /** How many customers two runs judge differently, by province and level. */
  readonly compare: (before: string, after: string) => Promise<readonly MoveCount[]>
  readonly moves: (before: string, after: string, provinces: readonly ProvinceCode[] | undefined) => AsyncIterable<readonly Move[]>
  /** Who of a run fell into arrears after its date: some bill due after it and up to `until` stayed open longer than the days of grace. */
  readonly outcomes: (runId: string, horizon: Horizon, part: Part) => Promise<readonly OutcomeCount[]>
  /** Inputs and outcome of at most so many customers of a part, to learn from. */
  readonly cases: (
    runId: string,
    horizon: Horizon,
    part: Part,
    most: number,
  ) => Promise<readonly { readonly inputs: readonly (number | null)[]; readonly bad: boolean }[]>
  /** Forgets a run and all it found. */
  readonly forget: (runId: string) => Promise<void>
  /** Marks runs as failed whose process died, and forgets those that need not be kept any longer. */
  readonly tidy: (keep: Keeping) => Promise<{ readonly dead: number; readonly forgotten: number }>
}
