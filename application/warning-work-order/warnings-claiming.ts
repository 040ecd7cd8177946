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
type Run = {
  readonly report: SealedReport
  readonly request: Request
  readonly known: ReadonlyMap<ConsNo, KnownSubject>
  /** Whose claims have just changed, or are about to: their streams are asked. */
  readonly unsure: ReadonlySet<ConsNo>
  /** Orders of this run. */
  readonly own: ReadonlySet<OrderNo>
}
const UNKNOWN: KnownSubject = { state: warningSubject.initial, revision: 'absent' }

/** A customer of whom something was warned before. */
export type Claimant = {
  readonly consNo: ConsNo
  readonly revision: bigint
  readonly claims: readonly { readonly kind: OrderKind; readonly grade: Grade; readonly orderNo: OrderNo; readonly since: Instant; readonly ended: boolean }[]
  readonly suppressed: readonly Parameters<typeof reasonOf>[0][]
}

/** What a read model says of customers, as their own streams would have it. The bills of claims decide nothing here and are left out. */
export const knownSubjects = (claimants: readonly Claimant[]): ReadonlyMap<ConsNo, KnownSubject> =>
  new Map(
    claimants.map(({ consNo, revision, claims, suppressed }) => {
      const held = new Map(claims.map(({ kind, ended: _ended, ...one }): [OrderKind, Claim] => [kind, { ...one, bills: [] }]))
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

/** What was claimed for which order of the run, and what was suppressed. */
type Claimed = { readonly claimed: ReadonlyMap<OrderNo, readonly Warning[]>; readonly suppressed: readonly Suppressed[] }
/** What is said, for its id: another worker of the same run may have other orders in mind, and is not to be taken for having said the same. */
const saying = ({ type, data }: WarningSubjectCommand): string =>
  [type, data.kind, 'grade' in data ? data.grade : '', data.orderNo ?? '', 'why' in data ? data.why : '', 'silenceId' in data ? data.silenceId : ''].join(' ')

type Settled = {
  readonly commands: readonly WarningSubjectCommand[]
  readonly placed: readonly { readonly warning: Warning; readonly orderNo: OrderNo }[]
  readonly suppressed: readonly Suppressed[]
}

/**
 * Claims customers for the orders that are about to be drafted and puts on record what is not given to them, in one append a
 * customer. The customer's stream has the last word: what was decided on an older state is decided anew, who is with another order of
 * the run stays with it, and what else is refused is suppressed.
 */
export const claimGiven = async (store: EventStore, run: Run, intents: readonly Intent[], numbered: ReadonlyMap<Warning, OrderNo>): Promise<Claimed> => {
  const settled = new Map<ConsNo, Settled>()
  await handleMany(
    store,
    aggregate,
    intents.map((intent) => ({
      stream: warningSubjectStream({ province: run.report.province, consNo: intent.consNo }),
      seen: run.unsure.has(intent.consNo) ? undefined : (run.known.get(intent.consNo) ?? UNKNOWN),
      prepare: (state: WarningSubject, revision) => {
        const one = settle(run, intent, numbered, state)
        settled.set(intent.consNo, one)
        const commandId = derivedCommandId(run.request.commandId, `subject/${intent.consNo}/${revision}/${one.commands.map(saying).join('/')}`)
        return { kind: 'ready', command: one.commands, request: { ...run.request, commandId, causationId: run.request.commandId } }
      },
    })),
  )
  const placed = Map.groupBy(
    [...settled.values()].flatMap((one) => one.placed),
    ({ orderNo }) => orderNo,
  )
  return {
    claimed: new Map([...placed].map(([orderNo, all]) => [orderNo, all.map(({ warning }) => warning)])),
    suppressed: [...settled.values()].flatMap((one) => one.suppressed),
  }
}

const settle = (run: Run, intent: Intent, numbered: ReadonlyMap<Warning, OrderNo>, subject: WarningSubject): Settled => {
  const commands: WarningSubjectCommand[] = []
  const placed: { readonly warning: Warning; readonly orderNo: OrderNo }[] = []
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
    const wanted = numbered.get(warning)!
    const held = state.claims.get(warning.kind)?.orderNo
    const orderNo = held !== undefined && run.own.has(held) ? held : wanted
    const rejection = say(claimOf(run, warning, orderNo))
    if (rejection) suppressed.push({ warning, why: rejection.code === 'INHIBITED' ? 'inhibited' : 'duplicate', orderNo: rejection.orderNo })
    else placed.push({ warning, orderNo })
  }
  for (const one of suppressed) say(suppressionOf(run, one, state))
  return { commands, placed, suppressed }
}

const ofRun = ({ report: { province }, request: { at, actor } }: Run, consNo: ConsNo, kind: OrderKind) => ({ at, by: actor.userId, province, consNo, kind })

const claimOf = (run: Run, { kind, grade, figures: { consNo, bills } }: Warning, orderNo: OrderNo): WarningSubjectCommand => ({
  type: 'ClaimSubject',
  data: { ...ofRun(run, consNo, kind), orderNo, grade, bills: [...bills], origin: 'rules' },
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
