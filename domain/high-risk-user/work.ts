import { type BillMonth, type BusinessDate, businessDateOf, type Instant } from '#domain/shared/dates.ts'
import type { UserId } from '#domain/shared/identity.ts'
import type { Level } from '#domain/shared/level.ts'
import type { Fen } from '#domain/shared/quantities.ts'
import type { HighRiskUserEvent } from './events.ts'
import { type AdverseKind, type CaseId, type CutClass, type CutStep, isHardTrigger, type MeasureState } from './fields.ts'

/** How far a cut has gone (停电): each step knows when it was taken, for the next one's notice. */
export type Cut = {
  readonly step: CutStep
  readonly cutClass: CutClass
  /** The day that was approved; the power is not cut before it. */
  readonly plannedOn: BusinessDate
  readonly deliveredOn?: BusinessDate
  readonly finalNoticeAt?: Instant
  readonly cutAt?: Instant
}
export type Measure = {
  readonly code: string
  readonly role: Extract<HighRiskUserEvent, { type: 'MeasurePlanned' }>['data']['role']
  readonly state: MeasureState
  readonly plannedBy: UserId
  readonly details: Readonly<Record<string, string>>
  readonly cut?: Cut
}
type PaymentPromise = {
  readonly state: 'open' | 'kept' | 'broken'
  readonly bills: readonly BillMonth[]
  readonly amount: Fen
  readonly dueOn: BusinessDate
  readonly receivedBefore: Fen
}
/** An adverse fact; withdrawn ones stay known, and trigger nothing. */
type Fact = {
  readonly kind: AdverseKind
  readonly knownOn: BusinessDate
  readonly withdrawn: boolean
}
type Review = { readonly on: BusinessDate; readonly ruleSetVersion: number; readonly computedLevel: Level | null; readonly score: number }

/** What is being done about a user, whatever his standing on the list. Nothing in it identifies a person spoken to. */
export type Work = {
  readonly measures: ReadonlyMap<CaseId, Measure>
  readonly promises: ReadonlyMap<CaseId, PaymentPromise>
  readonly contacts: ReadonlySet<CaseId>
  readonly facts: ReadonlyMap<CaseId, Fact>
  readonly hold?: { readonly until: BusinessDate; readonly kind: string }
  /** Hard triggers as the last screening or review left them, and what has become known since. */
  readonly hardTriggers: readonly string[]
  readonly review?: Review
  /** The last industry list over which a review was proposed, and whether it still waits. */
  readonly proposal?: { readonly industryListVersion: number; readonly open: boolean }
  /** Successive reviews, the last one included, that came to a level below the present one. */
  readonly lowerReviews: number
}

export const NO_WORK: Work = { measures: new Map(), promises: new Map(), contacts: new Set(), facts: new Map(), hardTriggers: [], lowerReviews: 0 }

/** The levels from the mildest on; not listed is milder still. */
const SEVERITY: readonly (Level | null)[] = [null, 'III', 'II', 'I']
/** Less severe; no level at all is the least. */
export const isBelow = (level: Level | null, other: Level): boolean => SEVERITY.indexOf(level) < SEVERITY.indexOf(other)

/** `level`: at which the user is listed now; undefined when he is not. */
export const evolveWork = (before: Work, event: HighRiskUserEvent, level: Level | undefined): Work => {
  const { type, data } = event
  const work = SETTLES_REVIEW.has(type) ? settled(before) : before
  switch (type) {
    case 'CandidateScreened':
      return { ...work, hardTriggers: triggersAfter(work, data.hardTriggers, data.dataDate) }
    case 'LevelReviewed': {
      const { on, ruleSetVersion, computedLevel, score, hardTriggers } = data
      const lower = level !== undefined && isBelow(computedLevel, level)
      const triggers = triggersAfter(work, hardTriggers, on)
      return { ...work, review: { on, ruleSetVersion, computedLevel, score }, hardTriggers: triggers, lowerReviews: lower ? work.lowerReviews + 1 : 0 }
    }
    case 'RiskLevelChanged':
    case 'UserRelisted':
      return { ...work, lowerReviews: 0 }
    case 'ReviewProposed':
      return { ...work, proposal: { industryListVersion: data.industryListVersion, open: true } }
    case 'AdverseFactRecorded': {
      const facts = new Map(work.facts).set(data.factId, { kind: data.kind, knownOn: businessDateOf(data.at), withdrawn: false })
      return { ...work, facts, hardTriggers: isHardTrigger(data.kind) ? [...new Set([...work.hardTriggers, data.kind])] : work.hardTriggers }
    }
    case 'AdverseFactWithdrawn':
      return factWithdrawn(work, data.factId)
    case 'ContactLogged':
      return { ...work, contacts: new Set(work.contacts).add(data.contactId) }
    case 'HoldPlaced':
      return { ...work, hold: { until: data.until, kind: data.kind } }
    case 'HoldReleased': {
      const { hold: _, ...rest } = work
      return rest
    }
    case 'PromiseMade': {
      const { promiseId, bills, amount, dueOn, receivedBefore } = data
      return { ...work, promises: new Map(work.promises).set(promiseId, { state: 'open', bills, amount, dueOn, receivedBefore }) }
    }
    case 'PromiseKept':
      return promiseIs(work, data.promiseId, 'kept')
    case 'PromiseBroken':
      return promiseIs(work, data.promiseId, 'broken')
    default:
      return evolveMeasure(work, event)
  }
}

