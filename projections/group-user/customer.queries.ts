import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { GroupNo } from '#domain/group-user/fields.ts'
import { BusinessDate, type BusinessDate as Day } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'
import { readAsOf } from '#projections/shared/as-of.ts'
import { inProvinces, sql, where } from '#projections/shared/sql.ts'
import { GROUP_MODEL } from './directory.queries.ts'

/** The group to which a customer belongs on a date; members and levels are of those whom the caller may see. */
export const GroupOfCustomer = z
  .object({
    groupNo: GroupNo,
    name: z.string(),
    since: BusinessDate,
    members: z.int(),
    listed: z.int().describe('Members listed as high-risk users'),
    worstLevel: Level.nullable(),
  })
  .meta({ id: 'GroupOfCustomer' })
export type GroupOfCustomer = z.output<typeof GroupOfCustomer>

type Customer = { readonly province: ProvinceCode; readonly consNo: ConsNo }

/** A customer's group on a date, with the worst level at which one of its members stands; undefined when he belongs to none. */
export const groupOfCustomer = async (
  db: Pick<DatabasePool, 'any'>,
  { province, consNo }: Customer,
  date: Day,
  provinces: readonly ProvinceCode[] | undefined,
) => {
  const { asOf, rows } = await readAsOf(
    db,
    GROUP_MODEL,
    GroupOfCustomer,
    sql.fragment`select own.group_no as "groupNo", g.name, own.valid_from as since, seen.members, seen.listed, seen.worst as "worstLevel"
      from read_model.group_membership own join read_model.group_user g using (group_no)
      cross join lateral (
        select count(*)::int as members, count(l.level)::int as listed, min(l.level) as worst
        from read_model.group_membership m left join lateral (
          select h.level from read_model.high_risk_user_level h
          where h.province = m.province and h.cons_no = m.cons_no and h.on_date <= ${date}::date order by h.revision desc limit 1) l on true
        ${where([sql.fragment`m.group_no = own.group_no and m.valid_from <= ${date}::date and m.valid_to > ${date}::date`, inProvinces('m.province', provinces)])}) seen
      where own.province = ${province} and own.cons_no = ${consNo} and own.valid_from <= ${date}::date and own.valid_to > ${date}::date`,
  )
  return { asOf, group: rows[0] }
}
