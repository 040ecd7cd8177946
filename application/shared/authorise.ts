import type { Actor, Role } from '#domain/shared/actor.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import type { OrgCode, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import type { OrgScope } from '../ports/organisation.ts'

/** Headquarters' code in the organisation (总部). */
export const HQ = 'HQ' as OrgCode

/** The system itself (系统作业), for what it does because somebody did something. */
export const SYSTEM: Actor = { userId: 'system' as UserId, roles: ['SYS'], orgCode: HQ }

/** What a request is about: matters of the whole nation, of one province, or of one unit within a province. */
export type Subject =
  | { readonly kind: 'nation' }
  | { readonly kind: 'province'; readonly province: ProvinceCode }
  | { readonly kind: 'unit'; readonly unit: OrgCode }

export const NATION: Subject = { kind: 'nation' }
export const ofProvince = (province: ProvinceCode): Subject => ({ kind: 'province', province })
export const ofUnit = (unit: OrgCode): Subject => ({ kind: 'unit', unit })

export type Granted = { readonly ok: true; readonly role: Role }
export type Denied = { readonly ok: false; readonly code: 'FORBIDDEN_ROLE' | 'FORBIDDEN_SCOPE' }

const HQ_SIDE: ReadonlySet<Role> = new Set<Role>(['HQ_TARIFF', 'HQ_LEAD', 'HQ_GROUP', 'HQ_VIEW', 'HQ_AUDIT'])
const EITHER_SIDE: ReadonlySet<Role> = new Set<Role>(['SYS', 'ADMIN'])

export const ROLES = {
  /** Reads the figures of the nation as a whole. */
  headquarters: ['HQ_TARIFF', 'HQ_LEAD', 'HQ_GROUP', 'HQ_VIEW', 'HQ_AUDIT'],
  province: ['PV_TARIFF', 'PV_LEAD', 'PV_LEGAL'],
  /** City, county and station: only their own unit. */
  unit: ['CT_TARIFF', 'CT_LEAD', 'CN_COLLECT'],
} as const satisfies Readonly<Record<string, readonly Role[]>>

/** Whoever may see a matter of a province: headquarters, the province itself, the system. Row scope decides which province. */
export const PROVINCE_READERS: readonly Role[] = [...ROLES.headquarters, ...ROLES.province, 'SYS']
/** As above, and the units below the province for what is theirs. */
export const UNIT_READERS: readonly Role[] = [...PROVINCE_READERS, ...ROLES.unit]
/** Everybody with business in the system; nothing of a single customer or province may stand behind it. */
export const EVERYBODY: readonly Role[] = [...UNIT_READERS, 'ADMIN']

/**
 * May this actor do this here, and in which role (domain brief 1.3)? The first of the wanted roles that the actor holds and
 * that reaches the subject. A role of headquarters counts only at headquarters and a role below only there, so that a token
 * that mixes them opens nothing.
 */
export const authorise = (actor: Actor, wanted: readonly Role[], subject: Subject, scope: OrgScope, date: BusinessDate): Granted | Denied => {
  const held = wanted.filter((role) => actor.roles.includes(role))
  if (held.length === 0) return { ok: false, code: 'FORBIDDEN_ROLE' }
  const role = held.find((role) => reaches(actor.orgCode, role, subject, scope, date))
  return role === undefined ? { ok: false, code: 'FORBIDDEN_SCOPE' } : { ok: true, role }
}

const reaches = (org: OrgCode, role: Role, subject: Subject, scope: OrgScope, date: BusinessDate): boolean => {
  if (HQ_SIDE.has(role)) return org === HQ
  if (EITHER_SIDE.has(role) && org === HQ) return true
  if (org === HQ || subject.kind === 'nation') return false
  return scope.isWithin(subject.kind === 'province' ? subject.province : subject.unit, org, date)
}

/** The rows a reader may see: all, or those of one unit and below. */
export type Sight =
  | { readonly kind: 'all' }
  /** `unit` is set for whoever sees less than the province. */
  | { readonly kind: 'province'; readonly province: ProvinceCode; readonly unit: OrgCode | undefined }
  | { readonly kind: 'nothing' }

/** Row scope of a list, in one place: headquarters sees all, a province itself, a lower unit what is its own and below. */
export const sightOf = (actor: Actor, scope: OrgScope, date: BusinessDate): Sight => {
  if (actor.orgCode === HQ) return actor.roles.some((role) => HQ_SIDE.has(role) || role === 'SYS') ? { kind: 'all' } : { kind: 'nothing' }
  const province = scope.provinceOf(actor.orgCode, date)
  if (province === undefined) return { kind: 'nothing' }
  return { kind: 'province', province, unit: province === (actor.orgCode as string) ? undefined : actor.orgCode }
}
