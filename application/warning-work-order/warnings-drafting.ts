import type { ConsNo } from '#domain/shared/identity.ts'
import type { Grade, OrderKind, OrderNo, SilenceId } from '#domain/warning-work-order/fields.ts'
import { grouped, subjectOf, type Warning, type WarningGroup, type WarningRules } from '#domain/warning-work-order/rules.ts'
import { type Suppressed, sifted } from '#domain/warning-work-order/sifting.ts'
import type { EventStore } from '../ports/event-store.ts'
import { handleMany, mapAtOnce } from '../shared/handle-many.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { load } from '../shared/load.ts'
import type { Request } from '../shared/request.ts'
import { warningWorkOrderAggregate, warningWorkOrderStream } from './aggregates.ts'
import { numbersGiven, takeNumbers } from './numbers.ts'
import type { SealedReport } from './sealed-report.ts'
import { type Claimant, claimGiven, type Intent, knownSubjects } from './warnings-claiming.ts'

/** A customer and the order that was closed until a day that is still to come. */
export type FollowedUp = { readonly consNo: ConsNo; readonly kind: OrderKind; readonly grade: Grade; readonly orderNo: OrderNo }
export type DraftingRun = {
  readonly report: SealedReport
  readonly rules: WarningRules
  readonly request: Request
  readonly warnings: readonly Warning[]
  /** As the read model has them; the customers' own streams have the last word. */
  readonly claimants: readonly Claimant[]
  readonly followedUp: readonly FollowedUp[]
  readonly silencing: (warning: Warning) => SilenceId | undefined
}
export type DraftedRun = { readonly orders: readonly OrderNo[]; readonly suppressed: Readonly<Record<Suppressed['why'], number>> }

/**
 * Drafts the orders of one run of the rules: takes numbers, claims the customers, drafts. Each step has an id of its own, and what an
 * attempt that broke off had drafted stands; numbers it had taken and not used are used first. Throws as `handle` does.
 */
export const draftWarnings = async (store: EventStore, run: DraftingRun): Promise<DraftedRun> => {
  const { drafted, unused } = await takenBefore(store, run.request)
  const intents = sift(run, drafted, unused)
  const groups = grouped(intents.flatMap(({ given }) => given))
  const numbers = [...unused, ...(await more(store, groups.length - unused.length, run.request))]
  const numbered = new Map<Warning, OrderNo>(groups.flatMap(({ warnings }, index) => warnings.map((warning) => [warning, numbers[index]!] as const)))
  const suppressed = await claimGiven(store, { ...run, known: knownSubjects(run.claimants) }, intents, numbered, new Set(unused))
  const refused = new Set(suppressed.map(({ warning }) => warning))
  const orders = await draft(store, run, groups, numbers, refused)
  return { orders: [...drafted, ...orders], suppressed: counted(suppressed) }
}

const counted = (suppressed: readonly Suppressed[]): DraftedRun['suppressed'] => {
  const of = (why: Suppressed['why']): number => suppressed.filter((one) => one.why === why).length
  return { duplicate: of('duplicate'), inhibited: of('inhibited'), silenced: of('silenced') }
}

/** What stands in the way of each customer's warnings; what an earlier attempt of this run claimed and did not draft does not. */
const sift = (
  { warnings, claimants, followedUp, silencing, rules }: DraftingRun,
  drafted: readonly OrderNo[],
  unused: readonly OrderNo[],
): readonly Intent[] => {
  const free = new Set(unused)
  const done = new Set(drafted)
  const held = new Map(claimants.map(({ consNo, claims }) => [consNo, claims.filter(({ orderNo }) => !free.has(orderNo))]))
  const closed = Map.groupBy(followedUp, ({ consNo }) => consNo)
  const byKind = <C extends { readonly kind: OrderKind }>(of: readonly C[] | undefined) => new Map((of ?? []).map((one) => [one.kind, one]))
  return [...Map.groupBy(warnings, ({ figures }) => figures.consNo)].map(([consNo, own]) => {
    const standing = { claims: byKind(held.get(consNo)), followedUp: byKind(closed.get(consNo)), silencing, raisedTo: rules.raisedTo }
    const { given, suppressed } = sifted(own, standing)
    return { consNo, given, suppressed: suppressed.filter((one) => !(one.why === 'duplicate' && done.has(one.orderNo))) }
  })
}

type Taken = { readonly drafted: readonly OrderNo[]; readonly unused: readonly OrderNo[] }
const numbering = (request: Request, attempt: number): Request => ({ ...request, commandId: derivedCommandId(request.commandId, `numbers/${attempt}`) })

/** Numbers that attempts of this run took, today or the day before, and what became of them. */
const takenBefore = async (store: EventStore, request: Request): Promise<Taken> => {
  const taken: OrderNo[] = []
  for (let attempt = 0; ; attempt++) {
    const given = await numbersGiven(store, numbering(request, attempt))
    if (!given) break
    taken.push(...given)
  }
  const standing = await mapAtOnce(taken, ORDERS_AT_ONCE, async (orderNo) => {
    const { revision } = await load(store, warningWorkOrderAggregate, warningWorkOrderStream(orderNo))
    return { orderNo, isDrafted: revision !== 'absent' }
  })
  const those = (wanted: boolean): readonly OrderNo[] => standing.filter(({ isDrafted }) => isDrafted === wanted).map(({ orderNo }) => orderNo)
  return { drafted: those(true), unused: those(false) }
}
const ORDERS_AT_ONCE = 8

const more = async (store: EventStore, count: number, request: Request): Promise<readonly OrderNo[]> => {
  if (count <= 0) return []
  for (let attempt = 0; ; attempt++) {
    if (await numbersGiven(store, numbering(request, attempt))) continue
    const taken = await takeNumbers(store, count, numbering(request, attempt))
    if (!taken.ok) throw new Error(`the day has ${taken.left} order numbers left, ${count} are wanted`)
    return taken.orderNos
  }
}

const draft = async (
  store: EventStore,
  { report: { province, reportDate, reportVersion }, rules, request }: DraftingRun,
  groups: readonly WarningGroup[],
  numbers: readonly OrderNo[],
  refused: ReadonlySet<Warning>,
): Promise<readonly OrderNo[]> => {
  const origin = { kind: 'rules', rulesVersion: rules.version, reportDate, reportVersion } as const
  const batch = `${province}-${reportDate}-${reportVersion}`
  const orders = groups.flatMap(({ kind, grade, warnings }, index) => {
    const subjects = warnings.filter((warning) => !refused.has(warning)).map((warning) => subjectOf(warning, reportDate))
    const text = rules.requirement[kind]
    return subjects.length === 0 ? [] : [{ orderNo: numbers[index]!, province, kind, grade, origin, subjects, text: `${text.zh}\n${text.en}`, batch }]
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
  return orders.map(({ orderNo }) => orderNo)
}
