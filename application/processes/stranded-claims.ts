import { epochOf, type Instant, instantOfEpoch } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import type { OrderKind, OrderNo } from '#domain/warning-work-order/fields.ts'
import type { Alone } from '../ports/alone.ts'
import type { EventStore } from '../ports/event-store.ts'
import { SYSTEM } from '../shared/authorise.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { load } from '../shared/load.ts'
import type { Request } from '../shared/request.ts'
import { warningWorkOrderAggregate, warningWorkOrderStream } from '../warning-work-order/aggregates.ts'
import { release, settleClaims, voidNumbers } from '../warning-work-order/claims.ts'

type StrandedClaim = { readonly province: ProvinceCode; readonly consNo: ConsNo; readonly kind: OrderKind; readonly orderNo: OrderNo }
export type StrandedClaimNeeds = {
  readonly store: EventStore
  /** Claims of orders that have ended, and those from before an instant behind which no order stands; after the last of the page before. */
  readonly stranded: (before: Instant, after: StrandedClaim | undefined, limit: number) => Promise<readonly StrandedClaim[]>
  readonly alone: Alone
}

const AT_ONCE = 1000
/** As long as a draft may take that broke off and is sent again. */
const DRAFTING_MS = 15 * 60_000
const ACTOR = { ...SYSTEM, userId: 'stranded-claims' as UserId }

/**
 * Lets go of customers that an order holds for nothing: it has ended, was never drafted, or does not name them. What a crash left
 * half done between order and customer is finished here. Answers how many claims were looked into.
 */
export const releaseStranded = async (needs: StrandedClaimNeeds, now: Instant): Promise<number> =>
  (await needs.alone('stranded-claims', () => throughPages(needs, now))) ?? 0

const throughPages = async ({ store, stranded }: StrandedClaimNeeds, now: Instant): Promise<number> => {
  const before = instantOfEpoch(epochOf(now) - DRAFTING_MS)
  let found = 0
  for (let after: StrandedClaim | undefined; ; ) {
    const page = await stranded(before, after, AT_ONCE)
    for (const [orderNo, claims] of Map.groupBy(page, (claim) => claim.orderNo)) await letGo(store, orderNo, claims, now)
    found += page.length
    if (page.length < AT_ONCE) return found
    after = page.at(-1)
  }
}

const letGo = async (store: EventStore, orderNo: OrderNo, claims: readonly StrandedClaim[], now: Instant): Promise<void> => {
  const commandId = derivedCommandId(orderNo, 'settle-claims')
  const request: Request = { actor: ACTOR, role: 'SYS', commandId, correlationId: commandId, at: now }
  const { state } = await load(store, warningWorkOrderAggregate, warningWorkOrderStream(orderNo))
  if (state.status === 'absent') {
    const voided = await voidNumbers(store, claims.slice(0, 1), request)
    if (voided.has(orderNo)) return release(store, claims, request)
  }
  await settleClaims(
    store,
    orderNo,
    request,
    claims.map(({ consNo }) => consNo),
  )
}
