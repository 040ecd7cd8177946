import { z } from 'zod'
import type { HighRiskUserEvent } from '#domain/high-risk-user/events.ts'
import { CaseId, CutStep, MeasureRole, MeasureState } from '#domain/high-risk-user/fields.ts'
import { BusinessDate, Instant } from '#domain/shared/dates.ts'
import { UserId } from '#domain/shared/identity.ts'
import { Fen } from '#domain/shared/quantities.ts'

/** One measure (措施) as a user's case shows it. */
export const Measure = z.object({
  measureId: CaseId,
  code: z.string(),
  role: MeasureRole,
  state: MeasureState,
  target: Fen.nullable(),
  dueOn: BusinessDate,
  details: z.record(z.string(), z.string()),
  cutStep: CutStep.nullable(),
  amount: Fen.nullable(),
  outcome: z.string().nullable(),
  plannedBy: UserId,
  plannedAt: Instant,
  changedAt: Instant,
})
type CaseMeasure = z.output<typeof Measure>

/** All of them, with one changed. */
export const altered = <T, K extends keyof T>(all: readonly T[], key: K, id: T[K], change: Partial<T>): T[] =>
  all.map((one) => (one[key] === id ? { ...one, ...change } : one))

export type MeasureEvent = Extract<HighRiskUserEvent, { data: { measureId: CaseId } }>
const CUT_STEPS: Partial<Record<MeasureEvent['type'], CutStep>> = {
  CutApproved: 'approved',
  CutNoticeServed: 'noticed',
  FinalNoticeGiven: 'final-notice',
  PowerCut: 'cut',
  PowerRestored: 'restored',
}

/** A user's measures after something was said of one of them. */
export const measuresAfter = (measures: readonly CaseMeasure[], { type, data }: MeasureEvent): CaseMeasure[] => {
  const { measureId, at, by } = data
  const change = (values: Partial<CaseMeasure>): CaseMeasure[] => altered(measures, 'measureId', measureId, { ...values, changedAt: at })
  switch (type) {
    case 'MeasurePlanned': {
      const { code, role, target = null, dueOn, details } = data
      const planned = { measureId, code, role, state: 'planned' as const, target, dueOn, details, cutStep: null, amount: null, outcome: null }
      return [...measures, { ...planned, plannedBy: by, plannedAt: at, changedAt: at }]
    }
    case 'MeasureStarted':
      return change({ state: 'in-force', details: data.details })
    case 'MeasureCompleted':
      return change({ state: 'done', amount: data.amount ?? null, outcome: data.result })
    case 'MeasureFailed':
      return change({ state: 'failed', outcome: data.reason })
    case 'MeasureCancelled':
      return change({ state: 'cancelled', outcome: data.reason })
    default:
      return change({ ...(type === 'CutApproved' && { state: 'in-force' }), cutStep: CUT_STEPS[type] ?? null })
  }
}
