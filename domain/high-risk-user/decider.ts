import { accept, type Decider, reject } from '#domain/shared/decider.ts'
import type { HighRiskUserCommand } from './commands.ts'
import type { HighRiskUserEvent } from './events.ts'
import { type Answer, approveDelist, close, confirm, dismiss, nominate, proposeDelist, rejectDelist, relist, screen } from './listing.ts'
import type { HighRiskUserRejection } from './rejections.ts'
import { dismissReview, proposeReview } from './reviews.ts'
import { evolve, type HighRiskUser, initial, isOnList, type KnownUser } from './state.ts'
import { amendProfile, changeLevel, markReported, reviewLevel, transferOwner } from './watching.ts'
import { isWork, type WorkCommand, working } from './working.ts'

/** 高风险用户: how a customer comes onto the list, is watched there, and leaves it. One record for each customer of a province. */
export const highRiskUser: Decider<HighRiskUserCommand, HighRiskUser, HighRiskUserEvent, HighRiskUserRejection> = {
  initial,
  evolve,
  decide: (command, user) => {
    if (command.type === 'ScreenCandidate') return screen(command.data, user)
    if (command.type === 'NominateCandidate') return nominate(command.data, user)
    if (user.status === 'absent') return reject({ code: 'NOT_FOUND' })
    return isWork(command) ? working(command, user) : ofKnown(command, user)
  },
}

type OfKnown = Exclude<HighRiskUserCommand, { type: 'NominateCandidate' | 'ScreenCandidate' } | WorkCommand>
type Known = KnownUser

const ofKnown = (command: OfKnown, user: Known): Answer => {
  switch (command.type) {
    case 'DismissCandidate':
    case 'ConfirmListing':
      return ofCandidate(command, user)
    case 'ProposeDelist':
    case 'ApproveDelist':
    case 'RejectDelist':
    case 'Relist':
      return leaving(command, user)
    case 'MarkReported':
      return isOnList(user) ? markReported(command.data, user) : invalid(user)
    case 'ReviewLevel':
      return isOnList(user) ? reviewLevel(command.data, user) : invalid(user)
    case 'ProposeReview':
      return isOnList(user) ? proposeReview(command.data, user) : invalid(user)
    case 'DismissReview':
      return isOnList(user) ? dismissReview(command.data, user) : invalid(user)
    case 'TransferOwner':
      return isOnList(user) ? transferOwner(command.data, user) : invalid(user)
    case 'ChangeLevel':
      return user.status === 'listed' ? changeLevel(command.data, user) : invalid(user)
    case 'AmendProfile':
      return user.status === 'dismissed' || user.status === 'closed' ? invalid(user) : amendProfile(command.data, user)
    case 'CloseRecord':
      return user.status === 'closed' ? accept() : close(command.data, user)
  }
}

const ofCandidate = (command: Extract<OfKnown, { type: 'DismissCandidate' | 'ConfirmListing' }>, user: Known): Answer => {
  if (command.type === 'ConfirmListing') {
    if (isOnList(user)) return reject({ code: 'ALREADY_LISTED' })
    return user.status === 'candidate' ? confirm(command.data, user) : invalid(user)
  }
  if (user.status === 'dismissed' && user.recheckAfter === command.data.recheckAfter) return accept() // dismissed already
  return user.status === 'candidate' ? dismiss(command.data, user) : invalid(user)
}

type Leaving = Extract<OfKnown, { type: 'ProposeDelist' | 'ApproveDelist' | 'RejectDelist' | 'Relist' }>

const leaving = (command: Leaving, user: Known): Answer => {
  if (command.type === 'Relist' && isOnList(user)) return reject({ code: 'ALREADY_LISTED' })
  if (command.type === 'Relist') return user.status === 'delisted' ? relist(command.data, user) : invalid(user)
  if (command.type === 'ProposeDelist') return user.status === 'listed' ? proposeDelist(command.data, user) : invalid(user)
  if (user.status !== 'delist-pending') return invalid(user)
  return command.type === 'ApproveDelist' ? approveDelist(command.data, user) : rejectDelist(command.data, user)
}

const invalid = ({ status }: HighRiskUser): Answer => reject({ code: 'INVALID_STATE', status })
