import type { Role } from '#domain/shared/actor.ts'
import type { WarningSilencesCommand, WarningWorkOrderCommand } from '#domain/warning-work-order/commands.ts'

const PROVINCE: readonly Role[] = ['PV_TARIFF', 'PV_LEAD', 'PV_LEGAL']
const HEADQUARTERS: readonly Role[] = ['HQ_TARIFF', 'HQ_LEAD', 'HQ_GROUP']

/** Who may say what of an order (domain brief 1.3 and 3.3). */
export const warningWorkOrderRoles: Readonly<Record<WarningWorkOrderCommand['type'], readonly Role[]>> = {
  DraftOrder: ['HQ_TARIFF', 'SYS'],
  VoidNumber: ['HQ_TARIFF', 'SYS'],
  IssueOrder: ['HQ_LEAD'],
  AppendSubject: ['HQ_TARIFF'],
  SignOrder: ['PV_TARIFF'],
  AssignOrder: PROVINCE,
  RequestExtension: ['PV_LEAD'],
  DecideExtension: ['HQ_LEAD'],
  SubmitFeedback: ['PV_LEAD'],
  ReturnFeedback: ['HQ_TARIFF'],
  AcceptAndClose: ['HQ_LEAD'],
  Urge: HEADQUARTERS,
  Escalate: ['HQ_LEAD', 'SYS'],
  MarkOverdue: ['SYS'],
  Pause: ['HQ_LEAD'],
  Resume: ['HQ_LEAD'],
  RecomputeDues: ['SYS'],
  CountRecovery: ['SYS'],
  WithdrawOrder: ['HQ_LEAD', 'SYS'],
  ReopenOrder: ['HQ_LEAD'],
  AskQuestion: [...HEADQUARTERS, ...PROVINCE],
  AnswerQuestion: [...HEADQUARTERS, ...PROVINCE],
  ReadQuestion: [...HEADQUARTERS, ...PROVINCE],
}

export const warningSilencesRoles: Readonly<Record<WarningSilencesCommand['type'], readonly Role[]>> = {
  Silence: ['HQ_TARIFF', 'HQ_LEAD'],
  EndSilence: ['HQ_TARIFF', 'HQ_LEAD'],
}
