import { businessDateOf } from '#domain/shared/dates.ts'
import type { ConsNo, OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import type { WarningWorkOrderCommand } from '#domain/warning-work-order/commands.ts'
import { type Grade, MAX_SUBJECTS, type OrderKind, type OrderNo, type Origin, type Subject } from '#domain/warning-work-order/fields.ts'
import { warningWorkOrder } from '#domain/warning-work-order/order.ts'
import { type Asked, sign } from '../shared/asked.ts'
import { type Denied, ofProvince } from '../shared/authorise.ts'
import { handleMany, mapAtOnce } from '../shared/handle-many.ts'
import { derivedCommandId } from '../shared/ids.ts'
import type { Outcome } from '../shared/outcome.ts'
import { admit, isDenied } from '../shared/perform.ts'
import type { Request } from '../shared/request.ts'
import { orderNoOf, warningWorkOrderAggregate, warningWorkOrderStream } from './aggregates.ts'
import { type Claim, type ClaimRefused, claim, release, voidNumbers } from './claims.ts'
import { type NumberedDraft, type NumberedDrafts, numberDrafts } from './drafts-numbering.ts'
import { numbersGiven } from './numbers.ts'
import { warningWorkOrderRoles } from './roles.ts'
import type { OrderRefusal, WorkOrders } from './work-orders.ts'

/** An order as it is to be drafted; its number is given to it. */
export type Drafting = {
  readonly province: ProvinceCode
  readonly kind: OrderKind
  readonly grade: Grade
  readonly origin: Origin
  readonly subjects: readonly Subject[]
  readonly groupNo?: string | undefined
  readonly text: string
}
/** `left`: customers that the order goes without, and why. */
export type DraftedOrder = { readonly orderNo: OrderNo; readonly outcome: Outcome<OrderRefusal>; readonly left: readonly ClaimRefused[] }
/** Which of the drafts was refused, counted from 0. */
type DraftRefused = { readonly index: number; readonly rejection: OrderRefusal }
export type DraftsOutcome =
  /** In the order of what was asked; undefined where nobody was left to warn of. */
  | { readonly kind: 'drafted'; readonly orders: readonly (DraftedOrder | undefined)[] }
  | { readonly kind: 'refused'; readonly refused: readonly DraftRefused[] }
  | { readonly kind: 'forbidden'; readonly code: Denied['code'] }

/**
 * What happens when a customer has an open order of the kind already, or a graver one inhibits what rules drafted: nothing is
 * drafted at all, or the orders go without him.
 */
export type OnClaimed = 'draft-nothing' | 'go-without'

type Pending = NumberedDraft<Drafting>

/**
 * 起草 of one or many orders: numbers are taken, customers claimed, orders drafted, in this order and each step once for the
 * command, so that what breaks off is finished by sending the same again. Everything is checked before anything is kept.
 */
export const draftMany = async (needs: WorkOrders, draftings: readonly Drafting[], onClaimed: OnClaimed, asked: Asked): Promise<DraftsOutcome> => {
  if (draftings.length === 0) return { kind: 'refused', refused: [{ index: 0, rejection: { code: 'NO_SUBJECTS' } }] }
  const at = asked.at ?? needs.clock.now()
  const admitted = await admitAll(needs, draftings, { ...asked, at })
  if ('ok' in admitted) return { kind: 'forbidden', code: admitted.code }
  if ((await numbersGiven(needs.store, at))(admitted.commandId) === undefined) {
    const refused = await refusedBefore(needs, draftings, admitted)
    if (refused.length > 0) return { kind: 'refused', refused }
  }
  for (;;) {
    const numbered = await numberDrafts(needs.store, draftings, admitted)
    if (!numbered.ok) return { kind: 'refused', refused: [{ index: 0, rejection: { code: 'NUMBERS_EXHAUSTED', left: numbered.left } }] }
    const outcome = await finish(needs, numbered, onClaimed, admitted)
    if (outcome !== 'VOIDED') return outcome
  }
}

/** One request for all provinces: in the first role that reaches each. */
const admitAll = async (needs: WorkOrders, draftings: readonly Drafting[], asked: Asked): Promise<Request | Denied> => {
  let admitted: Request | Denied = { ok: false, code: 'FORBIDDEN_ROLE' }
  for (const province of new Set(draftings.map((drafting) => drafting.province))) {
    admitted = await admit(needs, warningWorkOrderRoles.DraftOrder, ofProvince(province), asked)
    if (isDenied(admitted)) return admitted
  }
  return admitted
}

const refusedBefore = async (needs: WorkOrders, draftings: readonly Drafting[], request: Request): Promise<readonly DraftRefused[]> => {
  const date = businessDateOf(request.at)
  const found = await mapAtOnce(draftings, CHECKS_AT_ONCE, async (drafting): Promise<OrderRefusal | undefined> => {
    const { province } = drafting
    if (needs.scope.provinceOf(province as string as OrgCode, date) !== province) return { code: 'UNKNOWN_PROVINCE', province }
    const strangers = await needs.strangers(
      province,
      drafting.subjects.map(({ consNo }) => consNo),
    )
    const decision = warningWorkOrder.decide(draftOf({ index: 0, orderNo: orderNoOf(date, 1), drafting }, request, strangers), warningWorkOrder.initial)
    return decision.ok ? undefined : decision.rejection
  })
  return found.flatMap((rejection, index) => (rejection ? [{ index, rejection }] : []))
}
const CHECKS_AT_ONCE = 8

const draftOf = ({ orderNo, drafting }: Pending, request: Request, strangers: readonly ConsNo[] = [], batch?: string): WarningWorkOrderCommand => {
  const { groupNo, subjects, ...rest } = drafting
  const data = {
    orderNo,
    ...rest,
    subjects: [...subjects],
    ...(groupNo !== undefined && { groupNo }),
    ...(batch !== undefined && { batch }),
    strangers: [...strangers],
  }
  return sign<WarningWorkOrderCommand>({ type: 'DraftOrder', data }, request)
}

/**
 * Claims and drafts. Where nothing is to be drafted at all when a customer is refused, the first order decides for all: it is drafted
 * before the others, and a refusal voids its number before any customer is let go of. Another sending of the command that comes between
 * finds either the order or the voided number, and holds no customer for an order that lost him. 'VOIDED' when that happened to this one.
 */
const finish = async (
  needs: WorkOrders,
  { numbers, pending, done }: NumberedDrafts<Drafting>,
  onClaimed: OnClaimed,
  request: Request,
): Promise<DraftsOutcome | 'VOIDED'> => {
  const whole = onClaimed === 'draft-nothing' && !done.has(numbers[0]!)
  const claims = pending.flatMap(claimsFor)
  const refused = await claim(needs.store, claims, request)
  if (refused.length > 0 && whole) {
    if (!(await abandon(needs, pending, claims, request))) return 'VOIDED'
    const indexOf = new Map(pending.map(({ orderNo, index }) => [orderNo, index]))
    return { kind: 'refused', refused: refused.map((one) => ({ index: indexOf.get(one.claim.orderNo) ?? 0, rejection: one.rejection })) }
  }
  const without = pending.flatMap((one) => withoutRefused(one, refused))
  const first = whole ? 1 : without.length
  const drafted = new Map<OrderNo, DraftedOrder>([...done].map(([orderNo, outcome]) => [orderNo, { orderNo, outcome, left: [] }]))
  for (const some of [without.slice(0, first), without.slice(first)]) {
    const outcomes = await draftAll(needs, some, numbers.length, request)
    if (outcomes.some((outcome) => outcome.kind === 'rejected' && outcome.rejection.code === 'ORDER_NO_TAKEN')) return 'VOIDED'
    for (const [place, { orderNo }] of some.entries())
      drafted.set(orderNo, { orderNo, outcome: outcomes[place]!, left: refused.filter((one) => one.claim.orderNo === orderNo) })
  }
  return { kind: 'drafted', orders: numbers.map((orderNo) => drafted.get(orderNo)) }
}

/** Voids all numbers, the first before the others, and lets the customers go; false when the first was drafted meanwhile, and so all of them are to be. */
const abandon = async ({ store }: WorkOrders, pending: readonly Pending[], claims: readonly Claim[], request: Request): Promise<boolean> => {
  const [first, ...others] = pending.map(({ orderNo, drafting: { province } }) => ({ orderNo, province }))
  if (!first || !(await voidNumbers(store, [first], request)).has(first.orderNo)) return false
  await voidNumbers(store, others, request)
  await release(store, claims, request)
  return true
}

const draftAll = (needs: WorkOrders, some: readonly Pending[], of: number, request: Request): Promise<readonly Outcome<OrderRefusal>[]> => {
  const { pinned: _pinned, ...unpinned } = request
  const batch = of > 1 ? request.commandId : undefined
  return handleMany(
    needs.store,
    warningWorkOrderAggregate,
    some.map((one) => {
      const commandId = of > 1 ? derivedCommandId(request.commandId, `draft/${one.orderNo}`) : request.commandId
      return {
        stream: warningWorkOrderStream(one.orderNo),
        commandId,
        prepare: () => ({ kind: 'ready', command: draftOf(one, request, [], batch), request: { ...unpinned, commandId } }),
      }
    }),
  )
}

const claimsFor = ({ orderNo, drafting: { province, kind, grade, origin, subjects } }: Pending): readonly Claim[] =>
  subjects.map(({ consNo, bills }) => ({ province, consNo, kind, grade, orderNo, bills, origin: origin.kind }))

const withoutRefused = (one: Pending, refused: readonly ClaimRefused[]): readonly Pending[] => {
  const gone = new Set(refused.flatMap(({ claim: { orderNo, consNo } }) => (orderNo === one.orderNo ? [consNo] : [])))
  if (gone.size === 0) return [one]
  const subjects = one.drafting.subjects.filter(({ consNo }) => !gone.has(consNo))
  return subjects.length === 0 ? [] : [{ ...one, drafting: { ...one.drafting, subjects } }]
}

/** Orders for customers of several provinces: one a province, and another for every further 200 customers. */
export const draftingsOf = ({
  subjects,
  ...said
}: Omit<Drafting, 'province' | 'subjects'> & {
  readonly subjects: readonly { readonly province: ProvinceCode; readonly subject: Subject }[]
}): readonly Drafting[] => {
  const byProvince = new Map<ProvinceCode, Subject[]>()
  for (const { province, subject } of subjects) {
    const own = byProvince.get(province)
    if (own) own.push(subject)
    else byProvince.set(province, [subject])
  }
  return [...byProvince].flatMap(([province, own]) =>
    Array.from({ length: Math.ceil(own.length / MAX_SUBJECTS) }, (_, part) => ({
      ...said,
      province,
      subjects: own.slice(part * MAX_SUBJECTS, (part + 1) * MAX_SUBJECTS),
    })),
  )
}
