import type { Decision } from '#domain/shared/decider.ts'
import type { GroupUserCommand } from './commands.ts'
import type { GroupUserEvent } from './events.ts'
import type { GroupUserRejection } from './rejections.ts'
import type { Group } from './state.ts'

export type Answer = Decision<GroupUserEvent, GroupUserRejection>
export type Data<T extends GroupUserCommand['type']> = Extract<GroupUserCommand, { type: T }>['data']
export type KnownGroup = Exclude<Group, { status: 'absent' }>
