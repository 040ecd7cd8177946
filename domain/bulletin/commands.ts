import { z } from 'zod'
import { command } from '#domain/shared/command.ts'
import { Instant } from '#domain/shared/dates.ts'
import { Name, ProvinceCode, Text } from '#domain/shared/identity.ts'
import { BulletinId, NamedOrder } from './fields.ts'

export const BulletinCommand = z.discriminatedUnion('type', [
  command('PublishBulletin', {
    bulletinId: BulletinId,
    title: Name,
    text: Text,
    provinces: z.array(ProvinceCode).min(1).max(100),
    orders: z.array(NamedOrder).max(500).default([]),
    expiresAt: Instant.optional(),
  }),
  command('ReadBulletin', { province: ProvinceCode }),
  command('WithdrawBulletin', { reason: Text }),
])
export type BulletinCommand = z.output<typeof BulletinCommand>
