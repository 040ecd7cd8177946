import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { GroupNo, LinkId } from '#domain/group-user/fields.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { sql } from '#projections/shared/sql.ts'

/** The read model on which these stand. */
export const WORK_MODEL = 'group-user'

type Db = Pick<DatabasePool, 'any'>

const OpenLink = z.object({
  province: ProvinceCode,
  consNo: ConsNo,
  linkId: LinkId,
  confirmed: z.boolean(),
  effectiveFrom: BusinessDate,
  endedOn: BusinessDate.nullable(),
})
type OpenLink = z.output<typeof OpenLink>

const LINK = sql.fragment`l.province, l.cons_no as "consNo", l.link_id as "linkId", l.confirmed, l.effective_from as "effectiveFrom", l.ended_on as "endedOn"`

/** A group's links that are proposed, or confirmed and not over by a date. */
export const openLinks = (db: Db, groupNo: GroupNo, on: BusinessDate): Promise<readonly OpenLink[]> =>
  db.any(sql.type(OpenLink)`
    select ${LINK} from read_model.group_link l
    where l.group_no = ${groupNo} and (l.status = 'proposed' or (l.confirmed and (l.ended_on is null or l.ended_on > greatest(l.effective_from, ${on}::date))))
    order by l.province, l.cons_no, l.link_id`)

/** Groups whose merge or split is approved and neither carried out nor called off. */
export const unfinishedGroups = async (db: Db, limit: number): Promise<readonly GroupNo[]> => {
  const rows = await db.any(sql.type(z.object({ groupNo: GroupNo }))`
    select group_no as "groupNo" from read_model.group_user where status = 'merging'
    union
    select c.group_no from (
      select distinct on (group_no) group_no, type from read_model.group_change
      where type in ('SplitApproved', 'SplitRejected', 'GroupSplit') order by group_no, revision desc) c
    where c.type = 'SplitApproved'
    order by 1 limit ${limit}`)
  return rows.map(({ groupNo }) => groupNo)
}

/** Links that are proposed, or confirmed beyond the day the group went, in groups that were merged or dissolved. */
export const strayLinks = (db: Db, limit: number): Promise<readonly (OpenLink & { readonly groupNo: GroupNo })[]> =>
  db.any(sql.type(OpenLink.extend({ groupNo: GroupNo }))`
    select ${LINK}, l.group_no as "groupNo"
    from read_model.group_user g join read_model.group_link l using (group_no)
    where g.status in ('merged', 'dissolved')
      and (l.status = 'proposed' or (l.confirmed and (l.ended_on is null or l.ended_on > greatest(l.effective_from, coalesce(g.merged_on, g.dissolved_on)))))
    order by l.group_no, l.province, l.cons_no limit ${limit}`)

/** The read models on which alarms stand. */
export const ALARM_MODELS = [WORK_MODEL, 'high-risk-user-register'] as const

const Alarming = z.object({ groupNo: GroupNo, province: ProvinceCode, consNo: ConsNo, since: BusinessDate, provinces: z.array(ProvinceCode) })
type Alarming = z.output<typeof Alarming>

/** Members who stand at level I on a date and of whom their group was not told, with the other provinces in which it has members. */
export const alarmingMembers = (db: Db, today: BusinessDate, limit: number): Promise<readonly Alarming[]> =>
  db.any(sql.type(Alarming)`
    with grave as (
      select u.province, u.cons_no, l.on_date as since
      from read_model.high_risk_user u
      join lateral (
        select on_date from read_model.high_risk_user_level l
        where l.province = u.province and l.cons_no = u.cons_no order by l.revision desc limit 1) l on true
      where u.level = 'I' and u.status in ('listed', 'delist-pending'))
    select m.group_no as "groupNo", g.province, g.cons_no as "consNo", g.since, array(
      select distinct o.province from read_model.group_membership o
      where o.group_no = m.group_no and o.valid_from <= ${today}::date and o.valid_to > ${today}::date and o.province <> g.province order by 1) as provinces
    from grave g
    join read_model.group_membership m on m.province = g.province and m.cons_no = g.cons_no and m.valid_from <= ${today}::date and m.valid_to > ${today}::date
    join read_model.group_user u on u.group_no = m.group_no and u.status in ('active', 'merging')
    where not exists (
      select from read_model.group_change c
      where c.group_no = m.group_no and c.type = 'MemberAlarmed' and c.province = g.province and c.cons_no = g.cons_no and c.detail ->> 'since' = g.since::text)
    order by 1, 2, 3 limit ${limit}`)
