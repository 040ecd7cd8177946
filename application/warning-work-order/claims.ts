import { epochOf, type Instant } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode, Uuid } from '#domain/shared/identity.ts'
import type { WarningSubjectCommand } from '#domain/warning-work-order/commands.ts'
import type { Grade, NamedBill, OrderKind, OrderNo } from '#domain/warning-work-order/fields.ts'
import type { WarningSubjectRejection } from '#domain/warning-work-order/rejections.ts'
import { isIssued, isOpen, type KnownOrder, type WarningWorkOrder } from '#domain/warning-work-order/state.ts'
import type { Claim as Standing, WarningSubject } from '#domain/warning-work-order/subject.ts'
import type { EventStore, ExpectedRevision } from '../ports/event-store.ts'
import { handleMany, mapAtOnce, type Task } from '../shared/handle-many.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { load } from '../shared/load.ts'
import type { Outcome } from '../shared/outcome.ts'
import type { Request } from '../shared/request.ts'
import { warningSubjectAggregate, warningSubjectStream, warningWorkOrderAggregate, warningWorkOrderStream } from './aggregates.ts'

/** One customer claimed for an order. `origin`: what rules draft gives way to a graver open order; `term` and `attempt` as in the event. */
export type Claim = {
  readonly province: ProvinceCode
  readonly consNo: ConsNo
  readonly kind: OrderKind
  readonly grade: Grade
  readonly orderNo: OrderNo
  readonly bills: readonly NamedBill[]
  readonly origin: 'manual' | 'rules'
  readonly term?: number
  readonly attempt?: Uuid
}
export type ClaimRefused = { readonly claim: Claim; readonly rejection: WarningSubjectRejection }
export type Held = Pick<Claim, 'province' | 'consNo' | 'kind' | 'orderNo'>
type Duplicate = ClaimRefused & { readonly rejection: Extract<WarningSubjectRejection, { code: 'DUPLICATE_OPEN_ORDER' }> }
type SubjectTask = Task<WarningSubjectCommand, WarningSubject, never>

/**
 * A step of one customer's claims. Its command id holds for the revision it meets, so that what was claimed, released and
 * claimed again is three facts, and asking for what is already so writes nothing.
 */
const step = (request: Request, revision: ExpectedRevision, command: WarningSubjectCommand) => {
  const { pinned: _pinned, ...rest } = request
  const { type, data } = command
  const orderNo = 'orderNo' in data ? data.orderNo : ''
  const commandId = derivedCommandId(request.commandId, `${type}/${orderNo}/${data.province}/${data.consNo}/${data.kind}/${revision}`)
  return { kind: 'ready', command, request: { ...rest, commandId, causationId: request.commandId } } as const
}

const sendClaims = (store: EventStore, claims: readonly Claim[], request: Request): Promise<readonly Outcome<WarningSubjectRejection>[]> =>
  handleMany(
    store,
    warningSubjectAggregate,
    claims.map((one): SubjectTask => {
      const command: WarningSubjectCommand = { type: 'ClaimSubject', data: { at: request.at, by: request.actor.userId, ...one, bills: [...one.bills] } }
      return { stream: warningSubjectStream(one), prepare: (_subject, revision) => step(request, revision, command) }
    }),
  )

/** Lets go of customers whom that order holds, where the claim is one that is meant; others are left as they are. Answers whose claims were ended. */
const releaseWhere = async <H extends Held>(store: EventStore, all: readonly H[], request: Request, where: (held: H, claim: Standing) => boolean) => {
  const outcomes = await handleMany(
    store,
    warningSubjectAggregate,
    all.map((held): SubjectTask => {
      const { province, consNo, kind, orderNo } = held
      const command: WarningSubjectCommand = { type: 'ReleaseSubject', data: { at: request.at, by: request.actor.userId, province, consNo, kind, orderNo } }
      return {
        stream: warningSubjectStream(held),
        prepare: ({ claims }, revision) => {
          const standing = claims.get(kind)
          return standing?.orderNo === orderNo && where(held, standing) ? step(request, revision, command) : { kind: 'unchanged', revision }
        },
      }
    }),
  )
  return all.filter((_, index) => outcomes[index]?.kind === 'done')
}

