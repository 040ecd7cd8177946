import { calibrate } from '#domain/screening/calibrate.ts'
import type { Content, Trigger } from '#domain/screening/fields.ts'
import type { MeasureName } from '#domain/screening/measures.ts'
import type { Horizon, Part, RunOrder, ScreeningEngine } from '../ports/screening.ts'
import { EVERYBODY_IN } from './back-test.ts'
import { scoringOf } from './scoring.ts'

/** What history is asked about: what bills and payments tell of a customer. Facts of few cases keep their hard triggers. */
export const LEARNT: readonly MeasureName[] = [
  'overdueMonths0',
  'overdueMonths1',
  'overdueMonths2',
  'overdueTimes',
  'overdueMost',
  'arrearsAge',
  'overdueAmount',
  'owedAmount',
  'lateBills',
  'paidShare0',
  'paidShare1',
  'unpaidMonths',
  'billAmount',
  'billTrend',
  'billPerKva',
  'billPerKva6',
  'owedPerKva',
  'emptyBills',
  'paid0',
  'paid1',
  'paid2',
  'paid6',
  'capacity',
  'runningShare',
  'industryListed',
  'acceptanceShare',
  'electricityShare',
  'electricityYear',
]
/** More would not say more. */
const MOST_CASES = 200_000

const NOTHING: Content = { rules: [], triggers: [], cutOffs: { I: 3, II: 2, III: 1 } }

export type Calibrating = Omit<RunOrder, 'purpose' | 'scoring' | 'content' | 'ruleSetVersion'> & {
  readonly horizon: Horizon
  readonly part?: Part
  readonly triggers: readonly Trigger[]
  readonly measures?: readonly MeasureName[]
}

/**
 * Points for a draft, fitted to what became of the customers of a past date: measures them, looks who fell into arrears, and
 * answers a rule set that a person reads, changes and publishes. Nothing is published here. Without `content` when history has
 * too few on either side to learn from; without rules when nothing that is measured tells the sides apart.
 */
export const calibrateFrom = async (
  engine: ScreeningEngine,
  { horizon, part = EVERYBODY_IN, triggers, measures = LEARNT, ...order }: Calibrating,
): Promise<{ readonly content?: Content; readonly cases: number; readonly bad: number }> => {
  const run = await engine.run({ ...order, purpose: 'calibration', ruleSetVersion: 0, content: NOTHING, scoring: scoringOf(NOTHING, measures) })
  try {
    const cases = await engine.cases(run.runId, horizon, part, MOST_CASES)
    const bad = cases.filter((one) => one.bad).length
    if (bad < FEWEST || cases.length - bad < FEWEST) return { cases: cases.length, bad }
    return { content: calibrate(measures, cases, triggers), cases: cases.length, bad }
  } finally {
    await engine.forget(run.runId)
  }
}

const FEWEST = 50
