import type { DatabasePool, FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { GroupNo } from '#domain/group-user/fields.ts'
import { addDays, type BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { type AsOf, readAsOf } from '#projections/shared/as-of.ts'
import { type Page, readPage, type SortKey } from '#projections/shared/page.ts'
import { inProvinces, sql, where } from '#projections/shared/sql.ts'
import { GROUP_MODEL } from './directory.queries.ts'
import { LinkQuality } from './links.queries.ts'

type Db = Pick<DatabasePool, 'any'>

export const SuggestionReason = z.enum(['group-uscc', 'member-uscc', 'same-name', 'similar-name'])
export type SuggestionReason = z.output<typeof SuggestionReason>

/** A link that is suggested: accepted by proposing it, or dismissed with `facts`; then it stays away while the facts are the same. */
export const Suggestion = z
  .object({
    province: ProvinceCode,
    consNo: ConsNo,
    name: z.string(),
    uscc: z.string().nullable(),
    groupNo: GroupNo,
    groupName: z.string(),
    groupUscc: z.string().nullable(),
    reason: SuggestionReason,
    score: z.int(),
    facts: z.string(),
  })
  .meta({ id: 'LinkSuggestion' })
export type Suggestion = z.output<typeof Suggestion>

/** Neither a member now or later, nor proposed to that group, nor dismissed for the same facts; and the group still takes members. */
const standing = (today: BusinessDate): FragmentSqlToken => sql.fragment`
  g.status = 'active'
  and not exists (select from read_model.group_membership m where m.province = s.province and m.cons_no = s.cons_no and m.valid_to > ${today}::date)
  and not exists (select from read_model.group_link l where l.province = s.province and l.cons_no = s.cons_no and l.group_no = s.group_no and l.status = 'proposed')
  and not exists (select from read_model.group_dismissal d where d.province = s.province and d.cons_no = s.cons_no and d.group_no = s.group_no and d.facts = s.facts)`

const KEYS: readonly SortKey[] = [
  { expression: sql.fragment`-s.score::int8`, type: 'int8' },
  { expression: sql.fragment`s.province`, type: 'text' },
  { expression: sql.fragment`s.cons_no`, type: 'text' },
  { expression: sql.fragment`s.group_no`, type: 'text' },
]

export type SuggestionsAsked = {
  readonly provinces: readonly ProvinceCode[] | undefined
  readonly today: BusinessDate
  readonly groupNo?: GroupNo | undefined
  readonly reasons?: readonly SuggestionReason[] | undefined
  readonly minScore?: number | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Suggested links, the surest first; 'BAD_CURSOR' for a cursor that is none. */
export const suggestions = async (db: Db, asked: SuggestionsAsked): Promise<Page<Suggestion> | 'BAD_CURSOR'> => {
  const keysOf = (row: Suggestion) => [String(-row.score), row.province, row.consNo, row.groupNo]
  return readPage(
    db,
    GROUP_MODEL,
    Suggestion,
    { order: 'suggestions', direction: 'asc', keys: KEYS, keysOf, cursor: asked.cursor, limit: asked.limit },
    (
      slice,
    ) => sql.fragment`select s.province, s.cons_no as "consNo", c.name, c.uscc, s.group_no as "groupNo", g.name as "groupName", g.uscc as "groupUscc", s.reason, s.score, s.facts
      from group_figure.suggestion s join group_figure.customer c using (province, cons_no) join read_model.group_user g on g.group_no = s.group_no
      ${where([
        standing(asked.today),
        inProvinces('s.province', asked.provinces),
        asked.groupNo && sql.fragment`s.group_no = ${asked.groupNo}`,
        asked.reasons && sql.fragment`s.reason = any(${sql.array([...asked.reasons], 'text')})`,
        asked.minScore === undefined ? undefined : sql.fragment`s.score >= ${asked.minScore}`,
        slice.after,
      ])} ${slice.order} ${slice.limit}`,
  )
}

const SOON_DAYS = 30

/** The quality of links by province (关联质量), on a day. */
export const linkQuality = async (
  db: Db,
  on: BusinessDate,
  provinces: readonly ProvinceCode[],
): Promise<{ readonly asOf: AsOf; readonly rows: readonly LinkQuality[] }> =>
  readAsOf(
    db,
    GROUP_MODEL,
    LinkQuality,
    sql.fragment`
      with place as (select unnest(${sql.array([...provinces], 'text')}) as province),
      member as materialized (
        select m.province, m.cons_no, m.group_no, m.valid_to from read_model.group_membership m join place using (province)
        where m.valid_from <= ${on}::date and m.valid_to > ${on}::date),
      waiting as materialized (select l.province, l.cons_no, l.group_no from read_model.group_link l join place using (province) where l.status = 'proposed')
      select p.province, coalesce(m.linked, 0)::int as linked, coalesce(w.proposed, 0)::int as proposed, coalesce(s.suggested, 0)::int as suggested,
        coalesce(x.conflicting, 0)::int as conflicting, coalesce(m.ending, 0)::int as ending, coalesce(m.unknown, 0)::int as unknown
      from place p
      left join (
        select m.province, count(*) as linked, count(*) filter (where m.valid_to <= ${addDays(on, SOON_DAYS)}::date) as ending,
          count(*) filter (where not exists (select from source.customer c where c.province = m.province and c.cons_no = m.cons_no)) as unknown
        from member m group by m.province) m using (province)
      left join (select province, count(*) as proposed from waiting group by province) w using (province)
      left join (
        select s.province, count(distinct s.cons_no) as suggested from group_figure.suggestion s join place using (province)
        join read_model.group_user g on g.group_no = s.group_no where ${standing(on)} group by s.province) s using (province)
      left join (
        select province, count(*) as conflicting from (
          select m.province, m.cons_no from member m join waiting w using (province, cons_no) where w.group_no <> m.group_no
          union
          select m.province, m.cons_no from member m join group_figure.suggestion s using (province, cons_no) where s.reason = 'group-uscc' and s.group_no <> m.group_no
        ) x group by province) x using (province)
      order by p.province`,
  )
