import type { ConsNo } from '#domain/shared/identity.ts'
import { type Grade, MAX_SUBJECTS, type OrderKind, type OrderNo, type SilenceId } from '#domain/warning-work-order/fields.ts'
import { grouped, subjectOf, type Warning, type WarningRules } from '#domain/warning-work-order/rules.ts'
import { type Suppressed, sifted } from '#domain/warning-work-order/sifting.ts'
import type { EventStore } from '../ports/event-store.ts'
import { handleMany } from '../shared/handle-many.ts'
import { derivedCommandId } from '../shared/ids.ts'
import type { Request } from '../shared/request.ts'
import { warningWorkOrderAggregate, warningWorkOrderStream } from './aggregates.ts'
import type { SealedReport } from './sealed-report.ts'
import { type Claimant, claimGiven, type Intent, knownSubjects } from './warnings-claiming.ts'
import { type NumberedPart, numberPart, partsNumbered } from './warnings-numbering.ts'

/** A customer and the order that was closed until a day that is still to come. */
export type FollowedUp = { readonly consNo: ConsNo; readonly kind: OrderKind; readonly grade: Grade; readonly orderNo: OrderNo }
export type DraftingRun = {
  readonly report: SealedReport
  readonly rules: WarningRules
  readonly request: Request
  readonly warnings: readonly Warning[]
  /** As the read model has them; the customers' own streams have the last word. */
  readonly claimants: readonly Claimant[]
  /** Drafts over earlier reports that were withdrawn for this one; the read model may not know of it yet. */
  readonly superseded: ReadonlySet<OrderNo>
  readonly followedUp: readonly FollowedUp[]
  readonly silencing: (warning: Warning) => SilenceId | undefined
}
export type DraftedRun = { readonly orders: readonly OrderNo[]; readonly suppressed: Readonly<Record<Suppressed['why'], number>> }

/**
 * Drafts the orders of one run of the rules: takes numbers, claims the customers, drafts. A part of a kind and grade has its number
 * for good, a customer stays with the order that claimed him first, and an order is drafted once: what several workers, or attempts
 * that broke off, do of one run adds up to one. Throws as `handle` does.
 */
export const draftWarnings = async (store: EventStore, run: DraftingRun): Promise<DraftedRun> => {
  const taken = await partsNumbered(store, run.request)
  const own = new Set(taken.flatMap(({ orderNo, fate }) => (fate === 'voided' ? [] : [orderNo])))
  const intents = sift(run, new Set(taken.map(({ orderNo }) => orderNo)))
  const unsure = new Set(run.claimants.filter(({ claims }) => claims.some((one) => isLoose(run, one))).map(({ consNo }) => consNo))
  const numbered = claimedBefore(run, own, intents)
  const parts = [...taken]
  for (const { kind, grade, part, warnings } of grouped(intents.flatMap(({ given }) => given.filter((warning) => !numbered.has(warning))))) {
    const numberedPart = await numberPart(store, run.request, parts, { kind, grade, part: part + drafted(taken, kind, grade) })
    if (!own.has(numberedPart.orderNo)) parts.push(numberedPart)
    own.add(numberedPart.orderNo)
    for (const warning of warnings) numbered.set(warning, numberedPart.orderNo)
  }
  const { suppressed, claimed } = await claimGiven(store, { ...run, known: knownSubjects(run.claimants), unsure, own }, intents, numbered)
  return { orders: await draft(store, run, parts, claimed), suppressed: counted(suppressed) }
}

const counted = (suppressed: readonly Suppressed[]): DraftedRun['suppressed'] => {
  const of = (why: Suppressed['why']): number => suppressed.filter((one) => one.why === why).length
  return { duplicate: of('duplicate'), inhibited: of('inhibited'), silenced: of('silenced') }
}

/** How many parts of a kind and grade are there to which nobody can be added any more. */
const drafted = (taken: readonly NumberedPart[], kind: OrderKind, grade: Grade): number =>
  taken.filter((one) => one.kind === kind && one.grade === grade && one.fate !== 'to-draft').reduce((most, { part }) => Math.max(most, part), 0)

