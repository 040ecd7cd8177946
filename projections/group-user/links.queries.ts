import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { GroupNo, LinkId, LinkStatus } from '#domain/group-user/fields.ts'
import { BusinessDate, type BusinessDate as Day, Instant } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { type Page, readPage, type SortKey } from '#projections/shared/page.ts'
import { inProvinces, sql, where } from '#projections/shared/sql.ts'
import { GROUP_MODEL } from './directory.queries.ts'

type Db = Pick<DatabasePool, 'any'>

/** A link as it is shown: who belonged to the group from when to when, and how it came about. */
export const LinkEntry = z
  .object({
    province: ProvinceCode,
    consNo: ConsNo,
    name: z.string().nullable(),
    linkId: LinkId,
    groupNo: GroupNo,
    status: LinkStatus,
    basis: z.string().nullable(),
    shareBasisPoints: z.int().nullable(),
    effectiveFrom: BusinessDate,
    endedOn: BusinessDate.nullable(),
    reason: z.string().nullable(),
    cause: z.string().nullable(),
    proposedBy: z.string(),
    proposedAt: Instant,
    decidedBy: z.string().nullable(),
    decidedAt: Instant.nullable(),
  })
  .meta({ id: 'GroupLinkEntry' })
export type LinkEntry = z.output<typeof LinkEntry>

const COLUMNS = sql.fragment`l.province, l.cons_no as "consNo", c.name, l.link_id as "linkId", l.group_no as "groupNo", l.status, l.basis,
  l.share_basis_points as "shareBasisPoints", l.effective_from as "effectiveFrom", l.ended_on as "endedOn", l.reason, l.cause, l.proposed_by as "proposedBy",
  l.proposed_at as "proposedAt", l.decided_by as "decidedBy", l.decided_at as "decidedAt"`
const NAMED = sql.fragment`left join lateral (
  select name from source.customer c where c.province = l.province and c.cons_no = l.cons_no order by c.extracted_on desc limit 1) c on true`
const KEYS: readonly SortKey[] = [
  { expression: sql.fragment`l.province`, type: 'text' },
  { expression: sql.fragment`l.cons_no`, type: 'text' },
  { expression: sql.fragment`l.link_id`, type: 'text' },
]
const BY_CUSTOMER = { direction: 'asc', keys: KEYS, keysOf: (link: LinkEntry) => [link.province, link.consNo, link.linkId] } as const

export type MembersAsked = {
  readonly groupNo: GroupNo
  readonly provinces: readonly ProvinceCode[] | undefined
  readonly on: Day
  /** Everybody who ever was, and what was proposed and rejected; else the members of the date. */
  readonly history: boolean
  readonly descendants: boolean
  readonly cursor?: string | undefined
  readonly limit: number
}

/** The members of a group, by province and number. */
export const groupMembers = async (db: Db, asked: MembersAsked): Promise<Page<LinkEntry> | 'BAD_CURSOR'> => {
  const { groupNo, on, history, descendants, provinces, cursor, limit } = asked
  return readPage(
    db,
    GROUP_MODEL,
    LinkEntry,
    { ...BY_CUSTOMER, order: 'group-members', cursor, limit },
    (slice) => sql.fragment`select ${COLUMNS} from read_model.group_link l
      join read_model.group_ancestor t on t.ancestor = ${groupNo} and t.group_no = l.group_no and t.valid_from <= ${on}::date and t.valid_to > ${on}::date
        and (t.depth = 0 or ${descendants}) ${NAMED}
      ${where([
        history ? undefined : sql.fragment`l.confirmed and l.effective_from <= ${on}::date and coalesce(l.ended_on, '9999-12-31') > ${on}::date`,
        inProvinces('l.province', provinces),
        slice.after,
      ])} ${slice.order} ${slice.limit}`,
  )
}

/** 'proposed' waits for confirmation; 'ending' was confirmed with an end in the days to come. */
export const LinkTask = z.enum(['proposed', 'ending'])
export type LinkTask = z.output<typeof LinkTask>

export type LinkTasksAsked = {
  readonly provinces: readonly ProvinceCode[] | undefined
  readonly kind: LinkTask
  readonly today: Day
  /** What ends by this day. */
  readonly until: Day
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Links on which somebody has to act. */
export const linkTasks = async (db: Db, asked: LinkTasksAsked): Promise<Page<LinkEntry> | 'BAD_CURSOR'> =>
  readPage(
    db,
    GROUP_MODEL,
    LinkEntry,
    { ...BY_CUSTOMER, order: `link-tasks-${asked.kind}`, cursor: asked.cursor, limit: asked.limit },
    (slice) => sql.fragment`select ${COLUMNS} from read_model.group_link l ${NAMED}
      ${where([
        asked.kind === 'proposed'
          ? sql.fragment`l.status = 'proposed'`
          : sql.fragment`l.confirmed and l.ended_on > ${asked.today}::date and l.ended_on <= ${asked.until}::date`,
        inProvinces('l.province', asked.provinces),
        slice.after,
      ])} ${slice.order} ${slice.limit}`,
  )

/** How well a province's customers are linked on a day. */
export const LinkQuality = z
  .object({
    province: ProvinceCode,
    linked: z.int().describe('Customers who are members of a group'),
    proposed: z.int().describe('Links that wait for confirmation'),
    suggested: z.int().describe('Customers for whom a link is suggested and neither made nor dismissed'),
    conflicting: z.int().describe('Customers for whom a link to another group than their own is proposed, or who carry the code of another group'),
    ending: z.int().describe('Links that end within 30 days'),
    unknown: z.int().describe('Members whom extraction has never brought'),
  })
  .meta({ id: 'LinkQuality' })
export type LinkQuality = z.output<typeof LinkQuality>
