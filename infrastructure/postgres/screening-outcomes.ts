import type pg from 'pg'
import type { Horizon, OutcomeCount, ScreeningEngine } from '#application/ports/screening.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import type { Level } from '#domain/shared/level.ts'
import { settledMonths } from './screening-inputs.ts'
import { transaction } from './transaction.ts'

const RANK = 'case when cardinality(triggers) > 0 then 101 else score end'
/** A number from 0 to 99 that a customer keeps, however often he is asked about. */
const HASH = "mod(hashtextextended(r.province || '/' || r.cons_no, 0) & 9223372036854775807, 100)::int"
/** Those of a part ($3 its beginning, $4 its end), which may run over 100 and begin again at 0. */
const IN_PART = `mod(${HASH} - $3::int + 100, 100) < $4::int - $3::int`

/** What became of the customers of runs after their dates. */
export const screeningOutcomes = (pool: pg.Pool): Pick<ScreeningEngine, 'outcomes' | 'cases'> => ({
  outcomes: async (runId, horizon, part) => {
    const counts = new Map<string, { score: number; level: Level | null; customers: number; bad: number }>()
    await afterwards(pool, runId, horizon, async (client, runNo, province) => {
      const { rows } = await client.query<{ score: number; level: Level | null; customers: number; bad: number }>(
        `select ${RANK} as score, level, count(*)::int as customers, count(b.cons_no)::int as bad
         from screening.result r left join later_bad b using (cons_no)
         where r.run_no = $1 and r.province = $2 and ${IN_PART} group by 1, 2`,
        [runNo, province, part.from, part.to],
      )
      for (const { score, level, customers, bad } of rows) {
        const sum = counts.get(`${score} ${level}`) ?? { score, level, customers: 0, bad: 0 }
        counts.set(`${score} ${level}`, { ...sum, customers: sum.customers + customers, bad: sum.bad + bad })
      }
    })
    return [...counts.values()].toSorted((a, b) => b.score - a.score) satisfies OutcomeCount[]
  },
  cases: async (runId, horizon, part, most) => {
    const cases: { readonly inputs: readonly (number | null)[]; readonly bad: boolean }[] = []
    const run = (await pool.query<{ customers: string }>('select customers from screening.run where run_id = $1', [runId])).rows[0]
    const share = Math.min(1, most / Math.max(1, Number(run?.customers ?? 0))) // of every province alike, whatever its size
    await afterwards(pool, runId, horizon, async (client, runNo, province) => {
      const { rows } = await client.query<{ inputs: (string | null)[]; bad: boolean }>(
        `select r.inputs::text[] as inputs, b.cons_no is not null as bad from screening.result r left join later_bad b using (cons_no)
         where r.run_no = $1 and r.province = $2 and ${IN_PART} order by hashtextextended(r.cons_no, 1), r.cons_no
         limit (select ceil(count(*) * $5::float8) from screening.result where run_no = $1 and province = $2)`,
        [runNo, province, part.from, part.to, share],
      )
      for (const { inputs, bad } of rows) cases.push({ inputs: inputs.map((input) => (input === null ? null : Number(input))), bad })
    })
    return cases
  },
})

/** Calls `look` for each province of a run with a temporary table `later_bad` of those who fell into arrears after the run's date. */
const afterwards = async (
  pool: pg.Pool,
  runId: string,
  { until, graceDays }: Horizon,
  look: (client: pg.PoolClient, runNo: string, province: ProvinceCode) => Promise<void>,
): Promise<void> => {
  const { rows } = await pool.query<{ run_no: string; as_of: string; provinces: ProvinceCode[] }>(
    "select run_no, as_of::text, provinces from screening.run where run_id = $1 and status = 'done'",
    [runId],
  )
  const found = rows[0]
  if (!found) return
  for (const province of found.provinces)
    await transaction(pool, async (client) => {
      await client.query(
        `create temporary table later_bad on commit drop as with ${settledMonths(province, until)}
         select distinct cons_no from settled
         where due > date '${found.as_of}' and due <= date '${until}' and least(settled_on, date '${until}') - due > ${Math.trunc(graceDays)}`,
      )
      await client.query('analyze later_bad')
      await look(client, found.run_no, province)
    })
}
