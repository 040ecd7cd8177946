import type { HighRiskUserUseCases } from '#application/high-risk-user/use-cases.ts'
import type { ListAsRead } from '#application/industry-list/read.ts'
import type { Clock } from '#application/ports/clock.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import type { ScreeningEngine } from '#application/ports/screening.ts'
import type { ExtractionRecord, SourceFigures } from '#application/ports/source.ts'
import type { ReviewingNeeds } from '#application/screening/review.ts'
import type { Working } from '#application/shared/perform.ts'
import type { UserStatus } from '#domain/high-risk-user/fields.ts'
import type { RuleSet } from '#domain/screening/fields.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'

/** What the routes of screening work with. */
export type ScreeningNeeds = {
  readonly working: Working
  readonly store: EventStore
  readonly clock: Clock
  readonly engine: ScreeningEngine
  readonly shipped: RuleSet
  readonly readList: () => Promise<ListAsRead>
  readonly figures: SourceFigures
  /** Up to which day each province's figures have come. */
  readonly lastDays: ExtractionRecord['lastDays']
  readonly highRiskUser: HighRiskUserUseCases
  readonly provinces: () => readonly ProvinceCode[]
  /** In what state the register has those of these customers who are on it. */
  readonly statuses: (province: ProvinceCode, consNos: readonly ConsNo[]) => Promise<ReadonlyMap<ConsNo, UserStatus>>
  /** Who stands on a province's list. */
  readonly onList: ReviewingNeeds['onList']
}
