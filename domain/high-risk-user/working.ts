import { reject } from '#domain/shared/decider.ts'
import type { HighRiskUserCommand } from './commands.ts'
import { approveCut, cutPower, giveFinalNotice, restorePower, serveCutNotice } from './cut-off.ts'
import { placeHold, raiseAlertFact, recordContact, releaseHold, withdrawAlertFact } from './holds.ts'
import type { Answer } from './listing.ts'
import { cancelMeasure, completeMeasure, failMeasure, planMeasure, startMeasure } from './measures.ts'
import { recordPromise, settlePromise } from './promises.ts'
import { isOnList, type KnownUser } from './state.ts'

/** When each command of the work on a user may be given: of whoever is listed, also of who was (what began is brought to its end), or of anybody with an open record. */
const WHEN = {
  PlanMeasure: 'listed',
  StartMeasure: 'listed',
  ApproveCut: 'listed',
  ServeCutNotice: 'listed',
  GiveFinalNotice: 'listed',
  CutPower: 'listed',
  RecordPromise: 'listed',
  PlaceHold: 'listed',
  CompleteMeasure: 'ever-listed',
  FailMeasure: 'ever-listed',
  CancelMeasure: 'ever-listed',
  RestorePower: 'ever-listed',
  SettlePromise: 'ever-listed',
  ReleaseHold: 'ever-listed',
  RecordContact: 'open',
  RaiseAlertFact: 'open',
  WithdrawAlertFact: 'open',
} as const satisfies Partial<Record<HighRiskUserCommand['type'], 'listed' | 'ever-listed' | 'open'>>

export type WorkCommand = Extract<HighRiskUserCommand, { type: keyof typeof WHEN }>

/** Whether a command is about the work with a user, not about his standing. */
export const isWork = (command: HighRiskUserCommand): command is WorkCommand => command.type in WHEN

/** Measures, promises, contacts, holds and facts of a user with a record. */
export const working = (command: WorkCommand, user: KnownUser): Answer =>
  mayBeGiven(command, user) ? decide(command, user) : reject({ code: 'INVALID_STATE', status: user.status })

const mayBeGiven = ({ type }: WorkCommand, user: KnownUser): boolean => {
  if (WHEN[type] === 'open') return user.status !== 'closed'
  return isOnList(user) || (WHEN[type] === 'ever-listed' && user.status === 'delisted')
}

const decide = (command: WorkCommand, user: KnownUser): Answer => {
  switch (command.type) {
    case 'RecordPromise':
      return recordPromise(command.data, user)
    case 'SettlePromise':
      return settlePromise(command.data, user)
    case 'RecordContact':
      return recordContact(command.data, user)
    case 'PlaceHold':
      return placeHold(command.data, user)
    case 'ReleaseHold':
      return releaseHold(command.data, user)
    case 'RaiseAlertFact':
      return raiseAlertFact(command.data, user)
    case 'WithdrawAlertFact':
      return withdrawAlertFact(command.data, user)
    default:
      return ofMeasure(command, user)
  }
}

type MeasureCommand = Extract<WorkCommand, { data: { measureId: unknown } }>

const ofMeasure = (command: MeasureCommand, user: KnownUser): Answer => {
  switch (command.type) {
    case 'PlanMeasure':
      return planMeasure(command.data, user)
    case 'StartMeasure':
      return startMeasure(command.data, user)
    case 'CompleteMeasure':
      return completeMeasure(command.data, user)
    case 'FailMeasure':
      return failMeasure(command.data, user)
    case 'CancelMeasure':
      return cancelMeasure(command.data, user)
    case 'ApproveCut':
      return approveCut(command.data, user)
    case 'ServeCutNotice':
      return serveCutNotice(command.data, user)
    case 'GiveFinalNotice':
      return giveFinalNotice(command.data, user)
    case 'CutPower':
      return cutPower(command.data, user)
    case 'RestorePower':
      return restorePower(command.data, user)
  }
}
