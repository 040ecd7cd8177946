import pg from 'pg'
import type { RunOrder, ScreeningEngine } from '#application/ports/screening.ts'
import type { ProvinceCode, TradeCode, TradeStandard } from '#domain/shared/identity.ts'
import { measuring } from './screening-inputs.ts'
import { screeningReads } from './screening-reads.ts'
import { begin, buryDead, fail, finish, forgetOld, withSession } from './screening-runs.ts'
import { scoreStatement } from './screening-score.ts'
import { transaction } from './transaction.ts'

/**
 * Large sorts in memory, of one province at a time; two provinces at once fill two cores. Bills and payments come from their
 * keys in order of customer, so merging and adding them up needs no hashing, and little memory; a planner that guesses their
 * number wrong would hash or loop.
 */
const SESSION =
  '-c jit=off -c enable_hashjoin=off -c enable_nestloop=off -c enable_hashagg=off -c work_mem=128MB -c maintenance_work_mem=256MB -c max_parallel_workers_per_gather=0'
const AT_ONCE = 2

/** Screening over the tables of `source`, on connections of its own. */
export const openScreeningEngine = (url: string): { readonly engine: ScreeningEngine; readonly close: () => Promise<void> } => {
  const pool = new pg.Pool({ connectionString: url, application_name: 'epm screening', options: SESSION, max: AT_ONCE + 2, connectionTimeoutMillis: 10_000 })
  pool.on('error', () => undefined) // told by the next answer; without a listener it would end the process
  return {
    engine: {
      ...screeningReads(pool),
      run: (order, progress = () => undefined) => run({ url, pool }, order, progress),
      tidy: (keep) => withSession(url, async (session) => ({ dead: await buryDead(session), forgotten: await forgetOld(session, keep) })),
    },
    close: () => pool.end(),
  }
}

type Context = { readonly url: string; readonly pool: pg.Pool }

const run = ({ url, pool }: Context, order: RunOrder, progress: (done: number, of: number) => void): ReturnType<ScreeningEngine['run']> =>
  withSession(url, async (session) => {
    const begun = await begin(session, order)
    if (!('runNo' in begun)) return begun
    const { runNo } = begun
    try {
      const trades = await listedTrades(pool, order)
      const left = [...order.provinces]
      const work = async (): Promise<void> => {
        for (let province = left.shift(); province !== undefined; province = left.shift()) {
          await screenProvince(pool, runNo, order, province, trades)
          progress(order.provinces.length - left.length, order.provinces.length)
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, work))
      return await finish(session, runNo)
    } catch (error) {
      await fail(pool, runNo, error)
      throw error
    }
  })

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

const screenProvince = async (pool: pg.Pool, runNo: string, order: RunOrder, province: ProvinceCode, trades: Trades): Promise<void> =>
  transaction(pool, async (client) => {
    await client.query('create temporary table listed_trade (standard text, code text) on commit drop')
    await client.query('insert into listed_trade select * from unnest($1::text[], $2::text[])', [trades.standards, trades.codes])
    for (const statement of measuring(order.scoring, province, order.asOf)) await client.query(statement)
    await client.query('analyze profile, account')
    await client.query(scoreStatement(runNo, province, order.scoring))
  })
