import type { BillMonth, BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import type { Fen } from '#domain/shared/quantities.ts'
import type { SlaRules, WorkYear } from '#domain/warning-work-order/fields.ts'
import type { WarningSubjectRejection, WarningWorkOrderRejection } from '#domain/warning-work-order/rejections.ts'
import type { Working } from '../shared/perform.ts'

type BilledBill = { readonly consNo: ConsNo; readonly billMonth: BillMonth; readonly receivable: Fen }

/** What work orders bring from elsewhere. */
export type WorkOrders = Working & {
  /** All rules of time there are, each with the date from which it holds. */
  readonly slaRules: readonly SlaRules[]
  /** The published years of the working calendar. */
  readonly years: () => Promise<readonly WorkYear[]>
  /** Those of the customers who have no record as a (candidate for) high-risk user in the province. */
  readonly strangers: (province: ProvinceCode, consNos: readonly ConsNo[]) => Promise<readonly ConsNo[]>
  /** What the last sealed report up to a date shows as billed to each customer, bill by bill. */
  readonly billed: (province: ProvinceCode, consNos: readonly ConsNo[], date: BusinessDate) => Promise<readonly BilledBill[]>
}

/** What is refused before the domain is asked: a province that does not exist on that date, and a date without rules. */
type NotAsked =
  | { readonly code: 'UNKNOWN_PROVINCE'; readonly province: ProvinceCode }
  | { readonly code: 'NO_SLA_RULES'; readonly date: BusinessDate }
  | { readonly code: 'NUMBERS_EXHAUSTED'; readonly left: number }
  /** Feedback carries files that are not stored, or not as the type and size said. */
  | { readonly code: 'ATTACHMENT_UNKNOWN'; readonly sha256: readonly string[] }
export type OrderRefusal = WarningWorkOrderRejection | WarningSubjectRejection | NotAsked
