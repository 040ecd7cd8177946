import { z } from 'zod'
import { OrgCode, UserId } from './identity.ts'

/** The roles of the system (角色). HQ_* act for headquarters, PV_* for a province, CT_* for a city, CN_* for a county or station. */
export const Role = z.enum([
  'HQ_TARIFF',
  'HQ_LEAD',
  'HQ_GROUP',
  'HQ_VIEW',
  'HQ_AUDIT',
  'PV_TARIFF',
  'PV_LEAD',
  'PV_LEGAL',
  'CT_TARIFF',
  'CT_LEAD',
  'CN_COLLECT',
  'SYS',
  'ADMIN',
])
export type Role = z.output<typeof Role>

/** Who acts: a person or the system itself, in one of the roles held, for one unit of the organisation. */
export const Actor = z.strictObject({ userId: UserId, roles: z.array(Role).min(1), orgCode: OrgCode })
export type Actor = z.output<typeof Actor>
