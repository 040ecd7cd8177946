import type { Instant } from '#domain/shared/dates.ts'
import { type Decider, fold } from '#domain/shared/decider.ts'
import type { ConsNo } from '#domain/shared/identity.ts'
import type { WarningSubjectCommand } from '#domain/warning-work-order/commands.ts'
import { type WarningSubjectEvent, warningSubjectEvents } from '#domain/warning-work-order/events.ts'
import type { Grade, OrderKind, OrderNo } from '#domain/warning-work-order/fields.ts'
import type { Warning } from '#domain/warning-work-order/rules.ts'
import type { Suppressed } from '#domain/warning-work-order/sifting.ts'
import { type Claim, reasonOf, type WarningSubject, warningSubject } from '#domain/warning-work-order/subject.ts'
import type { EventStore, ExpectedRevision } from '../ports/event-store.ts'
import { handleMany } from '../shared/handle-many.ts'
import { derivedCommandId } from '../shared/ids.ts'
import type { Request } from '../shared/request.ts'
import { warningSubjectStream } from './aggregates.ts'
import type { SealedReport } from './sealed-report.ts'

/** What is to be said of one customer: the warnings that are given, and those that are not. */
export type Intent = { readonly consNo: ConsNo; readonly given: readonly Warning[]; readonly suppressed: readonly Suppressed[] }
/** A customer's state and the revision it is of, as a read model has them. */
type KnownSubject = { readonly state: WarningSubject; readonly revision: ExpectedRevision }
type Run = { readonly report: SealedReport; readonly request: Request; readonly known: ReadonlyMap<ConsNo, KnownSubject> }
const UNKNOWN: KnownSubject = { state: warningSubject.initial, revision: 'absent' }

/** A customer of whom something was warned before. */
export type Claimant = {
  readonly consNo: ConsNo
  readonly revision: bigint
  readonly claims: readonly { readonly kind: OrderKind; readonly grade: Grade; readonly orderNo: OrderNo; readonly since: Instant }[]
  readonly suppressed: readonly Parameters<typeof reasonOf>[0][]
}

/** What a read model says of customers, as their own streams would have it. The bills of claims decide nothing here and are left out. */
export const knownSubjects = (claimants: readonly Claimant[]): ReadonlyMap<ConsNo, KnownSubject> =>
  new Map(
    claimants.map(({ consNo, revision, claims, suppressed }) => {
      const held = new Map(claims.map(({ kind, ...one }): [OrderKind, Claim] => [kind, { ...one, bills: [] }]))
      return [consNo, { revision, state: { claims: held, suppressed: new Set(suppressed.map(reasonOf)) } }]
    }),
  )

/** Commands that the customer's own decider was found to accept one after the other, in one append. */
const together: Decider<readonly WarningSubjectCommand[], WarningSubject, WarningSubjectEvent, never> = {
  ...warningSubject,
  decide: (commands, subject) => {
    const events: WarningSubjectEvent[] = []
    for (const command of commands) {
      const decision = warningSubject.decide(command, fold({ ...warningSubject, initial: subject }, events))
      if (decision.ok) events.push(...decision.events)
    }
    return { ok: true, events }
  },
}
const aggregate = { catalogue: warningSubjectEvents, decider: together }

/**
 * Claims customers for the orders that are about to be drafted and puts on record what is not given to them, in one append a
 * customer. The customer's stream has the last word: what was decided on an older state is decided anew, and what it refuses is suppressed too. Answers all that was suppressed.
 */
export const claimGiven = async (
  store: EventStore,
  run: Run,
  intents: readonly Intent[],
  numbered: ReadonlyMap<Warning, OrderNo>,
  unused: ReadonlySet<OrderNo>,
): Promise<readonly Suppressed[]> => {
  const settled = new Map<ConsNo, readonly Suppressed[]>()
  await handleMany(
    store,
    aggregate,
    intents.map((intent) => ({
      stream: warningSubjectStream({ province: run.report.province, consNo: intent.consNo }),
      seen: run.known.get(intent.consNo) ?? UNKNOWN,
      prepare: (state: WarningSubject, revision) => {
        const { commands, suppressed } = settle(run, intent, numbered, unused, state)
        settled.set(intent.consNo, suppressed)
        const commandId = derivedCommandId(run.request.commandId, `subject/${intent.consNo}/${revision}`)
        return { kind: 'ready', command: commands, request: { ...run.request, commandId, causationId: run.request.commandId } }
      },
    })),
  )
  return [...settled.values()].flat()
}

type Settled = { readonly commands: readonly WarningSubjectCommand[]; readonly suppressed: readonly Suppressed[] }

const settle = (run: Run, intent: Intent, numbered: ReadonlyMap<Warning, OrderNo>, unused: ReadonlySet<OrderNo>, subject: WarningSubject): Settled => {
  const commands: WarningSubjectCommand[] = []
  const suppressed = [...intent.suppressed]
  let state = subject
  const say = (command: WarningSubjectCommand) => {
    const decision = warningSubject.decide(command, state)
    if (!decision.ok) return decision.rejection
    commands.push(command)
    state = fold({ ...warningSubject, initial: state }, decision.events)
    return undefined
  }
  for (const warning of intent.given) {
    const { kind } = warning
    const orderNo = numbered.get(warning)!
    const before = state.claims.get(kind)?.orderNo
    // Claimed by an attempt that broke off, for an order in which he no longer stands.
    if (before !== undefined && before !== orderNo && unused.has(before)) say(releaseOf(run, intent.consNo, kind, before))
    const rejection = say(claimOf(run, warning, orderNo))
    if (rejection) suppressed.push({ warning, why: rejection.code === 'INHIBITED' ? 'inhibited' : 'duplicate', orderNo: rejection.orderNo })
  }
  for (const one of suppressed) say(suppressionOf(run, one, state))
  return { commands, suppressed }
}

const ofRun = ({ report: { province }, request: { at, actor } }: Run, consNo: ConsNo, kind: OrderKind) => ({ at, by: actor.userId, province, consNo, kind })

const claimOf = (run: Run, { kind, grade, figures: { consNo, bills } }: Warning, orderNo: OrderNo): WarningSubjectCommand => ({
  type: 'ClaimSubject',
  data: { ...ofRun(run, consNo, kind), orderNo, grade, bills: [...bills], origin: 'rules' },
})

const releaseOf = (run: Run, consNo: ConsNo, kind: OrderKind, orderNo: OrderNo): WarningSubjectCommand => ({
  type: 'ReleaseSubject',
  data: { ...ofRun(run, consNo, kind), orderNo },
})

const suppressionOf = (run: Run, one: Suppressed, { claims }: WarningSubject): WarningSubjectCommand => {
  const { kind, grade, hits, figures } = one.warning
  const orderNo = 'besides' in one ? claims.get(one.besides)?.orderNo : 'orderNo' in one ? one.orderNo : undefined
  return {
    type: 'SuppressWarning',
    data: {
      ...ofRun(run, figures.consNo, kind),
      ...{ grade, rules: hits.map(({ rule }) => rule), reportDate: run.report.reportDate, why: one.why },
      ...(orderNo !== undefined && { orderNo }),
      ...('silenceId' in one && { silenceId: one.silenceId }),
    },
  }
}
