import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { BillStanding, CaseId } from '#domain/high-risk-user/fields.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, OrgCode, ProvinceCode, type UserId } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { type AsOf, readAsOf } from '#projections/shared/as-of.ts'
import { after, orderBy, type Page, readCursor, type SortKey, writeCursor } from '#projections/shared/page.ts'
import { rowset, sql, where } from '#projections/shared/sql.ts'
import { DueKind } from './case/due.ts'
import { UserCase } from './case/fold.ts'

/** A user's case as it is shown. */
export const CaseDocument = UserCase.meta({ id: 'UserCase' })
export type CaseDocument = UserCase
export const WorkKind = DueKind.meta({ id: 'WorkKind' })
export type WorkKind = DueKind

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

/** Something that has to be looked at, and when. `since`: the day that started it, where that is not the day it is due. */
export const WorkItem = z
  .object({
    province: ProvinceCode,
    consNo: ConsNo,
    name: z.string(),
    orgCode: OrgCode,
    level: Level.nullable(),
    owner: z.string().nullable(),
    kind: DueKind,
    /** The measure, promise or contact; empty for what concerns the user as such. */
    ref: z.string(),
    dueOn: BusinessDate,
    since: BusinessDate,
    overdue: z.boolean(),
  })
  .meta({ id: 'WorkItem' })
export type WorkItem = z.output<typeof WorkItem>

export type WorklistQuery = {
  readonly provinces?: readonly ProvinceCode[] | undefined
  readonly orgCodes?: readonly OrgCode[] | undefined
  readonly owner?: UserId | undefined
  readonly kinds?: readonly DueKind[] | undefined
  readonly today: BusinessDate
  /** What is due by this day is listed. */
  readonly until: BusinessDate
  /** When a plan is due for a user at level I since a day (working days, by the calendar). */
  readonly planDue: (since: BusinessDate) => BusinessDate
  readonly cursor?: string | undefined
  /** Rows of a page, at most 1000. */
  readonly limit?: number
}

const KEYS: readonly SortKey[] = [
  { expression: sql.fragment`due_on`, type: 'date' },
  { expression: sql.fragment`coalesce(level, 'none')`, type: 'text' },
  { expression: sql.fragment`province`, type: 'text' },
  { expression: sql.fragment`cons_no`, type: 'text' },
  { expression: sql.fragment`kind`, type: 'text' },
  { expression: sql.fragment`ref`, type: 'text' },
]

/** What needs doing by a day, the longest overdue first and of one day the worst level first; 'BAD_CURSOR' for a cursor that is none. */
export const worklist = async (db: Db, query: WorklistQuery): Promise<Page<WorkItem, AsOf> | 'BAD_CURSOR'> => {
  const values = query.cursor === undefined ? undefined : readCursor(query.cursor, 'worklist', 'asc', KEYS.length)
  if (query.cursor !== undefined && !values) return 'BAD_CURSOR'
  const size = Math.max(1, Math.min(query.limit ?? 100, 1000))
  const plans = await plansDue(db, query)
  const { asOf, rows } = await readAsOf(
    db,
    MODEL,
    WorkItem,
    sql.fragment`select province, cons_no as "consNo", name, org_code as "orgCode", level, owner, kind, ref, due_on as "dueOn", on_date as since,
        due_on < ${query.today}::date as overdue
      from (
        select d.*, coalesce(r.due, d.on_date) as due_on from read_model.user_due d
        left join ${rowset(plans, 'since date, due date')} on d.kind = 'plan' and d.on_date = r.since
        ${where(conditions(query))}
      ) w ${where([sql.fragment`due_on <= ${query.until}::date`, values && after(KEYS, 'asc', values)])} ${orderBy(KEYS, 'asc')} limit ${size + 1}`,
  )
  const page = rows.slice(0, size)
  const last = page.at(-1)
  const next =
    last && rows.length > size ? writeCursor('worklist', 'asc', [last.dueOn, last.level ?? 'none', last.province, last.consNo, last.kind, last.ref]) : null
  return { asOf, rows: page, next }
}

const conditions = ({ provinces, orgCodes, owner, kinds, until }: WorklistQuery) => [
  provinces && sql.fragment`d.province = any(${sql.array([...provinces], 'text')})`,
  orgCodes && sql.fragment`d.org_code = any(${sql.array([...orgCodes], 'text')})`,
  owner === undefined ? undefined : sql.fragment`d.owner = ${owner}`,
  kinds && sql.fragment`d.kind = any(${sql.array([...kinds], 'text')})`,
  sql.fragment`d.on_date <= ${until}::date`,
]

/** The few days since when users of level I wait for a plan, each with the day it is due. */
const plansDue = async (db: Db, query: WorklistQuery): Promise<readonly { readonly since: BusinessDate; readonly due: BusinessDate }[]> => {
  const rows = await db.any(sql.type(z.object({ since: BusinessDate }))`
    select distinct d.on_date as since from read_model.user_due d ${where([sql.fragment`d.kind = 'plan'`, ...conditions(query)])}`)
  return rows.map(({ since }) => ({ since, due: query.planDue(since) }))
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
