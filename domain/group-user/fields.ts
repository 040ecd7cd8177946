import { z } from 'zod'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, Name, ProvinceCode, Text, TradeCode, TradeStandard } from '#domain/shared/identity.ts'
import { Fen, Kwh } from '#domain/shared/quantities.ts'

/** 集团编号. */
export const GroupNo = z
  .string()
  .regex(/^[A-Z0-9]{3,16}$/, 'a group number of 3 to 16 capital letters or digits')
  .brand<'GroupNo'>()
export type GroupNo = z.output<typeof GroupNo>

/** 统一社会信用代码 by its form; the check digit is a rule of the domain (GB 32100-2015). */
export const Uscc = z
  .string()
  .regex(/^[0-9A-HJ-NPQRTUWXY]{18}$/, 'a unified social credit code of 18 signs')
  .brand<'Uscc'>()
export type Uscc = z.output<typeof Uscc>

/** 央企, 地方国企, 民企, 外企, 其他. */
export const GroupKind = z.enum(['central-soe', 'local-soe', 'private', 'foreign', 'other'])
export type GroupKind = z.output<typeof GroupKind>

/** What is known of a group. */
export const GroupProfile = z.strictObject({
  name: Name,
  uscc: Uscc.optional(),
  kind: GroupKind,
  standard: TradeStandard.optional(),
  tradeCode: TradeCode.optional(),
  note: Text.optional(),
})
export type GroupProfile = z.output<typeof GroupProfile>

/** 已登记, 合并中, 已合并, 已注销. */
export const GroupStatus = z.enum(['absent', 'active', 'merging', 'merged', 'dissolved'])
export type GroupStatus = z.output<typeof GroupStatus>

/** Names a link within one customer's stream; chosen by who proposes it. */
export const LinkId = z
  .string()
  .regex(/^[0-9A-Za-z-]{1,36}$/, 'an id of at most 36 letters, digits or dashes')
  .brand<'LinkId'>()
export type LinkId = z.output<typeof LinkId>

/** 待确认, 已关联, 已驳回, 已解除. */
export const LinkStatus = z.enum(['proposed', 'confirmed', 'rejected', 'ended'])
export type LinkStatus = z.output<typeof LinkStatus>

/** 股权, 实际控制, 同一法人, 其他. */
export const LinkBasis = z.enum(['equity', 'control', 'same-legal-person', 'other'])

export const Evidence = z.strictObject({ name: Name, sha256: z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 digest in hex') })

/** A customer's confirmed link, as a merge or split moves it. */
export const Member = z.strictObject({ province: ProvinceCode, consNo: ConsNo, linkId: LinkId })
export type Member = z.output<typeof Member>

/** From `effectiveFrom` until the day before `endedOn`. */
export const Validity = z.strictObject({ effectiveFrom: BusinessDate, endedOn: BusinessDate.optional() })
export type Validity = z.output<typeof Validity>

/** Whether a number stands for a group that takes links: one that was merged lives on in another. */
export const GroupStanding = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('open') }),
  z.strictObject({ kind: z.literal('left'), into: GroupNo.optional() }),
  z.strictObject({ kind: z.literal('unknown') }),
])
export type GroupStanding = z.output<typeof GroupStanding>

/** What can be released of the members in other provinces: figures that differ from month to month. No counts and no capacities, which stay the same. */
export const MEASURES = ['electricityMonth', 'receivableMonth', 'receivedMonth', 'openMonth', 'arrears'] as const
export type Measure = (typeof MEASURES)[number]

/** By which rules headquarters releases totals to provinces (集团数据发布规则). With no measures nothing is released. */
export const ReleaseRules = z.strictObject({
  version: z.int().min(1),
  effectiveFrom: BusinessDate,
  measures: z.array(z.enum(MEASURES)),
  /** A month is released from this day of the next month on. */
  releasedOnDay: z.int().min(1).max(28),
  /** Fewest members, and provinces among them, that any released figure and any difference of released figures may be about, beside the reader's own. */
  minMembers: z.int().min(2),
  minProvinces: z.int().min(2),
  /** The largest part of a total that one province, or one member, may be, in 1/10 000. */
  provinceShareBasisPoints: z.int().min(1).max(10_000),
  memberShareBasisPoints: z.int().min(1).max(10_000),
  roundMoneyTo: Fen,
  roundElectricityTo: Kwh,
})
export type ReleaseRules = z.output<typeof ReleaseRules>
