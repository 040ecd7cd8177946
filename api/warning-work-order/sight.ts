import type { FastifyRequest } from 'fastify'
import type { DatabasePool } from 'slonik'
import type { Directory } from '#application/organisation/directory.ts'
import type { Clock } from '#application/ports/clock.ts'
import type { Sight } from '#application/shared/authorise.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import type { OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import type { OrderNo } from '#domain/warning-work-order/fields.ts'
import { getOrder, type WorkOrderDocument } from '#projections/warning-work-order/orders.queries.ts'
import { seesProvince, sightIn } from '../high-risk-user/sight.ts'

/** What a caller sees of work orders: headquarters all, a province what was issued to it, a unit below it what is assigned to it. */
export type OrderScope = {
  readonly provinces: readonly ProvinceCode[] | undefined
  readonly withDrafts: boolean
  /** Units to which an order must be assigned. */
  readonly assignedOrgs: readonly OrgCode[] | undefined
}

type Needs = { readonly directory: Directory; readonly clock: Clock }

/** A unit and those below it today. */
export const unitsWithin = (unit: OrgCode, { directory, clock }: Needs): readonly OrgCode[] => {
  const today = businessDateOf(clock.now())
  return directory
    .unitsOn(today)
    .map(({ code }) => code)
    .filter((code) => directory.isWithin(code, unit, today))
}

const scopeOf = (sight: Sight, needs: Needs): OrderScope => {
  if (sight.kind === 'all') return { provinces: undefined, withDrafts: true, assignedOrgs: undefined }
  if (sight.kind === 'nothing') return { provinces: [], withDrafts: false, assignedOrgs: undefined }
  return { provinces: [sight.province], withDrafts: false, assignedOrgs: sight.unit === undefined ? undefined : unitsWithin(sight.unit, needs) }
}

/** The caller's scope, cut down to the provinces asked for. */
export const orderScope = async (request: FastifyRequest, needs: Needs, asked?: readonly ProvinceCode[]): Promise<OrderScope> => {
  const scope = scopeOf(await sightIn(request, needs.directory, needs.clock), needs)
  if (asked === undefined) return scope
  const { provinces } = scope
  return { ...scope, provinces: provinces === undefined ? asked : asked.filter((province) => provinces.includes(province)) }
}

type Shown = { readonly province: ProvinceCode; readonly issued: boolean; readonly assignedOrg: OrgCode | undefined }

/** Whether an order may be known to the caller. */
const seesOrder = (sight: Sight, { province, issued, assignedOrg }: Shown, needs: Needs): boolean => {
  if (sight.kind === 'all') return true
  if (!issued || sight.kind === 'nothing' || !seesProvince(sight, province)) return false
  return sight.unit === undefined || (assignedOrg !== undefined && needs.directory.isWithin(assignedOrg, sight.unit, businessDateOf(needs.clock.now())))
}

const shownOf = ({ province, issued, assignments }: Pick<WorkOrderDocument, 'province' | 'issued' | 'assignments'>): Shown => ({
  province,
  issued: issued !== null,
  assignedOrg: assignments.at(-1)?.toOrg,
})

/** An order as the read model has it, when the caller may see it. */
export const orderSeen = async (request: FastifyRequest, orderNo: OrderNo, pool: DatabasePool, needs: Needs) => {
  const sight = await sightIn(request, needs.directory, needs.clock)
  const { asOf, found } = await getOrder(pool, orderNo)
  return { asOf, found: found && seesOrder(sight, shownOf(found.order), needs) ? found : undefined }
}
