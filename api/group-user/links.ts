import { groupLinkRoles } from '#application/group-user/aggregates.ts'
import { BROUGHT, type GroupLinkUseCases } from '#application/group-user/links.ts'
import { GroupLinkCommand } from '#domain/group-user/commands.ts'
import { LinkId } from '#domain/group-user/fields.ts'
import { commandRoutes } from '../command-route.ts'
import { bodyOf } from '../command-schema.ts'
import { type App, OfUser } from '../schemas.ts'
import { groupLinkRefusals } from './refusals.ts'

const OfLink = OfUser.extend({ linkId: LinkId })
const URL = '/v1/group-links/:province/:consNo'

/** The provinces link their customers to groups (省公司集团用户管理). To other provinces none of this exists. */
export const groupLinkCommands =
  ({ execute }: GroupLinkUseCases) =>
  async (app: App): Promise<void> => {
    const command = commandRoutes(app, 'group-user', groupLinkRefusals)
    const common = { params: OfLink, scope: 'province', hidden: true } as const
    command({
      ...common,
      url: `${URL}/:linkId/proposal`,
      operationId: 'proposeGroupLink',
      summary: 'Propose that the customer belongs to a group (关联), from a date on or for a time, past ones too',
      description: '`linkId` is yours to choose: it names the link among the customer’s.',
      roles: groupLinkRoles.ProposeLink,
      body: bodyOf(GroupLinkCommand, 'ProposeLink', 'province', 'consNo', 'linkId', ...BROUGHT),
      run: ({ province, consNo, linkId }, data, asked) =>
        execute({ province, consNo }, { type: 'ProposeLink', data: { ...data, province, consNo, linkId } }, asked),
    })
    command({
      ...common,
      url: `${URL}/:linkId/confirmation`,
      operationId: 'confirmGroupLink',
      summary: 'Confirm the link; not by who proposed',
      roles: groupLinkRoles.ConfirmLink,
      body: bodyOf(GroupLinkCommand, 'ConfirmLink', 'linkId', ...BROUGHT),
      run: ({ linkId, ...customer }, data, asked) => execute(customer, { type: 'ConfirmLink', data: { ...data, linkId } }, asked),
    })
    command({
      ...common,
      url: `${URL}/:linkId/rejection`,
      operationId: 'rejectGroupLink',
      summary: 'Refuse the link (驳回); not by who proposed',
      roles: groupLinkRoles.RejectLink,
      body: bodyOf(GroupLinkCommand, 'RejectLink', 'linkId'),
      run: ({ linkId, ...customer }, data, asked) => execute(customer, { type: 'RejectLink', data: { ...data, linkId } }, asked),
    })
    command({
      ...common,
      url: `${URL}/:linkId/withdrawal`,
      operationId: 'withdrawGroupLink',
      summary: 'Take one’s own proposal back (撤回) while it waits',
      roles: groupLinkRoles.WithdrawLink,
      body: bodyOf(GroupLinkCommand, 'WithdrawLink', 'linkId'),
      run: ({ linkId, ...customer }, data, asked) => execute(customer, { type: 'WithdrawLink', data: { ...data, linkId } }, asked),
    })
    command({
      ...common,
      url: `${URL}/:linkId/end`,
      operationId: 'endGroupLink',
      summary: 'End the link (解除): `on` is the first day on which the customer is no member',
      roles: groupLinkRoles.EndLink,
      body: bodyOf(GroupLinkCommand, 'EndLink', 'linkId'),
      run: ({ linkId, ...customer }, data, asked) => execute(customer, { type: 'EndLink', data: { ...data, linkId } }, asked),
    })
    command({
      ...common,
      params: OfUser,
      url: `${URL}/suggestion-dismissal`,
      operationId: 'dismissGroupSuggestion',
      summary: 'Dismiss a suggested link: it stays away while the facts it rests on are the same',
      roles: groupLinkRoles.DismissSuggestion,
      body: bodyOf(GroupLinkCommand, 'DismissSuggestion', 'province', 'consNo'),
      run: (customer, data, asked) => execute(customer, { type: 'DismissSuggestion', data: { ...data, ...customer } }, asked),
    })
  }
