import { z } from 'zod'
import { groupRoles } from '#application/group-user/aggregates.ts'
import type { GroupUserUseCases } from '#application/group-user/use-cases.ts'
import { GroupCommand } from '#domain/group-user/commands.ts'
import { GroupNo } from '#domain/group-user/fields.ts'
import { commandRoutes } from '../command-route.ts'
import { bodyOf } from '../command-schema.ts'
import type { App } from '../schemas.ts'
import { groupUserRefusals } from './refusals.ts'

export const OfGroup = z.strictObject({ groupNo: GroupNo })
const URL = '/v1/groups/:groupNo'
const SIMILAR = `Groups of a similar name come back as \`SIMILAR_GROUP\` with \`groups\`: if it is another company, send again with their numbers in \`distinctFrom\`.`
const CARRIED_OUT = `Not by who proposed. The approval is the intention: every member then moves by one event of his own, and a merge that breaks off is
finished by the system. Later reads take the old number for another name of the group.`

/** Headquarters keeps the groups (集团大用户维护). */
export const groupCommands =
  ({ execute }: GroupUserUseCases) =>
  async (app: App): Promise<void> => {
    const command = commandRoutes(app, 'group-user', groupUserRefusals)
    const common = { params: OfGroup, scope: 'nation' } as const
    command({
      ...common,
      url: `${URL}/registration`,
      operationId: 'registerGroup',
      summary: 'Register a group (登记) under a number of your choice',
      description: SIMILAR,
      roles: groupRoles.RegisterGroup,
      body: bodyOf(GroupCommand, 'RegisterGroup'),
      run: ({ groupNo }, data, asked) => execute(groupNo, { type: 'RegisterGroup', data }, asked),
    })
    command({
      ...common,
      url: `${URL}/profile`,
      operationId: 'amendGroup',
      summary: 'Amend what is known of the group: the whole profile as it is to be',
      description: SIMILAR,
      roles: groupRoles.AmendGroup,
      body: bodyOf(GroupCommand, 'AmendGroup'),
      run: ({ groupNo }, data, asked) => execute(groupNo, { type: 'AmendGroup', data }, asked),
    })
    command({
      ...common,
      url: `${URL}/parent`,
      operationId: 'placeGroup',
      summary: 'Put the group below another, or at the top again',
      roles: groupRoles.PlaceGroup,
      body: bodyOf(GroupCommand, 'PlaceGroup'),
      run: ({ groupNo }, data, asked) => execute(groupNo, { type: 'PlaceGroup', data }, asked),
    })
    command({
      ...common,
      url: `${URL}/dissolution`,
      operationId: 'dissolveGroup',
      summary: 'Dissolve the group (注销); not while it has links',
      roles: groupRoles.DissolveGroup,
      body: bodyOf(GroupCommand, 'DissolveGroup'),
      run: ({ groupNo }, data, asked) => execute(groupNo, { type: 'DissolveGroup', data }, asked),
    })
    merging(app, execute)
    splitting(app, execute)
  }

const merging = (app: App, execute: GroupUserUseCases['execute']): void => {
  const command = commandRoutes(app, 'group-user', groupUserRefusals)
  const common = { params: OfGroup, scope: 'nation' } as const
  command({
    ...common,
    url: `${URL}/merge-proposal`,
    operationId: 'proposeMerge',
    summary: 'Propose to merge the group into another (合并)',
    roles: groupRoles.ProposeMerge,
    body: bodyOf(GroupCommand, 'ProposeMerge'),
    run: ({ groupNo }, data, asked) => execute(groupNo, { type: 'ProposeMerge', data }, asked),
  })
  command({
    ...common,
    url: `${URL}/merge`,
    operationId: 'approveMerge',
    summary: 'Approve the merge',
    description: CARRIED_OUT,
    roles: groupRoles.ApproveMerge,
    body: bodyOf(GroupCommand, 'ApproveMerge'),
    run: ({ groupNo }, data, asked) => execute(groupNo, { type: 'ApproveMerge', data }, asked),
  })
  command({
    ...common,
    url: `${URL}/merge-rejection`,
    operationId: 'rejectMerge',
    summary: 'Refuse the merge; not by who proposed',
    roles: groupRoles.RejectMerge,
    body: bodyOf(GroupCommand, 'RejectMerge'),
    run: ({ groupNo }, data, asked) => execute(groupNo, { type: 'RejectMerge', data }, asked),
  })
  command({
    ...common,
    url: `${URL}/merge-withdrawal`,
    operationId: 'withdrawMerge',
    summary: 'Take one’s own proposal back (撤回) while it waits',
    roles: groupRoles.WithdrawMerge,
    body: bodyOf(GroupCommand, 'WithdrawMerge'),
    run: ({ groupNo }, data, asked) => execute(groupNo, { type: 'WithdrawMerge', data }, asked),
  })
}

const splitting = (app: App, execute: GroupUserUseCases['execute']): void => {
  const command = commandRoutes(app, 'group-user', groupUserRefusals)
  const common = { params: OfGroup, scope: 'nation' } as const
  command({
    ...common,
    url: `${URL}/split-proposal`,
    operationId: 'proposeSplit',
    summary: 'Propose that some members leave for a new group (拆分)',
    description: SIMILAR,
    roles: groupRoles.ProposeSplit,
    body: bodyOf(GroupCommand, 'ProposeSplit'),
    run: ({ groupNo }, data, asked) => execute(groupNo, { type: 'ProposeSplit', data }, asked),
  })
  command({
    ...common,
    url: `${URL}/split`,
    operationId: 'approveSplit',
    summary: 'Approve the split',
    description: 'Not by who proposed. The new group is registered and its members move; what breaks off is finished by the system.',
    roles: groupRoles.ApproveSplit,
    body: bodyOf(GroupCommand, 'ApproveSplit'),
    run: ({ groupNo }, data, asked) => execute(groupNo, { type: 'ApproveSplit', data }, asked),
  })
  command({
    ...common,
    url: `${URL}/split-rejection`,
    operationId: 'rejectSplit',
    summary: 'Refuse the split; not by who proposed',
    roles: groupRoles.RejectSplit,
    body: bodyOf(GroupCommand, 'RejectSplit'),
    run: ({ groupNo }, data, asked) => execute(groupNo, { type: 'RejectSplit', data }, asked),
  })
  command({
    ...common,
    url: `${URL}/split-withdrawal`,
    operationId: 'withdrawSplit',
    summary: 'Take one’s own proposal back (撤回) while it waits',
    roles: groupRoles.WithdrawSplit,
    body: bodyOf(GroupCommand, 'WithdrawSplit'),
    run: ({ groupNo }, data, asked) => execute(groupNo, { type: 'WithdrawSplit', data }, asked),
  })
}
