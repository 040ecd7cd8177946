import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { ConsNo, type ProvinceCode } from '#domain/shared/identity.ts'
import { sql } from '#projections/shared/sql.ts'

const Known = z.object({ consNo: ConsNo })

/** Those of the customers who have a record on the province's register, in whatever state. */
export const knownAmong = async (db: Pick<DatabasePool, 'any'>, province: ProvinceCode, consNos: readonly ConsNo[]): Promise<ReadonlySet<ConsNo>> => {
  const rows = await db.any(sql.type(Known)`
    select cons_no as "consNo" from read_model.high_risk_user where province = ${province} and cons_no = any(${sql.array([...consNos], 'text')})`)
  return new Set(rows.map(({ consNo }) => consNo))
}
