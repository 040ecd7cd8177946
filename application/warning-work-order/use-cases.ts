import type { ProvinceCode } from '#domain/shared/identity.ts'
import type { WarningSilencesCommand, WarningWorkOrderCommand } from '#domain/warning-work-order/commands.ts'
import type { OrderNo } from '#domain/warning-work-order/fields.ts'
import { warningWorkOrder } from '#domain/warning-work-order/order.ts'
import type { WarningSilencesRejection } from '#domain/warning-work-order/rejections.ts'
import { isIssued, type KnownOrder, type WarningWorkOrder } from '#domain/warning-work-order/state.ts'
import { type Asked, sign, type Unsigned } from '../shared/asked.ts'
import { HQ, NATION, ofProvince, SYSTEM } from '../shared/authorise.ts'
import { handleMany, type Prepared } from '../shared/handle-many.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { load } from '../shared/load.ts'
import type { Outcome } from '../shared/outcome.ts'
import { admit, isDenied, perform, withReason } from '../shared/perform.ts'
import type { Request } from '../shared/request.ts'
import { WARNING_SILENCES, warningSilencesAggregate, warningWorkOrderAggregate, warningWorkOrderStream } from './aggregates.ts'
import { bring, type OrderCommand } from './bring.ts'
import { type Claim, claim, claimsOf, releaseAttempt, settleClaims } from './claims.ts'
import { type Drafting, type DraftsOutcome, draftMany, type OnClaimed } from './drafts.ts'
import { warningSilencesRoles, warningWorkOrderRoles } from './roles.ts'
import type { OrderRefusal, WorkOrders } from './work-orders.ts'

/** One command on one order; `asked.commandId` is the command's own. */
export type OrderTask = { readonly orderNo: OrderNo; readonly command: OrderCommand; readonly asked: Asked }
export type OrderOutcome = Outcome<OrderRefusal>

export type WarningWorkOrderUseCases = {
  /** 起草 of one order; the outcome names its number. */
  readonly draft: (drafting: Drafting, asked: Asked) => Promise<OrderOutcome & { readonly orderNo?: OrderNo }>
  readonly draftMany: (draftings: readonly Drafting[], onClaimed: OnClaimed, asked: Asked) => Promise<DraftsOutcome>
  readonly execute: (orderNo: OrderNo, command: OrderCommand, asked: Asked) => Promise<OrderOutcome>
  /** Each for itself, side by side; an order should occur once. */
  readonly executeMany: (tasks: readonly OrderTask[]) => Promise<readonly OrderOutcome[]>
  /** 批量下发: all of them, or none when one is refused; the others then say `unchanged`. */
  readonly issueBatch: (orderNos: readonly OrderNo[], asked: Asked) => Promise<readonly { readonly orderNo: OrderNo; readonly outcome: OrderOutcome }[]>
  /** 批量催办: each for itself. */
  readonly urgeMany: (
    orderNos: readonly OrderNo[],
    said: Extract<OrderCommand, { type: 'Urge' }>['data'],
    asked: Asked,
  ) => Promise<readonly { readonly orderNo: OrderNo; readonly outcome: OrderOutcome }[]>
  readonly silence: (command: Unsigned<WarningSilencesCommand>, asked: Asked) => Promise<Outcome<WarningSilencesRejection>>
}

/**
 * Work orders between headquarters and the provinces (预警督办). A province acts on its own orders, and does not know of drafts.
 * Customers are claimed before an order names them and let go of after it has ended: what breaks off between is finished by
 * sending the same again, or when somebody else wants the customer.
 */
export const warningWorkOrderUseCases = (needs: WorkOrders): WarningWorkOrderUseCases => {
  const executeMany = async (tasks: readonly OrderTask[], whole = false): Promise<readonly OrderOutcome[]> => {
    await needs.scope.refresh()
    const outcomes = await handleMany(
      needs.store,
      warningWorkOrderAggregate,
      tasks.map((task) => taskOf(needs, task)),
      { whole },
    )
    for (const [index, outcome] of outcomes.entries()) await afterwards(needs, tasks[index]!, outcome)
    return outcomes
  }
  /** One command said of each order, under ids that follow from the request's. */
  const ofEach = async (orderNos: readonly OrderNo[], step: string, command: OrderCommand, asked: Asked, whole: boolean) => {
    const unique = [...new Set(orderNos)]
    const { pinned: _pinned, ...unpinned } = asked
    const outcomes = await executeMany(
      unique.map((orderNo) => ({
        orderNo,
        command,
        asked: { ...unpinned, commandId: derivedCommandId(asked.commandId, `${step}/${orderNo}`), causationId: asked.commandId },
      })),
      whole,
    )
    return unique.map((orderNo, index) => ({ orderNo, outcome: outcomes[index]! }))
  }
  return {
    draft: async (drafting, asked) => {
      const outcome = await draftMany(needs, [drafting], 'draft-nothing', asked)
      if (outcome.kind === 'forbidden') return outcome
      if (outcome.kind === 'refused') return { kind: 'rejected', rejection: outcome.refused[0]!.rejection }
      const { orderNo, outcome: drafted } = outcome.orders[0]!
      return { ...drafted, orderNo }
    },
    draftMany: (draftings, onClaimed, asked) => draftMany(needs, draftings, onClaimed, asked),
    execute: async (orderNo, command, asked) => (await executeMany([{ orderNo, command, asked }]))[0]!,
    executeMany: (tasks) => executeMany(tasks),
    issueBatch: (orderNos, asked) => ofEach(orderNos, 'issue', { type: 'IssueOrder', data: {} }, asked, true),
    urgeMany: (orderNos, said, asked) => ofEach(orderNos, 'urge', { type: 'Urge', data: said }, asked, false),
    silence: (command, asked) => perform(needs, warningSilencesAggregate, warningSilencesRoles, { stream: WARNING_SILENCES, subject: NATION }, command, asked),
  }
}

