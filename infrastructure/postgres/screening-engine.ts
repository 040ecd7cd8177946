import pg from 'pg'
import type { RunOrder, ScreeningEngine } from '#application/ports/screening.ts'
import type { ProvinceCode, TradeCode, TradeStandard } from '#domain/shared/identity.ts'
import { measuring } from './screening-inputs.ts'
import { type RunRow, screeningReads, VIEW, viewOf } from './screening-reads.ts'
import { scoreStatement } from './screening-score.ts'

/**
 * Large sorts in memory, of one province at a time; two provinces at once fill two cores. Bills and payments come from their
 * keys in order of customer, so merging them needs no hashing; a planner that guesses their number wrong would hash or loop.
 */
const SESSION = '-c jit=off -c enable_hashjoin=off -c enable_nestloop=off -c work_mem=128MB -c hash_mem_multiplier=2 -c max_parallel_workers_per_gather=0'
const AT_ONCE = 2

/** Screening over the tables of `source`, on connections of its own. */
export const openScreeningEngine = (url: string): { readonly engine: ScreeningEngine; readonly close: () => Promise<void> } => {
  const pool = new pg.Pool({ connectionString: url, application_name: 'epm screening', options: SESSION, max: AT_ONCE + 2, connectionTimeoutMillis: 10_000 })
  pool.on('error', () => undefined) // told by the next answer; without a listener it would end the process
  return {
    engine: { ...screeningReads(pool), run: (order, progress = () => undefined) => run(pool, order, progress) },
    close: () => pool.end(),
  }
}

const run = async (pool: pg.Pool, order: RunOrder, progress: (done: number, of: number) => void): ReturnType<ScreeningEngine['run']> => {
  const begun = await begin(pool, order)
  if (begun === undefined) {
    const { rows } = await pool.query<RunRow>(`select ${VIEW} from screening.run where run_id = $1`, [order.runId])
    return viewOf(rows[0]!)
  }
  try {
    const trades = await listedTrades(pool, order)
    const left = [...order.provinces]
    const work = async (): Promise<void> => {
      for (let province = left.shift(); province !== undefined; province = left.shift()) {
        await screenProvince(pool, begun, order, province, trades)
        progress(order.provinces.length - left.length, order.provinces.length)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    return await finish(pool, begun)
  } catch (error) {
    await pool.query(`drop table if exists screening.result_${begun}`).catch(() => undefined)
    await pool
      .query("update screening.run set status = 'failed', finished_at = now(), fault = $2 where run_no = $1", [
        begun,
        error instanceof Error ? error.message : String(error),
      ])
      .catch(() => undefined)
    throw error
  }
}

/** Answers the number of the run; undefined when a run of this id stands or is under way. One that failed begins anew. */
const begin = async (pool: pg.Pool, order: RunOrder): Promise<string | undefined> => {
  const { rows } = await pool.query<{ run_no: string }>(
    `insert into screening.run as r (run_id, purpose, as_of, provinces, rule_set_version, content, industry_list_version, measures, status, requested_by, started_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'running', $9, $10)
     on conflict (run_id) do update set status = 'running', fault = null, finished_at = null where r.status = 'failed' returning run_no`,
    [
      order.runId,
      order.purpose,
      order.asOf,
      order.provinces,
      order.ruleSetVersion,
      JSON.stringify(order.content),
      order.industryListVersion,
      order.scoring.measures.map(({ name }) => name),
      order.by,
      order.at,
    ],
  )
  const begun = rows[0]?.run_no
  if (begun !== undefined) await pool.query(`create table screening.result_${begun} partition of screening.result for values in (${begun})`)
  return begun
}

type Trades = { readonly standards: readonly string[]; readonly codes: readonly string[] }

/** The trades that occur among the customers and are on the list. */
const listedTrades = async (pool: pg.Pool, { provinces, isListed }: RunOrder): Promise<Trades> => {
  const { rows } = await pool.query<{ standard: TradeStandard; code: TradeCode }>(
    'select distinct trade_standard as standard, trade_code as code from source.customer where province = any($1)',
    [provinces],
  )
  const listed = rows.filter(({ standard, code }) => isListed(standard, code))
  return { standards: listed.map(({ standard }) => standard), codes: listed.map(({ code }) => code) }
}

const screenProvince = async (pool: pg.Pool, runNo: string, order: RunOrder, province: ProvinceCode, trades: Trades): Promise<void> => {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query('create temporary table listed_trade (standard text, code text) on commit drop')
    await client.query('insert into listed_trade select * from unnest($1::text[], $2::text[])', [trades.standards, trades.codes])
    for (const statement of measuring(order.scoring, province, order.asOf)) await client.query(statement)
    await client.query('analyze profile, account')
    await client.query(scoreStatement(runNo, province, order.scoring))
    await client.query('commit')
    client.release()
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    client.release(true)
    throw error
  }
}

const finish = async (pool: pg.Pool, runNo: string): ReturnType<ScreeningEngine['run']> => {
  await pool.query(`alter table screening.result_${runNo} add primary key (province, cons_no)`)
  await pool.query(`create index on screening.result_${runNo} (score desc, province, cons_no) where level is not null`)
  await pool.query(`analyze screening.result_${runNo}`)
  const { rows } = await pool.query<RunRow>(
    `update screening.run set status = 'done', finished_at = now(), (customers, named) = (select count(*), count(level) from screening.result_${runNo})
     where run_no = $1 returning ${VIEW}`,
    [runNo],
  )
  return viewOf(rows[0]!)
}
