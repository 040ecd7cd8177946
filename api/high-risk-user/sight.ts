import type { FastifyRequest } from 'fastify'
import type { Directory } from '#application/organisation/directory.ts'
import type { Clock } from '#application/ports/clock.ts'
import { type Sight, sightOf } from '#application/shared/authorise.ts'
import { type BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import type { OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import { actorOf } from '../identity.ts'

/** What the caller may see today, by the organisation as it stands. */
export const sightIn = async (request: FastifyRequest, directory: Directory, clock: Clock): Promise<Sight> => {
  await directory.refresh()
  return sightOf(actorOf(request), directory, businessDateOf(clock.now()))
}

export const seesProvince = (sight: Sight, province: ProvinceCode): boolean =>
  sight.kind === 'all' || (sight.kind === 'province' && sight.province === province)

/** Whether a customer of that unit is within what the caller sees of his province. */
export const seesUnit = (sight: Sight, unit: OrgCode, directory: Directory, date: BusinessDate): boolean =>
  sight.kind === 'all' || (sight.kind === 'province' && (sight.unit === undefined || directory.isWithin(unit, sight.unit, date)))

type Narrowed = { readonly provinces: readonly ProvinceCode[] | undefined; readonly orgCodes: readonly OrgCode[] | undefined }

/** What is asked for, cut down to what the caller may see. */
export const narrowed = (
  sight: Sight,
  asked: readonly ProvinceCode[] | undefined,
  under: OrgCode | undefined,
  directory: Directory,
  date: BusinessDate,
): Narrowed => {
  const provinces = sight.kind === 'all' ? asked : sight.kind === 'nothing' ? [] : (asked ?? [sight.province]).filter((province) => province === sight.province)
  const above = [under, sight.kind === 'province' ? sight.unit : undefined].filter((unit) => unit !== undefined)
  if (above.length === 0) return { provinces, orgCodes: undefined }
  const codes = directory.unitsOn(date).map(({ code }) => code)
  return { provinces, orgCodes: codes.filter((code) => above.every((unit) => directory.isWithin(code, unit, date))) }
}