/** Lets go of customers; whom that order does not hold is left as he is. */
export const release = async (store: EventStore, held: readonly Held[], request: Request): Promise<void> =>
  void (await releaseWhere(store, held, request, () => true))

/** Takes back what a command claimed for something that then was refused. */
export const releaseAttempt = async (store: EventStore, held: readonly Held[], request: Request, attempt: Uuid): Promise<void> =>
  void (await releaseWhere(store, held, request, (_, claim) => claim.attempt === attempt))

/**
 * Claims customers for orders, each for itself, at most one order a customer and kind in one call; answers those who were
 * refused. A claim that holds for nothing any more is taken over: its release broke off.
 */
export const claim = async (store: EventStore, claims: readonly Claim[], request: Request): Promise<readonly ClaimRefused[]> => {
  const refused = refusedOf(claims, await sendClaims(store, claims, request))
  const duplicates = refused.filter((one): one is Duplicate => one.rejection.code === 'DUPLICATE_OPEN_ORDER')
  if (duplicates.length === 0) return refused
  const again = (await takeOver(store, duplicates, request)).map((one) => one.claim)
  return [...refused.filter((one) => !again.includes(one.claim)), ...refusedOf(again, await sendClaims(store, again, request))]
}

const refusedOf = (claims: readonly Claim[], outcomes: readonly Outcome<WarningSubjectRejection>[]): readonly ClaimRefused[] =>
  outcomes.flatMap((outcome, index) => {
    const one = claims[index]!
    if (outcome.kind === 'rejected') return [{ claim: one, rejection: outcome.rejection }]
    if (outcome.kind === 'conflict') throw new Error(`claims of ${one.province}/${one.consNo} are never free`)
    return []
  })

const ORDERS_AT_ONCE = 8
const orderOf = async (store: EventStore, orderNo: OrderNo): Promise<WarningWorkOrder> =>
  (await load(store, warningWorkOrderAggregate, warningWorkOrderStream(orderNo))).state

/**
 * Sees to it that nothing is ever drafted under these numbers, by the orders' own streams. Answers those under which nothing will be:
 * who claimed customers for them holds them for nothing. Where an order was drafted meanwhile, that order stands.
 */
export const voidNumbers = async (
  store: EventStore,
  numbers: readonly Pick<Claim, 'orderNo' | 'province'>[],
  request: Request,
): Promise<ReadonlySet<OrderNo>> => {
  const { pinned: _pinned, ...unpinned } = request
  const outcomes = await handleMany(
    store,
    warningWorkOrderAggregate,
    numbers.map(({ orderNo, province }) => {
      const commandId = derivedCommandId(request.commandId, `void/${orderNo}`)
      const data = { at: request.at, by: request.actor.userId, orderNo, province }
      return {
        stream: warningWorkOrderStream(orderNo),
        prepare: () => ({ kind: 'ready', command: { type: 'VoidNumber' as const, data }, request: { ...unpinned, commandId, causationId: request.commandId } }),
      }
    }),
  )
  return new Set(numbers.flatMap(({ orderNo }, index) => (outcomes[index]?.kind === 'done' ? [orderNo] : [])))
}

const takeOver = async (store: EventStore, duplicates: readonly Duplicate[], request: Request): Promise<readonly Duplicate[]> => {
  const holding = new Map(duplicates.map(({ claim: { province }, rejection: { orderNo, since } }) => [orderNo, { orderNo, province, since }]))
  const orders = new Map(await mapAtOnce([...holding.values()], ORDERS_AT_ONCE, async (one) => [one.orderNo, await orderOrVoid(store, one, request)] as const))
  const held = duplicates.map((duplicate) => ({ ...duplicate.claim, orderNo: duplicate.rejection.orderNo, duplicate }))
  const released = await releaseWhere(store, held, request, ({ consNo, orderNo }, standing) => isIdle(standing, orders.get(orderNo)!, consNo, request.at))
  return released.map(({ duplicate }) => duplicate)
}

