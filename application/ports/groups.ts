import type { GroupNo, LinkId } from '#domain/group-user/fields.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'

/** A link that is proposed, or confirmed and not over yet. */
export type OpenLink = {
  readonly province: ProvinceCode
  readonly consNo: ConsNo
  readonly linkId: LinkId
  readonly confirmed: boolean
  readonly effectiveFrom: BusinessDate
  readonly endedOn: BusinessDate | null
}

/** What can only be asked across customers and groups, and so of a read model. */
export type GroupIndex = {
  /**
   * A group's links that are proposed, or confirmed and not over by a date, as everything recorded before the question has
   * them. Throws when the read model does not catch up.
   */
  readonly openLinks: (groupNo: GroupNo, on: BusinessDate) => Promise<readonly OpenLink[]>
  /** Groups whose merge or split is approved and not carried out, at most so many. */
  readonly unfinished: (limit: number) => Promise<readonly GroupNo[]>
  /** Links still open in groups that were merged or dissolved: confirmed in the same moment. At most so many. */
  readonly strays: (limit: number) => Promise<readonly (OpenLink & { readonly groupNo: GroupNo })[]>
}

/** Those of some customer numbers that the province's marketing system has. */
export type KnownCustomers = (province: ProvinceCode, consNos: readonly ConsNo[]) => Promise<ReadonlySet<ConsNo>>