/** A claim that is about to be let go of: its order has ended. */
const isLoose = ({ superseded }: DraftingRun, { orderNo, ended }: Claimant['claims'][number]): boolean => ended || superseded.has(orderNo)

/** What stands in the way of each customer's warnings. Orders of this run itself do not, nor what has ended. */
const sift = (run: DraftingRun, own: ReadonlySet<OrderNo>): readonly Intent[] => {
  const { warnings, claimants, followedUp, silencing, rules } = run
  const held = new Map(claimants.map(({ consNo, claims }) => [consNo, claims.filter((one) => !own.has(one.orderNo) && !isLoose(run, one))]))
  const closed = Map.groupBy(followedUp, ({ consNo }) => consNo)
  const byKind = <C extends { readonly kind: OrderKind }>(of: readonly C[] | undefined) => new Map((of ?? []).map((one) => [one.kind, one]))
  return [...Map.groupBy(warnings, ({ figures }) => figures.consNo)].map(([consNo, all]) => {
    const standing = { claims: byKind(held.get(consNo)), followedUp: byKind(closed.get(consNo)), silencing, raisedTo: rules.raisedTo }
    return { consNo, ...sifted(all, standing) }
  })
}

/** The orders of this run with which customers are already. */
const claimedBefore = ({ claimants }: DraftingRun, own: ReadonlySet<OrderNo>, intents: readonly Intent[]): Map<Warning, OrderNo> => {
  const held = new Map(claimants.flatMap(({ consNo, claims }) => claims.map(({ kind, orderNo }) => [`${consNo} ${kind}`, orderNo] as const)))
  const numbered = new Map<Warning, OrderNo>()
  for (const { consNo, given } of intents)
    for (const warning of given) {
      const orderNo = held.get(`${consNo} ${warning.kind}`)
      if (orderNo !== undefined && own.has(orderNo)) numbered.set(warning, orderNo)
    }
  return numbered
}

const draft = async (
  store: EventStore,
  { report: { province, reportDate, reportVersion }, rules, request }: DraftingRun,
  parts: readonly NumberedPart[],
  claimed: ReadonlyMap<OrderNo, readonly Warning[]>,
): Promise<readonly OrderNo[]> => {
  const origin = { kind: 'rules', rulesVersion: rules.version, reportDate, reportVersion } as const
  const batch = `${province}-${reportDate}-${reportVersion}`
  const orders = parts.flatMap(({ kind, grade, orderNo, fate }) => {
    const warnings = (claimed.get(orderNo) ?? []).toSorted((a, b) => (a.figures.consNo < b.figures.consNo ? -1 : 1))
    if (fate !== 'to-draft' || warnings.length === 0) return []
    const subjects = warnings.slice(0, MAX_SUBJECTS).map((warning) => subjectOf(warning, reportDate))
    const text = rules.requirement[kind]
    return [{ orderNo, province, kind, grade, origin, subjects, text: `${text.zh}\n${text.en}`, batch }]
  })
  const outcomes = await handleMany(
    store,
    warningWorkOrderAggregate,
    orders.map((order) => {
      const commandId = derivedCommandId(request.commandId, `draft/${order.orderNo}`)
      const command = { type: 'DraftOrder' as const, data: { at: request.at, by: request.actor.userId, ...order, strangers: [] } }
      return {
        stream: warningWorkOrderStream(order.orderNo),
        commandId,
        prepare: () => ({ kind: 'ready', command, request: { ...request, commandId, causationId: request.commandId } }),
      }
    }),
  )
  const failed = outcomes.findIndex(({ kind }) => kind !== 'done')
  if (failed >= 0) throw new Error(`order ${orders[failed]?.orderNo} of ${batch} was not drafted: ${outcomes[failed]?.kind}`)
  return parts.filter(({ orderNo, fate }) => fate === 'drafted' || orders.some((order) => order.orderNo === orderNo)).map(({ orderNo }) => orderNo)
}