/** After this long what somebody claimed him for and did not record has broken off. */
const ATTEMPT_MS = 15 * 60_000
const brokeOff = (since: Instant, at: Instant): boolean => epochOf(at) - epochOf(since) > ATTEMPT_MS

/** The order; a draft that broke off is kept from coming after all before its customers are given to others. */
const orderOrVoid = async (store: EventStore, { since, ...number }: Pick<Claim, 'orderNo' | 'province'> & Pick<Standing, 'since'>, request: Request) => {
  const order = await orderOf(store, number.orderNo)
  if (order.status !== 'absent' || order.voided || !brokeOff(since, request.at)) return order
  await voidNumbers(store, [number], request)
  return orderOf(store, number.orderNo)
}

/**
 * Whether a claim holds for nothing: its order has ended and was not being reopened, or what it was made for never came to be and
 * cannot any more. An order that has ended is looked at by the claim's term, so that who is just being claimed for its reopening is left alone.
 */
const isIdle = (standing: Standing, order: WarningWorkOrder, consNo: ConsNo, at: Instant): boolean => {
  if (order.status === 'absent') return order.voided === true
  const old = brokeOff(standing.since, at)
  if (holds(order)) return old && !order.subjects.some((subject) => subject.consNo === consNo)
  return old || (standing.term ?? 0) <= termOf(order)
}

/** Whether an order holds its customers: from draft until it is closed or withdrawn. */
const holds = (order: KnownOrder): boolean => order.status === 'draft' || isOpen(order)
const termOf = (order: KnownOrder): number => (isIssued(order) ? order.reopened : Number.MAX_SAFE_INTEGER)

/** The issued orders that are open on a customer; drafts are headquarters' own. */
export const openOrdersOf = async (store: EventStore, key: Pick<Held, 'province' | 'consNo'>): Promise<readonly OrderNo[]> => {
  const { state } = await load(store, warningSubjectAggregate, warningSubjectStream(key))
  const orderNos = [...new Set([...state.claims.values()].map(({ orderNo }) => orderNo))]
  const orders = await mapAtOnce(orderNos, ORDERS_AT_ONCE, (orderNo) => orderOf(store, orderNo))
  return orderNos.filter((_, index) => isOpen(orders[index]!))
}

/** The claims of an order for these of its customers: as it stands, or as it will when an attempt succeeds. */
export const claimsOf = (order: KnownOrder, subjects: KnownOrder['subjects'], term: number, attempt?: Uuid): readonly Claim[] => {
  const { province, kind, grade, orderNo } = order
  const made = { ...(term > 0 && { term }), ...(attempt !== undefined && { attempt }) }
  return subjects.map(({ consNo, bills }) => ({ province, consNo, kind, grade, orderNo, bills, origin: 'manual', ...made }))
}

/**
 * Brings the claims of an order in line with how it stands: held while it is open, let go of once it has ended. Looks again
 * afterwards, so that a closing and a reopening side by side leave what the order says. `besides`: customers it may have claimed
 * without naming them; who was claimed a moment ago for what is still to be recorded stays.
 */
export const settleClaims = async (store: EventStore, orderNo: OrderNo, request: Request, besides: readonly ConsNo[] = []): Promise<void> => {
  for (let order = await orderOf(store, orderNo); order.status !== 'absent'; ) {
    const { province, kind } = order
    const held = holds(order)
    if (held) await claim(store, claimsOf(order, order.subjects, isIssued(order) ? order.reopened : 0), request)
    const named = order.subjects.map(({ consNo }) => consNo)
    const looked = [...new Set([...(held ? [] : named), ...besides])].map((consNo) => ({ province, consNo, kind, orderNo }))
    const seen = order
    await releaseWhere(store, looked, request, ({ consNo }, standing) => isIdle(standing, seen, consNo, request.at))
    const after = await orderOf(store, orderNo)
    if (after.status === seen.status || (after.status !== 'absent' && holds(after) === held)) return
    order = after
  }
}
