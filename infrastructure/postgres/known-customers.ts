import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { KnownCustomers } from '#application/ports/groups.ts'
import { ConsNo } from '#domain/shared/identity.ts'
import { sql } from '#projections/shared/sql.ts'

const Known = z.object({ consNo: ConsNo })

/** Customers that extraction has brought, on whatever day. */
export const createKnownCustomers =
  (pool: Pick<DatabasePool, 'any'>): KnownCustomers =>
  async (province, consNos) => {
    const rows = await pool.any(sql.type(Known)`
      select asked.cons_no as "consNo" from unnest(${sql.array([...consNos], 'text')}) as asked (cons_no)
      where exists (select from source.customer c where c.province = ${province} and c.cons_no = asked.cons_no)`)
    return new Set(rows.map(({ consNo }) => consNo))
  }
