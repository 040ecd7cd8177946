import { z } from 'zod'
import { type EventOf, event } from '#domain/shared/catalogue.ts'
import { Instant } from '#domain/shared/dates.ts'
import { Name, ProvinceCode, signed, Text } from '#domain/shared/identity.ts'
import { BulletinId } from './fields.ts'

const key = { ...signed, bulletinId: BulletinId }

/** 通报: what headquarters tells provinces, and who has read it. */
export const bulletinEvents = {
  /** To these provinces; `orders` names work orders it speaks of. */
  BulletinPublished: event(
    z.strictObject({
      ...key,
      title: Name,
      text: Text,
      provinces: z.array(ProvinceCode).min(1),
      orders: z.array(z.string()).max(500),
      expiresAt: Instant.optional(),
    }),
  ),
  /** 已读: the first reader of a province. */
  BulletinRead: event(z.strictObject({ ...key, province: ProvinceCode })),
  BulletinWithdrawn: event(z.strictObject({ ...key, reason: Text })),
}
export type BulletinEvent = EventOf<typeof bulletinEvents>
