import { z } from 'zod'
import { BillMonth, BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ConsNo, Name, Text } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { Fen, Kwh } from '#domain/shared/quantities.ts'
import { supply } from '#domain/shared/supply.ts'

/** 结清标志 as the marketing systems write it: 01 owing, 02 partly settled, 03 settled. */
export const SettleFlag = z.enum(['01', '02', '03'])
export type SettleFlag = z.output<typeof SettleFlag>

/**
 * What is owed for one bill month, up to the report's date. Instalment-type receivables are left out at the source.
 * `arrears` = receivable - received - writtenOff. Penalty stands apart from the principal.
 */
export const BillFigure = z.strictObject({
  billMonth: BillMonth,
  dueDate: BusinessDate,
  receivable: Fen,
  received: Fen,
  writtenOff: Fen,
  arrears: Fen,
  penaltyReceivable: Fen,
  penaltyReceived: Fen,
  settleFlag: SettleFlag,
})
export type BillFigure = z.output<typeof BillFigure>

/**
 * One user's day: a row of the provincial daily report (省公司日报). `bills` holds every bill month of the current year and of last
 * month, and every earlier one that is still open or was open at the New Year, so that each report stands for itself.
 */
export const Row = z.strictObject({
  consNo: ConsNo,
  consName: Name,
  ...supply,
  /** null when the meter was not read, never 0 for it. */
  electricityDay: Kwh.nullable(),
  electricityMonthToDate: Kwh,
  /** Receipts dated this day over all bills (当日实收). */
  receivedToday: Fen,
  prepaidBalance: Fen,
  inTransit: Fen,
  powerOff: z.boolean(),
  powerOffDate: BusinessDate.optional(),
  instalment: z.strictObject({ periods: z.int().min(1).max(31), planned: Fen, received: Fen }).optional(),
  guaranteeAmount: Fen.optional(),
  riskLevel: Level,
  /** Codes of the measures in force (domain brief 2.5). */
  measures: z.array(z.string().regex(/^M\d{2}$/)).max(20),
  remark: Text.optional(),
  /** Answers the warnings of this row; without it a row with warnings cannot be sealed. */
  comment: Text.optional(),
  bills: z.array(BillFigure).max(120),
})
export type Row = z.output<typeof Row>

/** What a check found in a row. Errors block; warnings want a comment. */
export const Issue = z.strictObject({
  severity: z.enum(['error', 'warning']),
  code: z.string(),
  consNo: ConsNo,
  billMonth: BillMonth.optional(),
  field: z.string(),
  detail: z.record(z.string(), z.string()),
})
export type Issue = z.output<typeof Issue>

export const Totals = z.strictObject({
  users: z.int().min(0),
  electricity: Kwh,
  receivable: Fen,
  received: Fen,
  arrears: Fen,
  penaltyReceivable: Fen,
  penaltyReceived: Fen,
})
export type Totals = z.output<typeof Totals>

/** 未报 (absent), 填报中, 已上报, 已退回, 已更正, 缺报, 免报. */
export const ReportStatus = z.enum(['absent', 'open', 'submitted', 'returned', 'corrected', 'missing', 'waived'])
export type ReportStatus = z.output<typeof ReportStatus>

export const SourceMode = z.enum(['replicated', 'pushed', 'file', 'manual'])

/** The instants that bind one report, worked out once from the schedule in force and kept with it. */
export const ReportRules = z.strictObject({
  scheduleVersion: z.int().min(1),
  dueAt: Instant,
  /** From here a report that is not in counts as missing; what stands here is what was published. */
  cutOffAt: Instant,
  returnableUntil: Instant,
  freeCorrectionUntil: Instant,
  /** Month close (月结): afterwards only headquarters may correct. */
  closesAt: Instant,
  /** A change of the arrears total above this share (in 1/10 000) is a large correction. */
  largeChangeBasisPoints: z.int().min(0),
  /** A day's kWh that differs from the day before's by more than this share (in 1/10 000) is asked about; absent: it is not. */
  kwhJumpBasisPoints: z.int().min(0).optional(),
})
export type ReportRules = z.output<typeof ReportRules>

export const Excuse = z.strictObject({ consNo: ConsNo, reason: Text })
export type Excuse = z.output<typeof Excuse>
export const Change = z.strictObject({
  consNo: ConsNo,
  billMonth: BillMonth.optional(),
  field: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
})
export type Change = z.output<typeof Change>
export const Digest = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 digest in hex')
export const ReturnReason = z.strictObject({ consNo: ConsNo.optional(), text: Text })
