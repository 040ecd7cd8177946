import { epochOf, type Instant } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import type { WarningSubjectCommand } from '#domain/warning-work-order/commands.ts'
import type { Grade, NamedBill, OrderKind, OrderNo } from '#domain/warning-work-order/fields.ts'
import type { WarningSubjectRejection } from '#domain/warning-work-order/rejections.ts'
import { isOpen, type KnownOrder, type WarningWorkOrder } from '#domain/warning-work-order/state.ts'
import type { WarningSubject } from '#domain/warning-work-order/subject.ts'
import type { EventStore, ExpectedRevision } from '../ports/event-store.ts'
import { handleMany, mapAtOnce, type Task } from '../shared/handle-many.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { load } from '../shared/load.ts'
import type { Outcome } from '../shared/outcome.ts'
import type { Request } from '../shared/request.ts'
import { warningSubjectAggregate, warningSubjectStream, warningWorkOrderAggregate, warningWorkOrderStream } from './aggregates.ts'

/** One customer claimed for an order. `origin`: what rules draft gives way to a graver open order. */
export type Claim = {
  readonly province: ProvinceCode
  readonly consNo: ConsNo
  readonly kind: OrderKind
  readonly grade: Grade
  readonly orderNo: OrderNo
  readonly bills: readonly NamedBill[]
  readonly origin: 'manual' | 'rules'
}
export type ClaimRefused = { readonly claim: Claim; readonly rejection: WarningSubjectRejection }
type Released = Pick<Claim, 'province' | 'consNo' | 'kind' | 'orderNo'>
type Duplicate = ClaimRefused & { readonly rejection: Extract<WarningSubjectRejection, { code: 'DUPLICATE_OPEN_ORDER' }> }

/**
 * A step of one customer's claims. Its command id holds for the revision it meets, so that what was claimed, released and
 * claimed again is three facts, and asking for what is already so writes nothing.
 */
const task = (request: Request, step: string, command: WarningSubjectCommand): Task<WarningSubjectCommand, WarningSubject, never> => {
  const { pinned: _pinned, ...rest } = request
  const { province, consNo, kind } = command.data
  const orderNo = 'orderNo' in command.data ? command.data.orderNo : undefined
  return {
    stream: warningSubjectStream({ province, consNo }),
    prepare: (_state, revision: ExpectedRevision) => ({
      kind: 'ready',
      command,
      request: {
        ...rest,
        commandId: derivedCommandId(request.commandId, `${step}/${orderNo}/${province}/${consNo}/${kind}/${revision}`),
        causationId: request.commandId,
      },
    }),
  }
}

const sendClaims = (store: EventStore, claims: readonly Claim[], request: Request): Promise<readonly Outcome<WarningSubjectRejection>[]> =>
  handleMany(
    store,
    warningSubjectAggregate,
    claims.map((claim) =>
      task(request, 'claim', { type: 'ClaimSubject', data: { at: request.at, by: request.actor.userId, ...claim, bills: [...claim.bills] } }),
    ),
  )

/** Lets go of customers; who is not held by that order is left as he is. */
export const release = async (store: EventStore, released: readonly Released[], request: Request): Promise<void> => {
  await handleMany(
    store,
    warningSubjectAggregate,
    released.map(({ province, consNo, kind, orderNo }) =>
      task(request, 'release', { type: 'ReleaseSubject', data: { at: request.at, by: request.actor.userId, province, consNo, kind, orderNo } }),
    ),
  )
}

/**
 * Claims customers for orders, each for itself, at most one order a customer and kind in one call; answers those who were
 * refused. A claim of an order that has ended, or that was never drafted though its time has passed, is taken over: its
 * release broke off.
 */
export const claim = async (store: EventStore, claims: readonly Claim[], request: Request): Promise<readonly ClaimRefused[]> => {
  const outcomes = await sendClaims(store, claims, request)
  const refused = refusedOf(claims, outcomes)
  const duplicates = refused.filter((one): one is Duplicate => one.rejection.code === 'DUPLICATE_OPEN_ORDER')
  const again = await abandoned(store, duplicates, request.at)
  if (again.length === 0) return refused
  await release(
    store,
    again.map(({ claim: { province, consNo, kind }, rejection: { orderNo } }) => ({ province, consNo, kind, orderNo })),
    request,
  )
  const retried = again.map((one) => one.claim)
  return [...refused.filter((one) => !retried.includes(one.claim)), ...refusedOf(retried, await sendClaims(store, retried, request))]
}

const refusedOf = (claims: readonly Claim[], outcomes: readonly Outcome<WarningSubjectRejection>[]): readonly ClaimRefused[] =>
  outcomes.flatMap((outcome, index) => {
    const one = claims[index]!
    if (outcome.kind === 'rejected') return [{ claim: one, rejection: outcome.rejection }]
    if (outcome.kind === 'conflict') throw new Error(`claims of ${one.province}/${one.consNo} are never free`)
    return []
  })

/** After this long without its order a claim is that of a draft that broke off. */
const DRAFTING_MS = 15 * 60_000

const abandoned = async (store: EventStore, refused: readonly Duplicate[], at: Instant): Promise<readonly Duplicate[]> => {
  const orderNos = [...new Set(refused.map(({ rejection }) => rejection.orderNo))]
  const orders = new Map(await mapAtOnce(orderNos, ORDERS_AT_ONCE, async (orderNo) => [orderNo, await orderOf(store, orderNo)] as const))
  return refused.filter(({ rejection: { orderNo, since } }) => {
    const order = orders.get(orderNo)
    return order?.status === 'absent' ? epochOf(at) - epochOf(since) > DRAFTING_MS : order !== undefined && !holds(order)
  })
}

const ORDERS_AT_ONCE = 8
const orderOf = async (store: EventStore, orderNo: OrderNo): Promise<WarningWorkOrder> =>
  (await load(store, warningWorkOrderAggregate, warningWorkOrderStream(orderNo))).state

/** Whether an order holds its customers: from draft until it is closed or withdrawn. */
const holds = (order: WarningWorkOrder): order is KnownOrder => order.status === 'draft' || isOpen(order)

export const claimsOf = ({ province, kind, grade, orderNo, origin, subjects }: KnownOrder): readonly Claim[] =>
  subjects.map(({ consNo, bills }) => ({ province, consNo, kind, grade, orderNo, bills, origin: origin.kind }))

/**
 * Brings the claims of an order in line with how it stands: held while it is open, let go of once it has ended. Looks again
 * afterwards, so that a closing and a reopening side by side leave what the order says. `besides`: customers it may have claimed
 * without naming them.
 */
export const settleClaims = async (store: EventStore, orderNo: OrderNo, request: Request, besides: readonly ConsNo[] = []): Promise<void> => {
  for (let order = await orderOf(store, orderNo); order.status !== 'absent'; ) {
    const named = claimsOf(order).map((one) => ({ ...one, origin: 'manual' as const }))
    const { province, kind } = order
    const held = holds(order)
    const strange = besides.filter((consNo) => !named.some((one) => one.consNo === consNo))
    if (held) await claim(store, named, request)
    await release(store, [...(held ? [] : named), ...strange.map((consNo) => ({ province, consNo, kind, orderNo }))], request)
    const after = await orderOf(store, orderNo)
    if (holds(after) === held) return
    order = after
  }
}
