import type { DatabasePool, FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { UserStatus } from '#domain/high-risk-user/fields.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, OrgCode, type ProvinceCode, TradeCode, TradeStandard } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { bareCode, sectionOf } from '#domain/shared/trade.ts'
import { type AsOf, readAsOf } from '#projections/shared/as-of.ts'
import { type Direction, type Page, readPage, type SortKey } from '#projections/shared/page.ts'
import { inProvinces, likeText, sql, where } from '#projections/shared/sql.ts'

type Db = Pick<DatabasePool, 'any'>
const MODEL = 'high-risk-user-register'

/** A user as the register has him. Capacities in VA; `revision` is that of his stream. */
export const RegisteredUser = z.object({
  province: z.string(),
  consNo: z.string(),
  revision: z.bigint(),
  status: UserStatus,
  proposedLevel: Level.nullable(),
  level: Level.nullable(),
  computedLevel: Level.nullable(),
  score: z.int().nullable(),
  overrideExpiresOn: z.string().nullable(),
  owner: z.string().nullable(),
  name: z.string(),
  orgCode: z.string(),
  standard: z.string(),
  tradeCode: z.string(),
  hecClass: z.string().nullable(),
  electType: z.string().nullable(),
  voltage: z.string().nullable(),
  contractCapacity: z.bigint(),
  runningCapacity: z.bigint(),
  listedOn: z.string().nullable(),
  delistedOn: z.string().nullable(),
  reportedOn: z.string().nullable(),
  recheckAfter: z.string().nullable(),
  changedAt: z.string(),
  changedBy: z.string(),
})
export type RegisteredUser = z.output<typeof RegisteredUser>

const COLUMNS = sql.fragment`province, cons_no as "consNo", revision, status, proposed_level as "proposedLevel", level, computed_level as "computedLevel", score,
  override_expires_on as "overrideExpiresOn", owner, name, org_code as "orgCode", standard, trade_code as "tradeCode", hec_class as "hecClass",
  elect_type as "electType", voltage, contract_capacity as "contractCapacity", running_capacity as "runningCapacity", listed_on as "listedOn",
  delisted_on as "delistedOn", reported_on as "reportedOn", recheck_after as "recheckAfter", changed_at as "changedAt", changed_by as "changedBy"`

/** By what the register can be sorted; the customer number decides between equals. */
const SORTS = {
  consNo: undefined,
  name: { expression: sql.fragment`name`, type: 'text' },
  level: { expression: sql.fragment`coalesce(level, proposed_level, '')`, type: 'text' },
  status: { expression: sql.fragment`status`, type: 'text' },
  tradeCode: { expression: sql.fragment`trade_code`, type: 'text' },
  listedOn: { expression: sql.fragment`coalesce(listed_on, '0001-01-01')`, type: 'date' },
  changedAt: { expression: sql.fragment`changed_at`, type: 'timestamptz' },
  contractCapacity: { expression: sql.fragment`contract_capacity`, type: 'int8' },
} as const satisfies Record<string, SortKey | undefined>

const KEY: readonly SortKey[] = [
  { expression: sql.fragment`province`, type: 'text' },
  { expression: sql.fragment`cons_no`, type: 'text' },
]

export const RegisterSort = z.enum(Object.keys(SORTS) as [keyof typeof SORTS, ...(keyof typeof SORTS)[]])

/** What is asked of the register. What is left out asks for nothing. */
const RegisterFilter = z.object({
  status: z.array(UserStatus).min(1).optional(),
  level: z.array(Level).min(1).optional(),
  standard: TradeStandard.optional(),
  /** A trade and all finer ones below it. */
  trade: TradeCode.optional(),
  orgCodes: z.array(OrgCode).max(2000).optional(),
  /** Part of the name, or the beginning of the customer number. From 3 characters on an index answers; one character says too little. */
  text: z.string().trim().min(2, 'at least two characters').max(100).optional(),
})
type RegisterFilter = z.input<typeof RegisterFilter>

export type RegisterQuery = {
  /** The provinces the caller may see; undefined for all, none for an empty list. */
  readonly provinces?: readonly ProvinceCode[] | undefined
  readonly filter?: RegisterFilter
  readonly sort?: z.output<typeof RegisterSort>
  readonly direction?: Direction
  readonly cursor?: string | undefined
  /** Rows of a page, at most 1000. */
  readonly limit?: number
}

/** A page of the register; 'BAD_CURSOR' when the cursor is none of this order's. */
export const listRegister = async (db: Db, query: RegisterQuery): Promise<Page<RegisteredUser> | 'BAD_CURSOR'> => {
  const { sort = 'consNo', direction = 'asc', limit = 50 } = query
  const chosen: SortKey | undefined = SORTS[sort]
  const keys = chosen ? [chosen, ...KEY] : KEY
  const sortKey = chosen ? sql.fragment`(${chosen.expression})::text` : sql.fragment`null::text`
  const Sorted = RegisteredUser.extend({ sortKey: z.string().nullable() })
  const keysOf = (row: z.output<typeof Sorted>) => [...(row.sortKey === null ? [] : [row.sortKey]), row.province, row.consNo]
  const page = await readPage(
    db,
    MODEL,
    Sorted,
    { order: sort, direction, keys, keysOf, cursor: query.cursor, limit },
    (slice) => sql.fragment`select ${COLUMNS}, ${sortKey} as "sortKey" from read_model.high_risk_user
      ${where([...conditions(query), slice.after])} ${slice.order} ${slice.limit}`,
  )
  return page === 'BAD_CURSOR' ? page : { ...page, rows: page.rows.map(({ sortKey: _sortKey, ...user }) => user) }
}

/** How many the register has of these, told exactly up to `most`: counting millions for a page helps nobody. */
export const countRegister = async (
  db: Db,
  query: Pick<RegisterQuery, 'provinces' | 'filter'>,
  most = 10_000,
): Promise<{ readonly count: number; readonly more: boolean }> => {
  const [row] = await db.any(sql.type(z.object({ count: z.bigint() }))`
    select count(*) from (select 1 from read_model.high_risk_user ${where(conditions(query))} limit ${most + 1}) found`)
  const count = Number(row?.count ?? 0n)
  return { count: Math.min(count, most), more: count > most }
}

const conditions = ({ provinces, filter = {} }: Pick<RegisterQuery, 'provinces' | 'filter'>): readonly (FragmentSqlToken | undefined)[] => {
  const { status, level, standard, trade, orgCodes, text } = RegisterFilter.parse(filter)
  return [
    inProvinces('province', provinces),
    status && sql.fragment`status = any(${sql.array(status, 'text')})`,
    level && sql.fragment`level = any(${sql.array(level, 'text')})`,
    standard && sql.fragment`standard = ${standard}`,
    trade === undefined ? undefined : tradeOrFiner(trade, standard),
    orgCodes && sql.fragment`org_code = any(${sql.array(orgCodes, 'text')})`,
    text === undefined ? undefined : sql.fragment`(name ilike ${`%${likeText(text)}%`} or cons_no like ${`${likeText(text)}%`})`,
  ]
}

/** Codes are kept without their section's letter, and a section is told by the divisions that its own edition gives it. */
const tradeOrFiner = (trade: TradeCode, standard: TradeStandard | undefined): FragmentSqlToken => {
  const code = bareCode(trade)
  if (!/^[A-Z]$/.test(code)) return sql.fragment`trade_code like ${`${code}%`}`
  const sections = (standard ? [standard] : TradeStandard.options).map((edition) => {
    const divisions = DIVISIONS.filter((division) => sectionOf(edition, division) === code)
    return sql.fragment`(standard = ${edition} and (trade_code = ${code} or left(trade_code, 2) = any(${sql.array(divisions, 'text')})))`
  })
  return sql.fragment`(${sql.join(sections, sql.fragment` or `)})`
}
const DIVISIONS = Array.from({ length: 99 }, (_, index) => String(index + 1).padStart(2, '0'))

/** A stay on the list at one level: from a date until the day before another, null while it lasts. */
export const ListedPeriod = z.object({ from: z.string(), to: z.string().nullable(), level: Level })
export type ListedPeriod = z.output<typeof ListedPeriod>

const WithStays = RegisteredUser.extend({ listed: z.array(ListedPeriod) })

/** One user and his stays on the list; undefined when the register does not know him. */
export const getRegistered = async (
  db: Db,
  province: ProvinceCode,
  consNo: ConsNo,
): Promise<{ readonly asOf: AsOf; readonly user: (RegisteredUser & { readonly listed: readonly ListedPeriod[] }) | undefined }> => {
  const { asOf, rows } = await readAsOf(
    db,
    MODEL,
    WithStays,
    sql.fragment`select ${COLUMNS}, coalesce((
        select jsonb_agg(jsonb_build_object('from', on_date, 'to', until, 'level', level) order by on_date)
        from (
          -- a later decision that reaches back cuts off what it overtakes
          select on_date, level, min(on_date) over (order by revision rows between 1 following and unbounded following) as until
          from read_model.high_risk_user_level l where l.province = u.province and l.cons_no = u.cons_no
        ) stay where level is not null and (until is null or on_date < until)
      ), '[]') as listed
      from read_model.high_risk_user u where province = ${province} and cons_no = ${consNo}`,
    'registered-user',
  )
  return { asOf, user: rows[0] }
}

const Listed = z.object({ consNo: z.string().transform((consNo) => consNo as ConsNo), level: Level })

/** Who is listed (在册) in a province at the end of a date, in the order of their numbers, and at which level. */
export const listedOn = async (db: Db, province: ProvinceCode, date: BusinessDate) =>
  readAsOf(
    db,
    MODEL,
    Listed,
    sql.fragment`select cons_no as "consNo", level from (
        select distinct on (cons_no) cons_no, level from read_model.high_risk_user_level
        where province = ${province} and on_date <= ${date} order by cons_no, revision desc
      ) standing where level is not null order by cons_no`,
    'listed-on',
  )

/** The users that the province's daily report of a date must hold. */
export const listedUsers = async (db: Db, province: ProvinceCode, date: BusinessDate): Promise<readonly ConsNo[]> =>
  (await listedOn(db, province, date)).rows.map(({ consNo }) => consNo)

const OnList = z.object({ consNo: ConsNo, standard: TradeStandard, code: TradeCode, listedOn: BusinessDate })

/** Who stands on the list of a province, with his trade; whoever is proposed to leave it is not told of. */
export const onList = (db: Db, province: ProvinceCode): Promise<readonly z.output<typeof OnList>[]> =>
  db.any(sql.type(OnList)`
    select cons_no as "consNo", standard, trade_code as code, listed_on as "listedOn" from read_model.high_risk_user
    where province = ${province} and status = 'listed' order by cons_no`)