const taskOf = (needs: WorkOrders, { orderNo, command, asked }: OrderTask) => ({
  stream: warningWorkOrderStream(orderNo),
  commandId: asked.commandId,
  prepare: (order: WarningWorkOrder) => prepare(needs, order, command, asked),
})

const NOT_FOUND = { kind: 'rejected', rejection: { code: 'NOT_FOUND' } } as const

/** Authorised for the order's province, completed with what the application knows, and with the customers claimed that the order will name. */
const prepare = async (
  needs: WorkOrders,
  order: WarningWorkOrder,
  command: OrderCommand,
  asked: Asked,
): Promise<Prepared<WarningWorkOrderCommand, OrderRefusal>> => {
  const at = asked.at ?? needs.clock.now()
  const roles = warningWorkOrderRoles[command.type]
  if (order.status === 'absent') {
    const admitted = await admit(needs, roles, ofProvince(asked.actor.orgCode as string as ProvinceCode), { ...asked, at })
    return isDenied(admitted) && admitted.code === 'FORBIDDEN_ROLE' ? { kind: 'forbidden', code: admitted.code } : NOT_FOUND
  }
  const admitted = await admit(needs, roles, ofProvince(order.province), { ...asked, at })
  if (isDenied(admitted)) return { kind: 'forbidden', code: admitted.code }
  if (order.status === 'draft' && asked.actor.orgCode !== HQ) return NOT_FOUND
  const completed = await bring(needs, order, command, admitted)
  if ('code' in completed) return { kind: 'rejected', rejection: completed }
  const request = withReason(admitted, command.data)
  const signed = sign<WarningWorkOrderCommand>(completed, request)
  const refused = await claimFor(needs, order, signed, request)
  return refused ? { kind: 'rejected', rejection: refused } : { kind: 'ready', command: signed, request }
}

/** Whom the command would put on the order: who is appended, and all of them when it is reopened. */
const claimsFor = (order: KnownOrder, command: OrderCommand, attempt: Asked['commandId']): readonly Claim[] => {
  if (!isIssued(order)) return []
  if (command.type === 'AppendSubject') return claimsOf(order, [command.data.subject], order.reopened, attempt)
  return command.type === 'ReopenOrder' ? claimsOf(order, order.subjects, order.reopened + 1, attempt) : []
}

/** Claims them, all or none, in the name of this command. */
const claimFor = async (needs: WorkOrders, order: KnownOrder, command: WarningWorkOrderCommand, request: Request): Promise<OrderRefusal | undefined> => {
  if (!MAY_FAIL.has(command.type) || !warningWorkOrder.decide(command, order).ok) return undefined // the decision says why
  const claims = claimsFor(order, command as OrderCommand, request.commandId)
  const [refused] = await claim(needs.store, claims, request)
  if (refused) await releaseAttempt(needs.store, claims, request, request.commandId)
  return refused?.rejection
}

const ENDS: ReadonlySet<WarningWorkOrderCommand['type']> = new Set(['AcceptAndClose', 'WithdrawOrder'])
const MAY_FAIL: ReadonlySet<WarningWorkOrderCommand['type']> = new Set(['AppendSubject', 'ReopenOrder'])

/** Claims follow the order: let go of when it has ended, and taken back when what they were made for was refused after all. */
const afterwards = async (needs: WorkOrders, { orderNo, command, asked }: OrderTask, outcome: OrderOutcome): Promise<void> => {
  const request: Request = { ...asked, actor: SYSTEM, role: 'SYS', at: asked.at ?? needs.clock.now() }
  if (outcome.kind === 'done' && (ENDS.has(command.type) || MAY_FAIL.has(command.type))) await settleClaims(needs.store, orderNo, request)
  if (outcome.kind === 'done' || outcome.kind === 'unchanged' || !MAY_FAIL.has(command.type)) return
  const { state } = await load(needs.store, warningWorkOrderAggregate, warningWorkOrderStream(orderNo))
  if (state.status === 'absent') return
  const { province, kind, subjects } = state
  const held = (command.type === 'AppendSubject' ? [command.data.subject] : subjects).map(({ consNo }) => ({ province, consNo, kind, orderNo }))
  await releaseAttempt(needs.store, held, request, asked.commandId)
}
