import type { Instant } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import type { BulletinId } from './fields.ts'

/** Why a command on a bulletin was refused. */
export type BulletinRejection =
  | { readonly code: 'NOT_FOUND' }
  /** Published before, with another text or to others: what was read stays as it was read. */
  | { readonly code: 'ALREADY_PUBLISHED'; readonly bulletinId: BulletinId }
  | { readonly code: 'EXPIRES_IN_PAST'; readonly expiresAt: Instant }
  /** It is not for that province, which therefore has nothing to read. */
  | { readonly code: 'NOT_ADDRESSED'; readonly province: ProvinceCode }
  | { readonly code: 'BULLETIN_WITHDRAWN'; readonly withdrawnAt: Instant }
