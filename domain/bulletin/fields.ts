import { z } from 'zod'

export const BulletinId = z
  .string()
  .regex(/^[0-9A-Za-z]{1,36}$/, 'an id of at most 36 letters or digits')
  .brand<'BulletinId'>()
export type BulletinId = z.output<typeof BulletinId>

/** 工单号, as a bulletin names it. */
export const NamedOrder = z.string().regex(/^\d{8}-[1-9]\d{0,6}$/, 'an order number such as 20260302-17')
