import { z } from 'zod'

export const BulletinId = z
  .string()
  .regex(/^[0-9A-Za-z]{1,36}$/, 'an id of at most 36 letters or digits')
  .brand<'BulletinId'>()
export type BulletinId = z.output<typeof BulletinId>
