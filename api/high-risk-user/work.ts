import type { z } from 'zod'
import { BROUGHT, type UserCommand } from '#application/high-risk-user/bring.ts'
import { type HighRiskUserUseCases, highRiskUserRoles } from '#application/high-risk-user/use-cases.ts'
import { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import { CaseId } from '#domain/high-risk-user/fields.ts'
import { commandRoutes } from '../command-route.ts'
import { bodyOf } from '../command-schema.ts'
import { highRiskUserRefusals } from '../refusals.ts'
import { type App, OfUser } from '../schemas.ts'

const URL = '/v1/high-risk-users/:province/:consNo'
type Type = HighRiskUserCommand['type']
type Line<T extends Type = Type> = readonly [type: T, path: string, operationId: string, summary: string]

const OF_USER: readonly Line[] = [
  ['ReviewLevel', 'level-reviews', 'reviewRiskLevel', 'What a rule set comes to now (等级评审); it proposes and changes nothing'],
  ['ProposeReview', 'review-proposal', 'proposeReview', 'A new industry list no longer speaks for his being listed (复核建议); nobody is delisted by it'],
  ['DismissReview', 'review-dismissal', 'dismissReview', 'Set the proposed review aside, with a reason; he stays as he is'],
  ['TransferOwner', 'owner', 'transferOwner', 'Name another owner (责任人)'],
  ['PlanMeasure', 'measures', 'planMeasure', 'Plan a measure of the catalogue (措施); a cut wants its legal grounds'],
  ['RecordPromise', 'promises', 'recordPromise', 'A promise to pay (还款承诺) for some bills'],
  ['RecordContact', 'contacts', 'recordContact', 'Log a contact with the customer; the person is shown masked everywhere'],
  ['PlaceHold', 'hold', 'placeHold', 'Place a hold (暂缓): no cutting until its day is over'],
  ['ReleaseHold', 'hold-release', 'releaseHold', 'Release the hold'],
  ['RaiseAlertFact', 'adverse-facts', 'raiseAlertFact', 'Record an adverse fact (停产, 关停, 破产, 退票, 失联): a hard trigger'],
]

const OF_MEASURE: readonly Line[] = [
  ['StartMeasure', 'start', 'startMeasure', 'The measure is in force, with every detail its kind needs'],
  ['CompleteMeasure', 'completion', 'completeMeasure', 'The measure is done'],
  ['FailMeasure', 'failure', 'failMeasure', 'The measure failed'],
  ['CancelMeasure', 'cancellation', 'cancelMeasure', 'The measure is not pursued'],
  ['ApproveCut', 'cut-approval', 'approveCut', 'Approve the cut (停电审批); not by who planned it'],
  ['ServeCutNotice', 'cut-notice', 'serveCutNotice', 'The written notice (停电通知书) was delivered'],
  ['GiveFinalNotice', 'final-notice', 'giveFinalNotice', 'The last notice before the cut was given'],
  ['CutPower', 'cut', 'cutPower', 'Supply was stopped (中止供电), both notices being old enough'],
  ['RestorePower', 'restoration', 'restorePower', 'Supply was restored (复电)'],
]

const OF_FACT: readonly Line[] = [
  ['WithdrawAlertFact', 'withdrawal', 'withdrawAlertFact', 'The adverse fact was mistaken or is over: it triggers nothing any more'],
]

const OF_PROMISE: readonly Line[] = [
  ['SettlePromise', 'settlement', 'settlePromise', 'What a sealed report shows of the promise: kept, broken, or nothing yet'],
]

const OfMeasure = OfUser.extend({ measureId: CaseId })
const OfFact = OfUser.extend({ factId: CaseId })
const OfPromise = OfUser.extend({ promiseId: CaseId })

/** The work on a user: measures with their own life, promises, contacts, holds, facts. */
export const workRoutes = (app: App, { execute }: HighRiskUserUseCases): void => {
  const command = commandRoutes(app, 'high-risk-user', highRiskUserRefusals)
  const route = ([type, path, operationId, summary]: Line, params: typeof OfUser | typeof OfMeasure | typeof OfPromise | typeof OfFact, under: string): void =>
    command({
      params: params as z.ZodType<z.output<typeof OfUser>>,
      scope: 'province',
      hidden: true,
      url: `${URL}/${under}${path}`,
      operationId,
      summary,
      roles: highRiskUserRoles[type],
      body: (bodyOf(HighRiskUserCommand, type, ...BROUGHT) as z.ZodObject).omit(inPath(params)),
      run: ({ province, consNo, ...ids }, data, asked) => execute({ province, consNo }, { type, data: { ...data, ...ids } } as UserCommand, asked),
    })
  for (const line of OF_USER) route(line, OfUser, '')
  for (const line of OF_MEASURE) route(line, OfMeasure, 'measures/:measureId/')
  for (const line of OF_FACT) route(line, OfFact, 'adverse-facts/:factId/')
  for (const line of OF_PROMISE) route(line, OfPromise, 'promises/:promiseId/')
}

const inPath = (params: z.ZodObject): Record<string, true> =>
  Object.fromEntries(Object.keys(params.shape).flatMap((name) => (name in OfUser.shape ? [] : [[name, true as const]])))