/** Whatever is decided on the user answers a proposed review. */
const SETTLES_REVIEW: ReadonlySet<HighRiskUserEvent['type']> = new Set([
  ...(['LevelReviewed', 'RiskLevelChanged', 'DelistProposed', 'UserRelisted', 'RecordClosed', 'ReviewDismissed'] as const),
])
const settled = (work: Work): Work => (work.proposal ? { ...work, proposal: { ...work.proposal, open: false } } : work)

/** What figures of a day came to, and standing facts that became known only after it. */
const triggersAfter = ({ facts }: Work, found: readonly string[], dataDate: BusinessDate): readonly string[] => [
  ...new Set([
    ...found,
    ...[...facts.values()].filter(({ kind, withdrawn, knownOn }) => isHardTrigger(kind) && !withdrawn && knownOn > dataDate).map(({ kind }) => kind),
  ]),
]

/** Its kind stays a hard trigger while another fact of the kind stands. */
const factWithdrawn = (work: Work, factId: CaseId): Work => {
  const fact = work.facts.get(factId)
  if (!fact) return work
  const facts = new Map(work.facts).set(factId, { ...fact, withdrawn: true })
  const stands = [...facts.values()].some(({ kind, withdrawn }) => kind === fact.kind && !withdrawn)
  return { ...work, facts, hardTriggers: stands ? work.hardTriggers : work.hardTriggers.filter((trigger) => trigger !== fact.kind) }
}

const promiseIs = (work: Work, id: CaseId, state: 'kept' | 'broken'): Work => {
  const promise = work.promises.get(id)
  return promise ? { ...work, promises: new Map(work.promises).set(id, { ...promise, state }) } : work
}

const evolveMeasure = (work: Work, { type, data }: HighRiskUserEvent): Work => {
  if (!('measureId' in data)) return work
  const now = type === 'MeasurePlanned' ? plannedAs(data) : changed(work.measures.get(data.measureId), { type, data } as MeasureEvent)
  return now ? { ...work, measures: new Map(work.measures).set(data.measureId, now) } : work
}

const plannedAs = ({ code, role, by, details }: Extract<HighRiskUserEvent, { type: 'MeasurePlanned' }>['data']): Measure => ({
  code,
  role,
  state: 'planned',
  plannedBy: by,
  details,
})

type MeasureEvent = Exclude<Extract<HighRiskUserEvent, { data: { measureId: CaseId } }>, { type: 'MeasurePlanned' }>

const changed = (measure: Measure | undefined, { type, data }: MeasureEvent): Measure | undefined => {
  if (!measure) return undefined
  const { cut } = measure
  switch (type) {
    case 'MeasureStarted':
      return { ...measure, state: 'in-force', details: data.details }
    case 'MeasureCompleted':
      return { ...measure, state: 'done' }
    case 'MeasureFailed':
      return { ...measure, state: 'failed' }
    case 'MeasureCancelled':
      return { ...measure, state: 'cancelled' }
    case 'CutApproved':
      return { ...measure, state: 'in-force', cut: { step: 'approved', cutClass: data.cutClass, plannedOn: data.plannedOn } }
    case 'CutNoticeServed':
      return cut && { ...measure, cut: { ...cut, step: 'noticed', deliveredOn: data.deliveredOn } }
    case 'FinalNoticeGiven':
      return cut && { ...measure, cut: { ...cut, step: 'final-notice', finalNoticeAt: data.givenAt } }
    case 'PowerCut':
      return cut && { ...measure, cut: { ...cut, step: 'cut', cutAt: data.cutAt } }
    case 'PowerRestored':
      return cut && { ...measure, cut: { ...cut, step: 'restored' } }
  }
}
