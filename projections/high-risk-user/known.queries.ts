import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { UserStatus } from '#domain/high-risk-user/fields.ts'
import { ConsNo, type ProvinceCode } from '#domain/shared/identity.ts'
import { sql } from '#projections/shared/sql.ts'

const Known = z.object({ consNo: ConsNo, status: UserStatus })

/** In what state those of the customers are who have a record on the province's register. */
export const statusesAmong = async (
  db: Pick<DatabasePool, 'any'>,
  province: ProvinceCode,
  consNos: readonly ConsNo[],
): Promise<ReadonlyMap<ConsNo, UserStatus>> => {
  const rows = await db.any(sql.type(Known)`
    select cons_no as "consNo", status from read_model.high_risk_user where province = ${province} and cons_no = any(${sql.array([...consNos], 'text')})`)
  return new Map(rows.map(({ consNo, status }) => [consNo, status]))
}
