import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, OrgCode, ProvinceCode, type UserId } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { type Page, readPage, type SortKey } from '#projections/shared/page.ts'
import { inProvinces, rowset, sql, where } from '#projections/shared/sql.ts'
import { DueKind } from './case/due.ts'

export const WorkKind = DueKind.meta({ id: 'WorkKind' })
export type WorkKind = DueKind

type Db = Pick<DatabasePool, 'any'>
const MODEL = 'high-risk-user-case'
const REVIEW: DueKind = 'level-review'
const GUARANTEE: DueKind = 'guarantee'

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
  /** The end of a guarantee is listed up to this day: replacing one takes longer than other work. */
  readonly guaranteesUntil: BusinessDate
  /** When a plan is due for a user at level I since a day (working days, by the calendar). */
  readonly planDue: (since: BusinessDate) => BusinessDate
  /** When the level is to be reviewed of who was reviewed last, or came to stand at it, on a day. */
  readonly reviewDue: (level: Level, since: BusinessDate) => BusinessDate
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

/**
 * What needs doing by a day, the longest overdue first and of one day the worst level first; 'BAD_CURSOR' for a cursor that is none.
 * A review of the level is made by itself once the figures are in, so it is told of only when it is overdue.
 */
export const worklist = async (db: Db, query: WorklistQuery): Promise<Page<WorkItem> | 'BAD_CURSOR'> => {
  const keysOf = (row: WorkItem) => [row.dueOn, row.level ?? 'none', row.province, row.consNo, row.kind, row.ref]
  const ruled = await datesRuled(db, query)
  return readPage(
    db,
    MODEL,
    WorkItem,
    { order: 'worklist', direction: 'asc', keys: KEYS, keysOf, cursor: query.cursor, limit: query.limit ?? 100 },
    (slice) => sql.fragment`select province, cons_no as "consNo", name, org_code as "orgCode", level, owner, kind, ref, due_on as "dueOn", on_date as since,
        due_on < ${query.today}::date as overdue
      from (
        select d.*, coalesce(r.due, d.on_date) as due_on from read_model.user_due d
        left join ${rowset(ruled, 'kind text, level text, since date, due date')} on d.kind = r.kind and d.level = r.level and d.on_date = r.since
        ${where(conditions(query))}
      ) w ${where([sql.fragment`(due_on <= ${query.until}::date or (kind = ${GUARANTEE} and due_on <= ${query.guaranteesUntil}::date)) and (kind <> ${REVIEW} or due_on < ${query.today}::date)`, slice.after])} ${slice.order} ${slice.limit}`,
  )
}

const conditions = ({ provinces, orgCodes, owner, kinds, until, guaranteesUntil }: WorklistQuery) => [
  inProvinces('d.province', provinces),
  orgCodes && sql.fragment`d.org_code = any(${sql.array([...orgCodes], 'text')})`,
  owner === undefined ? undefined : sql.fragment`d.owner = ${owner}`,
  kinds && sql.fragment`d.kind = any(${sql.array([...kinds], 'text')})`,
  sql.fragment`d.on_date <= greatest(${until}::date, ${guaranteesUntil}::date)`,
]

const Since = z.object({ kind: DueKind, level: Level, since: BusinessDate })

/** The few days from which rules count, by kind and level, each with the day that they come to. */
const datesRuled = async (db: Db, query: WorklistQuery): Promise<readonly (z.output<typeof Since> & { readonly due: BusinessDate })[]> => {
  const rows = await db.any(sql.type(Since)`
    select distinct d.kind, d.level, d.on_date as since from read_model.user_due d
    ${where([sql.fragment`d.kind in ('plan', ${REVIEW}) and d.level is not null`, ...conditions(query)])}`)
  return rows.map((row) => ({ ...row, due: row.kind === 'plan' ? query.planDue(row.since) : query.reviewDue(row.level, row.since) }))
}

const ReviewDay = z.object({ province: ProvinceCode, level: Level, since: BusinessDate })
export type ReviewDay = z.output<typeof ReviewDay>

/** The days on which users on the list were reviewed last, or came to stand at their level: few, however many users there are. */
export const reviewDays = (db: Db): Promise<readonly ReviewDay[]> =>
  db.any(sql.type(ReviewDay)`
    select distinct province, level, on_date as since from read_model.user_due where kind = ${REVIEW} and level is not null order by province, level, since`)

/** Who was last reviewed, or came to stand at his level, on such days. */
export const reviewedOn = (db: Db, days: readonly ReviewDay[]): Promise<readonly (ReviewDay & { readonly consNo: ConsNo })[]> =>
  db.any(sql.type(ReviewDay.extend({ consNo: ConsNo }))`
    select d.province, d.cons_no as "consNo", d.level, d.on_date as since from read_model.user_due d
    join ${rowset(days, 'province text, level text, since date')} on d.province = r.province and d.level = r.level and d.on_date = r.since
    where d.kind = ${REVIEW} order by d.province, d.cons_no`)
