import type pg from 'pg'
import type { Horizon, Move, MoveCount, OutcomeCount, Purpose, Result, RunView, ScreeningEngine } from '#application/ports/screening.ts'
import type { BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { ConsNo, OrgCode, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import type { Level } from '#domain/shared/level.ts'
import { settledMonths } from './screening-inputs.ts'

export type RunRow = {
  readonly run_no: string
  readonly run_id: string
  readonly purpose: string
  readonly status: string
  readonly as_of: string
  readonly provinces: string[]
  readonly rule_set_version: number
  readonly industry_list_version: number
  readonly measures: string[]
  readonly content: unknown
  readonly customers: string
  readonly named: string
  readonly requested_by: string
  readonly started_at: Date
  readonly finished_at: Date | null
}
export const VIEW = `run_no, run_id, purpose, status, as_of::text, provinces, rule_set_version, industry_list_version, measures, content, customers, named, requested_by, started_at, finished_at`

// Written by this program from checked values; here they only take their types again.
export const viewOf = (row: RunRow): RunView => ({
  runId: row.run_id,
  purpose: row.purpose as Purpose,
  status: row.status as RunView['status'],
  asOf: row.as_of as BusinessDate,
  provinces: row.provinces as ProvinceCode[],
  ruleSetVersion: row.rule_set_version,
  industryListVersion: row.industry_list_version,
  measures: row.measures as unknown as RunView['measures'],
  content: row.content,
  customers: Number(row.customers),
  named: Number(row.named),
  by: row.requested_by as UserId,
  startedAt: row.started_at.toISOString() as Instant,
  finishedAt: (row.finished_at?.toISOString() as Instant | undefined) ?? null,
})

type ResultRow = {
  readonly province: string
  readonly cons_no: string
  readonly org_code: string
  readonly score: number
  readonly level: string | null
  readonly triggers: string[]
  readonly inputs: (string | null)[]
}
const RESULT = 'province, cons_no, org_code, score, level, triggers, inputs::text[] as inputs'
const resultOf = (row: ResultRow): Result => ({
  province: row.province as ProvinceCode,
  consNo: row.cons_no as ConsNo,
  orgCode: row.org_code as OrgCode,
  score: row.score,
  level: row.level as Level | null,
  triggers: row.triggers,
  inputs: row.inputs.map((input) => (input === null ? null : BigInt(input))),
})

const PAGE = 1000
const RANK = 'case when cardinality(triggers) > 0 then 101 else score end'
/** A number from 0 to 99 that a customer keeps, however often he is asked about. */
const HASH = "mod(hashtextextended(r.province || '/' || r.cons_no, 0) & 9223372036854775807, 100)"

/** What runs have found. Answers of a run that is not done are empty. */
export const screeningReads = (pool: pg.Pool): Omit<ScreeningEngine, 'run' | 'tidy'> => {
  const numberOf = async (runId: string): Promise<string | undefined> =>
    (await pool.query<{ run_no: string }>("select run_no from screening.run where run_id = $1 and status = 'done'", [runId])).rows[0]?.run_no
  const results: ScreeningEngine['results'] = async (runId, province, consNos) => {
    const runNo = await numberOf(runId)
    if (runNo === undefined) return []
    const { rows } = await pool.query<ResultRow>(`select ${RESULT} from screening.result where run_no = $1 and province = $2 and cons_no = any($3)`, [
      runNo,
      province,
      consNos,
    ])
    return rows.map(resultOf)
  }
  return {
    find: async (runId) => (await pool.query<RunRow>(`select ${VIEW} from screening.run where run_id = $1`, [runId])).rows.map(viewOf)[0],
    list: async (provinces, limit) =>
      (
        await pool.query<RunRow>(`select ${VIEW} from screening.run where $1::text[] is null or provinces && $1::text[] order by run_no desc limit $2`, [
          provinces ?? null,
          limit,
        ])
      ).rows.map(viewOf),
    named: async (runId, { provinces, level }, { after, limit }) => {
      const runNo = await numberOf(runId)
      if (runNo === undefined) return []
      const { rows } = await pool.query<ResultRow>(
        `select ${RESULT} from screening.result
         where run_no = $1 and level is not null and ($2::text[] is null or province = any($2)) and ($3::text is null or level = $3)
           and ($4::int is null or (-score, province, cons_no) > (-$4::int, $5::text, $6::text))
         order by score desc, province, cons_no limit $7`,
        [runNo, provinces ?? null, level ?? null, after?.score ?? null, after?.province ?? null, after?.consNo ?? null, limit],
      )
      return rows.map(resultOf)
    },
    result: async (runId, province, consNo) => (await results(runId, province, [consNo]))[0],
    results,
    compare: async (before, after) => {
      const [from, to] = [await numberOf(before), await numberOf(after)]
      if (from === undefined || to === undefined) return []
      const { rows } = await pool.query<{ province: string; from_level: string | null; to_level: string | null; customers: number }>(
        `select province, a.level as from_level, b.level as to_level, count(*)::int as customers
         from (select * from screening.result where run_no = $1) a full join (select * from screening.result where run_no = $2) b using (province, cons_no)
         where a.level is not null or b.level is not null group by 1, 2, 3 order by 1, 2, 3`,
        [from, to],
      )
      return rows.map(
        ({ province, from_level, to_level, customers }): MoveCount => ({
          province: province as ProvinceCode,
          fromLevel: from_level as Level | null,
          toLevel: to_level as Level | null,
          customers,
        }),
      )
    },
    moves: (before, after, provinces) => moves(pool, numberOf, [before, after], provinces),
    outcomes: async (runId, horizon, part) => {
      const counts = new Map<string, { score: number; level: Level | null; customers: number; bad: number }>()
      await afterwards(pool, runId, horizon, async (client, runNo, province) => {
        const { rows } = await client.query<{ score: number; level: Level | null; customers: number; bad: number }>(
          `select ${RANK} as score, level, count(*)::int as customers, count(b.cons_no)::int as bad
           from screening.result r left join later_bad b using (cons_no)
           where r.run_no = $1 and r.province = $2 and ${HASH} >= $3 and ${HASH} < $4 group by 1, 2`,
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
      const run = (await pool.query<{ provinces: string[] }>('select provinces from screening.run where run_id = $1', [runId])).rows[0]
      const each = Math.ceil(most / Math.max(1, run?.provinces.length ?? 1))
      await afterwards(pool, runId, horizon, async (client, runNo, province) => {
        const { rows } = await client.query<{ inputs: (string | null)[]; bad: boolean }>(
          `select r.inputs::text[] as inputs, b.cons_no is not null as bad from screening.result r left join later_bad b using (cons_no)
           where r.run_no = $1 and r.province = $2 and ${HASH} >= $3 and ${HASH} < $4 order by hashtextextended(r.cons_no, 1), r.cons_no limit $5`,
          [runNo, province, part.from, part.to, each],
        )
        for (const { inputs, bad } of rows) cases.push({ inputs: inputs.map((input) => (input === null ? null : Number(input))), bad })
      })
      return cases
    },
    forget: async (runId) => {
      const { rows } = await pool.query<{ run_no: string }>('delete from screening.run where run_id = $1 returning run_no', [runId])
      for (const { run_no } of rows) await pool.query(`drop table if exists screening.result_${run_no}`)
    },
  }
}

async function* moves(
  pool: pg.Pool,
  numberOf: (runId: string) => Promise<string | undefined>,
  [before, after]: readonly [string, string],
  provinces: readonly ProvinceCode[] | undefined,
): AsyncGenerator<readonly Move[]> {
  const [from, to] = [await numberOf(before), await numberOf(after)]
  if (from === undefined || to === undefined) return
  for (let last: readonly [string, string] = ['', '']; ; ) {
    const { rows } = await pool.query<{
      province: string
      cons_no: string
      org_code: string
      from_level: string | null
      to_level: string | null
      from_score: number
      to_score: number
    }>(
      `select province, cons_no, coalesce(b.org_code, a.org_code) as org_code, a.level as from_level, b.level as to_level, coalesce(a.score, 0) as from_score, coalesce(b.score, 0) as to_score
       from (select * from screening.result where run_no = $1 and (province, cons_no) > ($3, $4)) a
       full join (select * from screening.result where run_no = $2 and (province, cons_no) > ($3, $4)) b using (province, cons_no)
       where a.level is distinct from b.level and ($5::text[] is null or province = any($5)) order by province, cons_no limit ${PAGE}`,
      [from, to, ...last, provinces ?? null],
    )
    yield rows.map((row) => ({
      province: row.province as ProvinceCode,
      consNo: row.cons_no as ConsNo,
      orgCode: row.org_code as OrgCode,
      fromLevel: row.from_level as Level | null,
      toLevel: row.to_level as Level | null,
      fromScore: row.from_score,
      toScore: row.to_score,
    }))
    const end = rows.at(-1)
    if (end === undefined || rows.length < PAGE) return
    last = [end.province, end.cons_no]
  }
}

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
  for (const province of found.provinces) {
    const client = await pool.connect()
    try {
      await client.query('begin')
      await client.query(
        `create temporary table later_bad on commit drop as with ${settledMonths(province, until)}
         select distinct cons_no from settled
         where due > date '${found.as_of}' and due <= date '${until}' and least(settled_on, date '${until}') - due > ${Math.trunc(graceDays)}`,
      )
      await client.query('analyze later_bad')
      await look(client, found.run_no, province)
      await client.query('commit')
      client.release()
    } catch (error) {
      await client.query('rollback').catch(() => undefined)
      client.release(true)
      throw error
    }
  }
}
