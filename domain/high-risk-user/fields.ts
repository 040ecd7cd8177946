import { z } from 'zod'
import { BusinessDate } from '#domain/shared/dates.ts'
import { Name, OrgCode, Text, TradeCode, TradeStandard } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { Va } from '#domain/shared/quantities.ts'

/** The customer as he was when listed, and as amended since. `hecClass` is the marketing system's high-energy class. */
export const Profile = z.strictObject({
  name: Name,
  orgCode: OrgCode,
  standard: TradeStandard,
  tradeCode: TradeCode,
  hecClass: z.string().max(8).optional(),
  electType: z.string().max(32).optional(),
  voltage: z.string().max(16).optional(),
  contractCapacity: Va,
  runningCapacity: Va,
})
export type Profile = z.output<typeof Profile>

/** Evidence stays where it is; the log keeps its name and digest. */
export const Evidence = z.strictObject({ name: Name, sha256: z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 digest in hex') })
export type Evidence = z.output<typeof Evidence>

/** A manual level that differs from the computed one, until it expires. */
export const Override = z.strictObject({ expiresOn: BusinessDate })

/** Where a level came from. */
export const Assessment = z.strictObject({
  computedLevel: Level.optional(),
  score: z.int().min(0).max(100).optional(),
  hardTriggers: z.array(Text).default([]),
})

export const CloseKind = z.enum(['accountCancelled', 'duplicateOf', 'badDebtRecognised'])
