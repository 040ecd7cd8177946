import { z } from 'zod'
import { Role } from '#domain/shared/actor.ts'
import { command } from '#domain/shared/command.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode, Text, Uuid } from '#domain/shared/identity.ts'
import { Digest, Excuse, ReportRules, ReturnReason, Row, SourceMode, Totals } from './fields.ts'

/** The same users' rows of the day before, by which the checks judge this day's; the application brings them. */
const previous = z.array(Row)

export const DailyReportCommand = z.discriminatedUnion('type', [
  command('OpenReport', {
    province: ProvinceCode,
    date: BusinessDate,
    expectedUsers: z.array(ConsNo),
    listVersion: z.int().min(0),
    sourceMode: SourceMode,
    rules: ReportRules,
  }),
  command('PutRows', { chunkNo: z.int().min(0), rows: z.array(Row).min(1).max(500), sourceHash: Digest, previous }),
  command('RemoveRow', { consNo: ConsNo, reason: Text.optional() }),
  command('SubmitReport', { totals: Totals, nil: z.boolean().default(false), excused: z.array(Excuse).default([]) }),
  command('ReturnReport', { reasons: z.array(ReturnReason).min(1) }),
  /** `role` is the one in which the caller acts: large and late corrections are headquarters' to make. */
  command('CorrectReport', {
    rows: z.array(Row).max(500),
    removed: z.array(ConsNo).max(500).default([]),
    reason: Text.optional(),
    correctionId: Uuid,
    role: Role,
    previous,
  }),
  command('ApproveCorrection', { correctionId: Uuid }),
  command('RejectCorrection', { correctionId: Uuid, reason: Text.optional() }),
  command('MarkLate', {}),
  command('MarkMissing', {}),
  command('WaiveReport', { province: ProvinceCode, date: BusinessDate, rules: ReportRules, reason: Text.optional() }),
])
export type DailyReportCommand = z.output<typeof DailyReportCommand>
