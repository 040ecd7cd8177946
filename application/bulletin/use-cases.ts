import type { BulletinCommand } from '#domain/bulletin/commands.ts'
import { bulletin } from '#domain/bulletin/decider.ts'
import { bulletinEvents } from '#domain/bulletin/events.ts'
import type { BulletinId } from '#domain/bulletin/fields.ts'
import type { BulletinRejection } from '#domain/bulletin/rejections.ts'
import type { Role } from '#domain/shared/actor.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import type { OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import { type StreamName, streamName } from '#domain/shared/stream-name.ts'
import type { Asked, Unsigned } from '../shared/asked.ts'
import { NATION, ofProvince, ROLES } from '../shared/authorise.ts'
import type { Outcome } from '../shared/outcome.ts'
import { admit, isDenied, perform, type Working } from '../shared/perform.ts'

export const bulletinRoles: Readonly<Record<BulletinCommand['type'], readonly Role[]>> = {
  PublishBulletin: ['HQ_LEAD'],
  ReadBulletin: ROLES.province,
  WithdrawBulletin: ['HQ_LEAD'],
}

export const bulletinAggregate = { catalogue: bulletinEvents, decider: bulletin }
export const bulletinStream = (bulletinId: BulletinId): StreamName => streamName('Bulletin', bulletinId)

/** Whom a bulletin is for, that is no province on the day. */
export type BulletinRefusal = BulletinRejection | { readonly code: 'UNKNOWN_PROVINCE'; readonly province: ProvinceCode }

export type BulletinUseCases = {
  readonly execute: (bulletinId: BulletinId, command: Unsigned<BulletinCommand>, asked: Asked) => Promise<Outcome<BulletinRefusal>>
}

/** Headquarters publishes to provinces that exist, and each of them acknowledges for itself that it has read (通报签阅). */
export const bulletinUseCases = (working: Working): BulletinUseCases => ({
  execute: async (bulletinId, command, asked) => {
    if (command.type === 'PublishBulletin') {
      const admitted = await admit(working, bulletinRoles.PublishBulletin, NATION, asked)
      if (isDenied(admitted)) return { kind: 'forbidden', code: admitted.code }
      const today = businessDateOf(admitted.at)
      const unknown = command.data.provinces.find((province) => working.scope.provinceOf(province as string as OrgCode, today) !== province)
      if (unknown !== undefined) return { kind: 'rejected', rejection: { code: 'UNKNOWN_PROVINCE', province: unknown } }
    }
    const subject = command.type === 'ReadBulletin' ? ofProvince(command.data.province) : NATION
    return perform(working, bulletinAggregate, bulletinRoles, { stream: bulletinStream(bulletinId), subject }, command, asked)
  },
})
