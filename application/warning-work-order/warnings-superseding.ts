import type { OrderNo } from '#domain/warning-work-order/fields.ts'
import { derivedCommandId } from '../shared/ids.ts'
import type { Request } from '../shared/request.ts'
import type { SealedReport } from './sealed-report.ts'
import type { WarningWorkOrderUseCases } from './use-cases.ts'

export type Superseding = {
  /** Orders that rules drafted over earlier days, or earlier versions of the day, and that nobody issued; as the read model has them. */
  readonly draftsBefore: (report: SealedReport) => Promise<readonly OrderNo[]>
  readonly executeMany: WarningWorkOrderUseCases['executeMany']
}

/** A draft's stream as it is until somebody issues or withdraws it. */
const JUST_DRAFTED = 0n

/**
 * Withdraws the drafts whose figures a newer report has overtaken, before that report is judged: who settled since is let go of, and
 * who is still to be warned of is drafted anew with the newer figures. What headquarters issues at the same time stands. Answers what is withdrawn.
 */
export const supersede = async ({ draftsBefore, executeMany }: Superseding, report: SealedReport, request: Request): Promise<ReadonlySet<OrderNo>> => {
  const drafts = await draftsBefore(report)
  if (drafts.length === 0) return new Set()
  const { actor, commandId: causationId, correlationId, at } = request
  const reason = `已按 ${report.reportDate} 日报重新研判\njudged anew by the report of ${report.reportDate}`
  const outcomes = await executeMany(
    drafts.map((orderNo) => ({
      orderNo,
      command: { type: 'WithdrawOrder', data: { reason } },
      asked: { actor, commandId: derivedCommandId(causationId, `supersede/${orderNo}`), correlationId, causationId, at, pinned: JUST_DRAFTED },
    })),
  )
  return new Set(drafts.filter((_, index) => outcomes[index]?.kind === 'done'))
}
