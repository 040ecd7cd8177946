import type { Role } from '#domain/shared/actor.ts'
import { type BusinessDate, businessDateOf, type Instant } from '#domain/shared/dates.ts'
import { inForceOn } from '#domain/shared/effective.ts'
import { WarningWorkOrderCommand } from '#domain/warning-work-order/commands.ts'
import { isIssued, type KnownOrder } from '#domain/warning-work-order/state.ts'
import type { Unsigned } from '../shared/asked.ts'
import type { OrderRefusal, WorkOrders } from './work-orders.ts'

/** Members of commands that no caller states: they are brought here. */
export const BROUGHT = ['sla', 'years', 'strangers', 'orgProvince', 'billed', 'side'] as const
type Brought = (typeof BROUGHT)[number]

type Said<C> = C extends { readonly type: infer T; readonly data: infer D } ? { readonly type: T; readonly data: Omit<D, Brought> } : never
/** What a caller says of an order that is there. */
export type OrderCommand = Said<Unsigned<Exclude<WarningWorkOrderCommand, { type: 'DraftOrder' | 'VoidNumber' }>>>

type Asking = {
  readonly needs: WorkOrders
  readonly order: KnownOrder
  readonly command: OrderCommand
  readonly role: Role
  readonly date: BusinessDate
}

const SOURCES: Readonly<Record<Brought, (asking: Asking) => unknown>> = {
  /** By the version by which it was issued, so that what runs is not moved by a change of rules. */
  sla: ({ needs, order, date }) => (isIssued(order) ? needs.slaRules.find(({ version }) => version === order.slaVersion) : inForceOn(needs.slaRules, date)),
  years: ({ needs }) => needs.years(),
  strangers: ({ needs, order, command }) => (command.type === 'AppendSubject' ? needs.strangers(order.province, [command.data.subject.consNo]) : []),
  orgProvince: ({ needs, command, date }) => (command.type === 'AssignOrder' && needs.scope.provinceOf(command.data.toOrg, date)) || null,
  billed: ({ needs, order, date }) =>
    needs.billed(
      order.province,
      order.subjects.map(({ consNo }) => consNo),
      date,
    ),
  side: ({ role }) => (role.startsWith('HQ_') ? 'headquarters' : 'province'),
}

/** Which of these each command has, by its own schema. */
const WANTS = new Map(WarningWorkOrderCommand.options.map(({ shape }) => [shape.type.value, BROUGHT.filter((name) => name in shape.data.shape)] as const))

/** The command as the domain decides it, or the rules that are missing for it. */
export const bring = async (
  needs: WorkOrders,
  order: KnownOrder,
  command: OrderCommand,
  { role, at }: { readonly role: Role; readonly at: Instant },
): Promise<Unsigned<WarningWorkOrderCommand> | Extract<OrderRefusal, { code: 'NO_SLA_RULES' }>> => {
  const asking: Asking = { needs, order, command, role, date: businessDateOf(at) }
  const brought: Partial<Record<Brought, unknown>> = {}
  for (const name of WANTS.get(command.type) ?? []) {
    brought[name] = await SOURCES[name](asking)
    if (name === 'sla' && brought[name] === undefined) return { code: 'NO_SLA_RULES', date: asking.date }
  }
  return { type: command.type, data: { ...command.data, ...brought } } as unknown as Unsigned<WarningWorkOrderCommand>
}
