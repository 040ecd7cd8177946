import type { DatabasePool, FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { Category, Entry } from '#domain/industry-list/fields.ts'
import type { BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { ProvinceCode, TradeCode, TradeStandard } from '#domain/shared/identity.ts'
import { type ListedTrade, matcherOf } from '#domain/shared/trade.ts'
import { type Answer, type AsOf, readAsOf } from '#projections/shared/as-of.ts'
import { sql } from '#projections/shared/sql.ts'

type Db = Pick<DatabasePool, 'any'>
const MODEL = 'industry-list-in-force'

const EntryRow = Entry.extend({ standard: z.string(), code: z.string(), category: Category, policyRef: z.string().nullable(), note: z.string().nullable() })

/**
 * A version of the list. `state` on the date asked for: draft, revoked, ahead (published, not yet in effect), inForce
 * (现行), superseded.
 */
export const ListVersion = z.object({
  version: z.int(),
  state: z.enum(['draft', 'revoked', 'ahead', 'inForce', 'superseded']),
  basedOn: z.int().nullable(),
  draftedAt: z.string().nullable(),
  draftedBy: z.string().nullable(),
  publishedAt: z.string().nullable(),
  publishedBy: z.string().nullable(),
  effectiveFrom: z.string().nullable(),
  ackDueAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
  revokedBy: z.string().nullable(),
  revokeReason: z.string().nullable(),
  /** Of the stream that holds all versions. */
  revision: z.bigint(),
  trades: z.coerce.number(),
  acknowledged: z.coerce.number(),
})
export type ListVersion = z.output<typeof ListVersion>

/** Of the published and not revoked the latest that has taken effect is in force; drafts stand by their latest number. */
const versions = (date: BusinessDate): FragmentSqlToken => sql.fragment`
  select version, based_on as "basedOn", drafted_at as "draftedAt", drafted_by as "draftedBy", published_at as "publishedAt", published_by as "publishedBy",
    effective_from as "effectiveFrom", ack_due_at as "ackDueAt", revoked_at as "revokedAt", revoked_by as "revokedBy", revoke_reason as "revokeReason",
    max(revision) over () as revision,
    case when status <> 'published' then status
      when effective_from > ${date} then 'ahead'
      when version = max(version) filter (where status = 'published' and effective_from <= ${date}) over () then 'inForce'
      else 'superseded' end as state,
    (select count(*) from read_model.industry_list_trade t where t.version = l.version) as trades,
    (select count(*) from read_model.industry_list_acknowledgement a where a.version = l.version) as acknowledged
  from read_model.industry_list l`

/** All versions, the newest first, as they stand on a date. */
export const listVersions = (db: Db, date: BusinessDate): Promise<Answer<ListVersion>> =>
  readAsOf(db, MODEL, ListVersion, sql.fragment`${versions(date)} order by version desc`)

const Whole = ListVersion.extend({
  entries: z.array(EntryRow),
  diff: z.object({ added: z.array(z.unknown()), removed: z.array(z.unknown()), changed: z.array(z.unknown()) }).nullable(),
})
export type WholeList = z.output<typeof Whole>

const WHOLE = sql.fragment`(
  select coalesce(jsonb_agg(jsonb_build_object('standard', standard, 'code', code, 'includeChildren', include_children, 'category', category,
    'policyRef', policy_ref, 'note', note) order by standard, code), '[]')
  from read_model.industry_list_trade t where t.version = v.version
) as entries, (select diff from read_model.industry_list l where l.version = v.version) as diff`

/** One version with its entries, as it stands on a date; undefined when there is none of that number. */
export const getVersion = async (db: Db, version: number, date: BusinessDate): Promise<{ readonly asOf: AsOf; readonly list: WholeList | undefined }> => {
  const { asOf, rows } = await readAsOf(db, MODEL, Whole, sql.fragment`select v.*, ${WHOLE} from (${versions(date)}) v where version = ${version}`)
  return { asOf, list: rows[0] }
}

/** The list in force on a date (现行清单); undefined before the first took effect. */
export const listInForce = async (db: Db, date: BusinessDate): Promise<{ readonly asOf: AsOf; readonly list: WholeList | undefined }> => {
  const { asOf, rows } = await readAsOf(db, MODEL, Whole, sql.fragment`select v.*, ${WHOLE} from (${versions(date)}) v where state = 'inForce'`)
  return { asOf, list: rows[0] }
}

/** The number of the version in force on a date, 0 when there is none: what a daily report is opened with. */
export const versionInForce = async (db: Db, date: BusinessDate): Promise<number> => {
  const [row] = await db.any(sql.type(z.object({ version: z.int() }))`
    select coalesce(max(version), 0) as version from read_model.industry_list where status = 'published' and effective_from <= ${date}`)
  return row?.version ?? 0
}

/** How a province stands to a version: on time or late once it has acknowledged, else pending or, past the due instant, overdue. */
export const Acknowledgement = z.object({
  province: z.string(),
  state: z.enum(['onTime', 'late', 'pending', 'overdue']),
  at: z.string().nullable(),
  by: z.string().nullable(),
})
export type Acknowledgement = z.output<typeof Acknowledgement>

export type AcknowledgementBoard = {
  readonly asOf: AsOf
  readonly rows: readonly Acknowledgement[]
  /** Two sums each; divided only where a person looks. */
  readonly national: { readonly provinces: number; readonly acknowledged: number; readonly onTime: number; readonly overdue: number }
}

/** 签收情况: every one of the provinces given, also those that have said nothing, in the order given. */
export const acknowledgementBoard = async (db: Db, version: number, provinces: readonly ProvinceCode[], now: Instant): Promise<AcknowledgementBoard> => {
  const { asOf, rows } = await readAsOf(
    db,
    MODEL,
    Acknowledgement,
    sql.fragment`select p.province, a.at, a.by,
        case when a.on_time then 'onTime' when not a.on_time then 'late' when l.ack_due_at < ${now} then 'overdue' else 'pending' end as state
      from unnest(${sql.array([...provinces], 'text')}) with ordinality p (province, place)
      join read_model.industry_list l on l.version = ${version} and l.published_at is not null
      left join read_model.industry_list_acknowledgement a on a.version = l.version and a.province = p.province
      order by p.place`,
  )
  const count = (...states: readonly Acknowledgement['state'][]): number => rows.filter(({ state }) => states.includes(state)).length
  return { asOf, rows, national: { provinces: rows.length, acknowledged: count('onTime', 'late'), onTime: count('onTime'), overdue: count('overdue') } }
}

/** What screening a province by a version came to; all empty while it was not screened. */
export const ScreenedProvince = z.object({
  province: z.string(),
  at: z.string().nullable(),
  runId: z.string().nullable(),
  asOf: z.string().nullable(),
  ruleSetVersion: z.int().nullable(),
  customers: z.int().nullable(),
  named: z.int().nullable(),
  candidates: z.int().nullable(),
  reviews: z.int().nullable(),
})
export type ScreenedProvince = z.output<typeof ScreenedProvince>

/** 重新筛选情况: every one of the provinces given, in the order given; none when there is no such published version. */
export const screeningBoard = (db: Db, version: number, provinces: readonly ProvinceCode[]): Promise<Answer<ScreenedProvince>> =>
  readAsOf(
    db,
    MODEL,
    ScreenedProvince,
    sql.fragment`select p.province, s.at, s.run_id::text as "runId", s.as_of as "asOf", s.rule_set_version as "ruleSetVersion", s.customers, s.named,
        s.candidates, s.reviews
      from unnest(${sql.array([...provinces], 'text')}) with ordinality p (province, place)
      join read_model.industry_list l on l.version = ${version} and l.published_at is not null
      left join read_model.industry_list_screening s on s.version = l.version and s.province = p.province
      order by p.place`,
  )

export type Impact = { readonly province: string; readonly gained: number; readonly lost: number; readonly kept: number }

/**
 * What a list would change (影响预览): of the customers in the register, closed records apart, how many in each province
 * would come under it, fall out of it, or stay, against the list in force on a date.
 */
export const impactPreview = async (
  db: Db,
  draft: readonly ListedTrade[],
  date: BusinessDate,
): Promise<{ readonly asOf: AsOf; readonly provinces: readonly Impact[]; readonly national: Omit<Impact, 'province'> }> => {
  const current = await listInForce(db, date)
  const { asOf, rows } = await readAsOf(
    db,
    'high-risk-user-register',
    z.object({ province: z.string(), standard: z.string(), code: z.string(), users: z.bigint() }),
    sql.fragment`select province, standard, trade_code as code, count(*) as users from read_model.high_risk_user
      where status <> 'closed' group by 1, 2, 3 order by province`,
  )
  const [now, then] = [matcherOf((current.list?.entries ?? []) as unknown as readonly ListedTrade[]), matcherOf(draft)]
  const provinces = new Map<string, { province: string; gained: number; lost: number; kept: number }>()
  for (const { province, standard, code, users } of rows) {
    const impact = provinces.get(province) ?? { province, gained: 0, lost: 0, kept: 0 }
    const trade = { standard: standard as TradeStandard, code: code as TradeCode }
    const [is, would] = [now(trade), then(trade)]
    if (would && !is) impact.gained += Number(users)
    if (is && !would) impact.lost += Number(users)
    if (is && would) impact.kept += Number(users)
    provinces.set(province, impact)
  }
  const all = [...provinces.values()]
  const sum = (of: 'gained' | 'lost' | 'kept'): number => all.reduce((total, one) => total + one[of], 0)
  return { asOf, provinces: all, national: { gained: sum('gained'), lost: sum('lost'), kept: sum('kept') } }
}
