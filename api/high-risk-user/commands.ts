import { BROUGHT } from '#application/high-risk-user/bring.ts'
import { type HighRiskUserUseCases, highRiskUserRoles } from '#application/high-risk-user/use-cases.ts'
import { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import { commandRoutes } from '../command-route.ts'
import { bodyOf } from '../command-schema.ts'
import { highRiskUserRefusals } from '../refusals.ts'
import { type App, OfUser } from '../schemas.ts'
import { workRoutes } from './work.ts'

const URL = '/v1/high-risk-users/:province/:consNo'

/** A customer's way onto the register and off it. To other provinces none of this exists. */
export const highRiskUserCommands =
  (useCases: HighRiskUserUseCases) =>
  async (app: App): Promise<void> => {
    const command = commandRoutes(app, 'high-risk-user', highRiskUserRefusals)
    const { execute } = useCases
    const common = { params: OfUser, scope: 'province', hidden: true } as const
    command({
      ...common,
      url: `${URL}/screening`,
      operationId: 'screenCandidate',
      summary: 'Name a candidate by a rule set (筛选), every point explained',
      roles: highRiskUserRoles.ScreenCandidate,
      body: bodyOf(HighRiskUserCommand, 'ScreenCandidate', 'province', 'consNo', ...BROUGHT),
      run: (key, data, asked) => execute(key, { type: 'ScreenCandidate', data: { ...data, ...key } }, asked),
    })
    command({
      ...common,
      url: `${URL}/nomination`,
      operationId: 'nominateCandidate',
      summary: 'Nominate a candidate, with a reason or evidence',
      roles: highRiskUserRoles.NominateCandidate,
      body: bodyOf(HighRiskUserCommand, 'NominateCandidate', 'province', 'consNo', ...BROUGHT),
      run: (key, data, asked) => execute(key, { type: 'NominateCandidate', data: { ...data, ...key } }, asked),
    })
    command({
      ...common,
      url: `${URL}/dismissal`,
      operationId: 'dismissCandidate',
      summary: 'Dismiss a candidate (排除)',
      roles: highRiskUserRoles.DismissCandidate,
      body: bodyOf(HighRiskUserCommand, 'DismissCandidate'),
      run: (key, data, asked) => execute(key, { type: 'DismissCandidate', data }, asked),
    })
    command({
      ...common,
      url: `${URL}/listing`,
      operationId: 'confirmListing',
      summary: 'List the user (列入); not by who nominated',
      description: '`owner` is kept as said: there is no register of people to check it against.',
      roles: highRiskUserRoles.ConfirmListing,
      body: bodyOf(HighRiskUserCommand, 'ConfirmListing'),
      run: (key, data, asked) => execute(key, { type: 'ConfirmListing', data }, asked),
    })
    command({
      ...common,
      url: `${URL}/level`,
      operationId: 'changeRiskLevel',
      summary: 'Change the risk level',
      roles: highRiskUserRoles.ChangeLevel,
      body: bodyOf(HighRiskUserCommand, 'ChangeLevel', ...BROUGHT),
      run: (key, data, asked) => execute(key, { type: 'ChangeLevel', data }, asked),
    })
    command({
      ...common,
      url: `${URL}/profile`,
      operationId: 'amendProfile',
      summary: 'Amend the customer’s profile',
      roles: highRiskUserRoles.AmendProfile,
      body: bodyOf(HighRiskUserCommand, 'AmendProfile', ...BROUGHT),
      run: (key, data, asked) => execute(key, { type: 'AmendProfile', data }, asked),
    })
    command({
      ...common,
      url: `${URL}/reporting`,
      operationId: 'markReported',
      summary: 'The user stood in a sealed report for the first time',
      roles: highRiskUserRoles.MarkReported,
      body: bodyOf(HighRiskUserCommand, 'MarkReported'),
      run: (key, data, asked) => execute(key, { type: 'MarkReported', data }, asked),
    })
    leaving(app, useCases)
    workRoutes(app, useCases)
  }

const leaving = (app: App, { execute }: HighRiskUserUseCases): void => {
  const command = commandRoutes(app, 'high-risk-user', highRiskUserRefusals)
  const common = { params: OfUser, scope: 'province', hidden: true } as const
  command({
    ...common,
    url: `${URL}/delisting-proposal`,
    operationId: 'proposeDelisting',
    summary: 'Propose to take the user off the register',
    roles: highRiskUserRoles.ProposeDelist,
    body: bodyOf(HighRiskUserCommand, 'ProposeDelist', ...BROUGHT),
    run: (key, data, asked) => execute(key, { type: 'ProposeDelist', data }, asked),
  })
  command({
    ...common,
    url: `${URL}/delisting`,
    operationId: 'approveDelisting',
    summary: 'Approve it (退出); not by who proposed',
    roles: highRiskUserRoles.ApproveDelist,
    body: bodyOf(HighRiskUserCommand, 'ApproveDelist'),
    run: (key, data, asked) => execute(key, { type: 'ApproveDelist', data }, asked),
  })
  command({
    ...common,
    url: `${URL}/delisting-rejection`,
    operationId: 'rejectDelisting',
    summary: 'Refuse it',
    roles: highRiskUserRoles.RejectDelist,
    body: bodyOf(HighRiskUserCommand, 'RejectDelist'),
    run: (key, data, asked) => execute(key, { type: 'RejectDelist', data }, asked),
  })
  command({
    ...common,
    url: `${URL}/relisting`,
    operationId: 'relistUser',
    summary: 'List a delisted user again (重新列入)',
    roles: highRiskUserRoles.Relist,
    body: bodyOf(HighRiskUserCommand, 'Relist'),
    run: (key, data, asked) => execute(key, { type: 'Relist', data }, asked),
  })
  command({
    ...common,
    url: `${URL}/closure`,
    operationId: 'closeRecord',
    summary: 'Close the record (归档)',
    roles: highRiskUserRoles.CloseRecord,
    body: bodyOf(HighRiskUserCommand, 'CloseRecord', ...BROUGHT),
    run: (key, data, asked) => execute(key, { type: 'CloseRecord', data }, asked),
  })
}
