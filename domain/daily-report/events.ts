import { z } from 'zod'
import { type EventOf, event } from '#domain/shared/catalogue.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode, signed, Text, UserId, Uuid } from '#domain/shared/identity.ts'
import { Change, Digest, Excuse, Issue, ReportRules, ReturnReason, Row, SourceMode, Totals } from './fields.ts'

const key = { province: ProvinceCode, date: BusinessDate }
const correction = { rows: z.array(Row).max(500), removed: z.array(ConsNo).max(500), diff: z.array(Change).min(1), reason: Text }

export const dailyReportEvents = {
  /** 填报中: who is expected, by which list, and the instants that bind this report. */
  ReportOpened: event(
    z.strictObject({ ...signed, ...key, expectedUsers: z.array(ConsNo), listVersion: z.int().min(0), sourceMode: SourceMode, rules: ReportRules }),
  ),
  /** Rows of one chunk, at most 500: each replaces the user's earlier row. `warnings` are what the checks found and did not block. */
  RowsPut: event(
    z.strictObject({ ...signed, ...key, chunkNo: z.int().min(0), rows: z.array(Row).min(1).max(500), warnings: z.array(Issue), sourceHash: Digest }),
  ),
  /** A user's row is taken out again before the report is sealed. */
  RowRemoved: event(z.strictObject({ ...signed, ...key, consNo: ConsNo, reason: Text })),
  /** 上报(封存): from here the figures of this version are the province's. Version 1, then one more for each sealing after a return. */
  ReportSubmitted: event(
    z.strictObject({
      ...signed,
      ...key,
      version: z.int().min(1),
      totals: Totals,
      rowCount: z.int().min(0),
      hash: Digest,
      onTime: z.boolean(),
      nil: z.boolean(),
      excused: z.array(Excuse),
      /** Rows whose warnings are answered by a comment. */
      warnedRows: z.int().min(0),
    }),
  ),
  /** 退回: rows may be put again; a correction that waited is void. */
  ReportReturned: event(z.strictObject({ ...signed, ...key, reasons: z.array(ReturnReason).min(1) })),
  /** A large or late correction waits for headquarters. */
  CorrectionProposed: event(z.strictObject({ ...signed, ...key, correctionId: Uuid, ...correction, cause: z.enum(['LARGE_CHANGE', 'AFTER_FREE_PERIOD']) })),
  /** Headquarters declined, or who proposed took it back; the version in force stays. */
  CorrectionRejected: event(z.strictObject({ ...signed, ...key, correctionId: Uuid, reason: Text })),
  /** 更正: `rows` replace the users' rows of the version before; `diff` says it field by field. */
  ReportCorrected: event(
    z.strictObject({
      ...signed,
      ...key,
      version: z.int().min(2),
      ...correction,
      correctionId: Uuid.optional(),
      proposedBy: UserId.optional(),
      totals: Totals,
      rowCount: z.int().min(0),
      hash: Digest,
    }),
  ),
  /** 迟报: nothing was sealed by the due instant. */
  ReportLate: event(z.strictObject({ ...signed, ...key, dueAt: ReportRules.shape.dueAt })),
  /** 缺报: nothing was sealed by the cut-off. It may still come, late. */
  ReportMissing: event(z.strictObject({ ...signed, ...key, cutOffAt: ReportRules.shape.cutOffAt })),
  /** 免报: the province owes none for that day, whether one was opened or not. */
  ReportWaived: event(z.strictObject({ ...signed, ...key, reason: Text })),
}
export type DailyReportEvent = EventOf<typeof dailyReportEvents>
