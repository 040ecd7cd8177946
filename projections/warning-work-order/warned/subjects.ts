import { z } from 'zod'
import { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import type { WarningSubjectEvent } from '#domain/warning-work-order/events.ts'
import type { Projected, ProjectionDb } from '#projections/shared/projection.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'

export type SubjectEvent = WarningSubjectEvent
type Claimed = Extract<SubjectEvent, { type: 'SubjectClaimed' }>['data']

const KEY = 'province text, cons_no text'
const keyOf = ({ province, consNo }: { readonly province: string; readonly consNo: string }): string => `${province} ${consNo}`

/** Brings up to date who is held by which order, and the warnings that were not given. */
export const applySubjectEvents = async (events: readonly Projected<SubjectEvent>[], db: ProjectionDb): Promise<void> => {
  if (events.length === 0) return
  const revisions = await load(events, db)
  const claimants = new Map<string, object>()
  const claims = new Map<string, { readonly key: object; readonly claim: Claimed | undefined }>()
  const suppressions: object[] = []
  for (const { type, data, revision } of events) {
    const key = keyOf(data)
    if (revision <= (revisions.get(key) ?? -1n)) continue
    revisions.set(key, revision)
    const { province, consNo: cons_no, kind } = data
    claimants.set(key, { province, cons_no, revision })
    if (type === 'WarningSuppressed') suppressions.push(suppression(data, revision))
    else claims.set(`${key} ${kind}`, { key: { province, cons_no, kind }, claim: type === 'SubjectClaimed' ? data : undefined })
  }
  if (claimants.size === 0) return
  await db.query(run`
    insert into claimant select r.* from ${rowset([...claimants.values()], `${KEY}, revision int8`)}
    on conflict (province, cons_no) do update set revision = excluded.revision`)
  await saveClaims([...claims.values()], db)
  if (suppressions.length > 0) await db.query(run`insert into warning_suppression select r.* from ${rowset(suppressions, SUPPRESSION)} on conflict do nothing`)
}

const SUPPRESSION = `${KEY}, revision int8, at timestamptz, kind text, grade text, rules text[], report_date date, why text, order_no text, silence_id text`

const suppression = (data: Extract<SubjectEvent, { type: 'WarningSuppressed' }>['data'], revision: bigint): object => {
  const { province, consNo: cons_no, at, kind, grade, rules, reportDate: report_date, why, orderNo: order_no, silenceId: silence_id } = data
  return { province, cons_no, revision, at, kind, grade, rules, report_date, why, order_no, silence_id }
}

const Stored = z.object({ province: ProvinceCode, consNo: ConsNo, revision: z.bigint() })

const load = async (events: readonly Projected<SubjectEvent>[], db: ProjectionDb): Promise<Map<string, bigint>> => {
  const keys = new Map(events.map(({ data }) => [keyOf(data), { province: data.province, cons_no: data.consNo }]))
  const rows = await db.any(
    sql.type(Stored)`select c.province, c.cons_no as "consNo", c.revision from claimant c join ${rowset([...keys.values()], KEY)} using (province, cons_no)`,
  )
  return new Map(rows.map((row) => [keyOf(row), row.revision]))
}

const saveClaims = async (changes: readonly { readonly key: object; readonly claim: Claimed | undefined }[], db: ProjectionDb): Promise<void> => {
  if (changes.length === 0) return
  const keys = changes.map(({ key }) => key)
  await db.query(run`
    delete from warning_claim c using ${rowset(keys, `${KEY}, kind text`)} where c.province = r.province and c.cons_no = r.cons_no and c.kind = r.kind`)
  const held = changes.flatMap(({ key, claim }) => (claim ? [{ ...key, order_no: claim.orderNo, grade: claim.grade, claimed_at: claim.at }] : []))
  if (held.length > 0)
    await db.query(run`insert into warning_claim select r.* from ${rowset(held, `${KEY}, kind text, order_no text, grade text, claimed_at timestamptz`)}`)
}
