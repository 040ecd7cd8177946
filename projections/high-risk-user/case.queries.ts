import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { BillStanding, CaseId } from '#domain/high-risk-user/fields.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { type AsOf, readAsOf } from '#projections/shared/as-of.ts'
import { sql } from '#projections/shared/sql.ts'
import { UserCase } from './case/document.ts'

/** A user's case as it is shown. */
export const CaseDocument = UserCase.meta({ id: 'UserCase' })
export type CaseDocument = UserCase

type Db = Pick<DatabasePool, 'any'>
const MODEL = 'high-risk-user-case'

/** One user's case; undefined when nobody of that number has one. */
export const getCase = async (
  db: Db,
  province: ProvinceCode,
  consNo: ConsNo,
): Promise<{ readonly asOf: AsOf; readonly found: { readonly revision: bigint; readonly document: UserCase } | undefined }> => {
  const { asOf, rows } = await readAsOf(
    db,
    MODEL,
    z.object({ revision: z.bigint(), document: UserCase }),
    sql.fragment`select revision, document from read_model.user_case where province = ${province} and cons_no = ${consNo}`,
    'user-case',
  )
  return { asOf, found: rows[0] }
}

const Shown = z.object({
  province: ProvinceCode,
  consNo: ConsNo,
  promiseId: CaseId,
  reportDate: BusinessDate,
  reportVersion: z.int(),
  bills: z.array(BillStanding),
})
export type ShownPromise = z.output<typeof Shown>

/**
 * Open promises of which a sealed report says enough to settle them: the amount has come in, nothing is open, or the report is
 * of the due date or later. The first such report on or after the due date counts, before it the latest; in its latest version.
 */
export const promisesShown = async (db: Db, limit: number): Promise<readonly ShownPromise[]> =>
  db.any(sql.type(Shown)`
    select p.province, p.cons_no as "consNo", p.promise_id as "promiseId", seen.stat_date as "reportDate", seen.version as "reportVersion", b.bills
    from read_model.open_promise p
    cross join lateral (
      select u.stat_date, t.latest_version as version from read_model.user_day u
      join read_model.report t on t.province = u.province and t.stat_date = u.stat_date and u.version_from <= t.latest_version and u.version_to > t.latest_version
      where u.province = p.province and u.cons_no = p.cons_no and u.stat_date >= p.made_on
      order by u.stat_date < p.due_on, abs(u.stat_date - p.due_on) limit 1
    ) seen
    cross join lateral (
      select jsonb_agg(jsonb_build_object('billMonth', d.bill_month, 'dueDate', d.due_date, 'received', d.received::text, 'open', d.balance::text)
          order by d.bill_month) as bills,
        count(*) as found, sum(d.received) as received, sum(d.balance) as open
      from read_model.bill_day d where d.stat_date = seen.stat_date and d.province = p.province and d.cons_no = p.cons_no
        and d.bill_month = any(p.bills) and d.version_from <= seen.version and d.version_to > seen.version
    ) b
    where b.found > 0 and (seen.stat_date >= p.due_on or b.received - p.received_before >= p.amount or (b.open <= 0 and b.found = cardinality(p.bills)))
    order by p.due_on, p.province, p.cons_no, p.promise_id limit ${limit}`)

const FirstReport = z.object({ province: ProvinceCode, consNo: ConsNo, listedOn: BusinessDate, reportDate: BusinessDate, reportVersion: z.int() })

/** Listed users of whom nothing says yet that they were reported, each with the first sealed report since his listing that holds him. */
export const firstReports = async (db: Db, limit: number): Promise<readonly z.output<typeof FirstReport>[]> =>
  db.any(sql.type(FirstReport)`
    select u.province, u.cons_no as "consNo", u.listed_on as "listedOn", seen.stat_date as "reportDate", seen.version as "reportVersion"
    from read_model.high_risk_user u
    cross join lateral (
      select d.stat_date, t.latest_version as version from read_model.user_day d
      join read_model.report t on t.province = d.province and t.stat_date = d.stat_date and d.version_from <= t.latest_version and d.version_to > t.latest_version
      where d.province = u.province and d.cons_no = u.cons_no and d.stat_date >= u.listed_on order by d.stat_date limit 1
    ) seen
    where u.status in ('listed', 'delist-pending') and u.reported_on is null order by u.province, u.cons_no limit ${limit}`)

/** A candidate in the form in which he is nominated; the importance is not kept by the register. */
export const CandidateRow = z.object({
  consNo: ConsNo,
  proposedLevel: Level.nullable(),
  reason: z.string().nullable(),
  name: z.string(),
  orgCode: OrgCode,
  standard: z.string(),
  tradeCode: z.string(),
  hecClass: z.string().nullable(),
  electType: z.string().nullable(),
  voltage: z.string().nullable(),
  contractCapacity: z.bigint(),
  runningCapacity: z.bigint(),
})
export type CandidateRow = z.output<typeof CandidateRow>

const CANDIDATES = 500

/** All candidates of a province by their numbers, read page by page. */
export async function* candidates(db: Db, province: ProvinceCode): AsyncGenerator<CandidateRow> {
  for (let last = ''; ; ) {
    const rows = await db.any(sql.type(CandidateRow)`
      select u.cons_no as "consNo", u.proposed_level as "proposedLevel", c.document #>> '{nomination,reason}' as reason, u.name, u.org_code as "orgCode", u.standard,
        u.trade_code as "tradeCode", u.hec_class as "hecClass", u.elect_type as "electType", u.voltage, u.contract_capacity as "contractCapacity",
        u.running_capacity as "runningCapacity"
      from read_model.high_risk_user u left join read_model.user_case c using (province, cons_no)
      where u.province = ${province} and u.status = 'candidate' and u.cons_no > ${last} order by u.cons_no limit ${CANDIDATES}`)
    yield* rows
    const end = rows.at(-1)
    if (!end || rows.length < CANDIDATES) return
    last = end.consNo
  }
}
