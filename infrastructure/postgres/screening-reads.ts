import type pg from 'pg'
import type { Move, MoveCount, ScreeningEngine } from '#application/ports/screening.ts'
import type { ConsNo, OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import type { Level } from '#domain/shared/level.ts'
import { screeningOutcomes } from './screening-outcomes.ts'
import { RESULT, type ResultRow, type RunRow, resultOf, VIEW, viewOf } from './screening-rows.ts'

const PAGE = 1000

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
    countsIn: async (runIds, province) => {
      const { rows } = await pool.query<{ run_id: string; customers: number; named: number }>(
        `select run_id, count(*)::int as customers, count(level)::int as named from screening.run join screening.result using (run_no)
         where run_id = any($1) and province = $2 group by run_id`,
        [runIds, province],
      )
      return new Map(rows.map(({ run_id, ...counts }) => [run_id, counts]))
    },
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
    ...screeningOutcomes(pool),
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
