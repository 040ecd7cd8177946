import type { GroupLinkCommand } from '#domain/group-user/commands.ts'
import type { GroupLinks } from '#domain/group-user/membership.ts'
import { type GroupRegister, standingOf } from '#domain/group-user/register-state.ts'
import { type Asked, sign, type Unsigned } from '../shared/asked.ts'
import { ofProvince } from '../shared/authorise.ts'
import { handle } from '../shared/handle.ts'
import { load } from '../shared/load.ts'
import type { Outcome } from '../shared/outcome.ts'
import { admit, isDenied, withReason } from '../shared/perform.ts'
import { type AskedOfLinks, type CustomerKey, type Grouping, groupLinkAggregate, groupLinkRoles, groupLinkStream, type LinkRefusal } from './aggregates.ts'
import { registerReader } from './read-register.ts'

/** Members of commands that no caller states: they are brought here. */
export const BROUGHT = ['target', 'known'] as const

/** What a caller says of a customer's links. */
export type LinkCommand = Said<Unsigned<AskedOfLinks>>
type Said<C> = C extends { readonly type: infer T; readonly data: infer D } ? { readonly type: T; readonly data: Omit<D, 'target' | 'known'> } : never

export type GroupLinkUseCases = { readonly execute: (customer: CustomerKey, command: LinkCommand, asked: Asked) => Promise<Outcome<LinkRefusal>> }

/** The command with what the register and the marketing system say. */
export const bringLink = (command: LinkCommand, state: GroupLinks, register: GroupRegister, known: boolean): Unsigned<GroupLinkCommand> => {
  switch (command.type) {
    case 'ProposeLink':
      return { type: 'ProposeLink', data: { ...command.data, target: standingOf(register, command.data.groupNo), known } }
    case 'ConfirmLink': {
      const link = state.links.get(command.data.linkId)
      return { type: 'ConfirmLink', data: { ...command.data, target: link ? standingOf(register, link.groupNo) : { kind: 'unknown' } } }
    }
    default:
      return command
  }
}

/** A customer's links to groups (关联关系): the province proposes and confirms, by two people; headquarters may confirm and end. */
export const groupLinkUseCases = (grouping: Grouping): GroupLinkUseCases => {
  const register = registerReader(grouping.store)
  return {
    execute: async (customer, command, asked) => {
      const admitted = await admit(grouping, groupLinkRoles[command.type], ofProvince(customer.province), asked)
      if (isDenied(admitted)) return { kind: 'forbidden', code: admitted.code }
      const request = withReason(admitted, command.data)
      const { state } = await load(grouping.store, groupLinkAggregate, groupLinkStream(customer))
      const known = command.type === 'ProposeLink' && (await grouping.customers(customer.province, [customer.consNo])).has(customer.consNo)
      const complete = bringLink(command, state, await register(), known)
      return handle(grouping.store, groupLinkAggregate, groupLinkStream(customer), sign<GroupLinkCommand>(complete, request), request)
    },
  }
}
