import type { Purpose, Result, RunView } from '#application/ports/screening.ts'
import type { BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { ConsNo, OrgCode, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import type { Level } from '#domain/shared/level.ts'

export type RunRow = {
  readonly run_no: string
  readonly run_id: string
  readonly purpose: string
  readonly status: string
  readonly as_of: string
  readonly provinces: string[]
  readonly rule_set_version: number
  readonly industry_list_version: number
  readonly measures: string[]
  readonly content: unknown
  readonly customers: string
  readonly named: string
  readonly requested_by: string
  readonly started_at: Date
  readonly finished_at: Date | null
}
export const VIEW = `run_no, run_id, purpose, status, as_of::text, provinces, rule_set_version, industry_list_version, measures, content, customers, named, requested_by, started_at, finished_at`

// Written by this program from checked values; here they only take their types again.
export const viewOf = (row: RunRow): RunView => ({
  runId: row.run_id,
  purpose: row.purpose as Purpose,
  status: row.status as RunView['status'],
  asOf: row.as_of as BusinessDate,
  provinces: row.provinces as ProvinceCode[],
  ruleSetVersion: row.rule_set_version,
  industryListVersion: row.industry_list_version,
  measures: row.measures as unknown as RunView['measures'],
  content: row.content,
  customers: Number(row.customers),
  named: Number(row.named),
  by: row.requested_by as UserId,
  startedAt: row.started_at.toISOString() as Instant,
  finishedAt: (row.finished_at?.toISOString() as Instant | undefined) ?? null,
})

export type ResultRow = {
  readonly province: string
  readonly cons_no: string
  readonly org_code: string
  readonly score: number
  readonly level: string | null
  readonly triggers: string[]
  readonly inputs: (string | null)[]
}
export const RESULT = 'province, cons_no, org_code, score, level, triggers, inputs::text[] as inputs'
export const resultOf = (row: ResultRow): Result => ({
  province: row.province as ProvinceCode,
  consNo: row.cons_no as ConsNo,
  orgCode: row.org_code as OrgCode,
  score: row.score,
  level: row.level as Level | null,
  triggers: row.triggers,
  inputs: row.inputs.map((input) => (input === null ? null : BigInt(input))),
})
