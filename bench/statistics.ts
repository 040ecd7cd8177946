import type { DatabasePool } from 'slonik'
import { addDays, type BusinessDate, monthOf } from '#domain/shared/dates.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { ensureGeneration } from '#infrastructure/postgres/read-model-generations.ts'
import { OPEN_VERSION } from '#projections/daily-report/national-day/columns.ts'
import { recompute } from '#projections/daily-report/national-day/recompute.ts'
import { ensureMonths } from '#projections/daily-report/national-day/seal.ts'
import { dailyStatistics } from '#projections/daily-report/national-day.queries.ts'
import { nationalDay } from '#projections/daily-report/national-day.ts'
import { run, sql, text } from '#projections/shared/sql.ts'
import { request, serve } from './http.ts'
import type { Bench, Tools } from './shared/bench.ts'
import { load } from './shared/http-load.ts'
import { amount, contest, percentile, rate } from './shared/rounds.ts'

const PROVINCES = 27
const USERS = 500
const DAYS = 60
const FIRST = '2026-02-01' as BusinessDate
const LAST = addDays(FIRST, DAYS - 1)
const MONTH = { first: '2026-03-01', last: '2026-03-31' }

/** A user's row and his two open bills, made up by arithmetic: an eighth owe nothing, one in five hundred owes more than a million yuan. */
const ROWS = `
  insert into user_day (stat_date, province, cons_no, version_from, version_to, cons_name, org_code, standard, trade_code, contract_capacity,
    running_capacity, electricity_day, electricity_mtd, received_today, prepaid, in_transit, power_off, risk_level, measures, warned, expected,
    receivable_month, received_month, open_month, receivable_year, received_year, open_year, receivable_current, received_current, open_current,
    arrears, arrears_prior_year, aged_not_due, aged_30, aged_60, aged_90, aged_180, aged_365, aged_over_365, penalty_accrued, penalty_received, penalty_open)
  select d::date, p.province, u::text, 1, ${OPEN_VERSION}, 'Works ' || u, '11401', 'GB/T 4754-2017', t.code, 1000000, 800000, 100 + u % 50, 3000, o.paid % 1000,
    u % 700, 0, false, (array['I', 'II', 'III'])[1 + u % 3], array['M02'], u % 40 = 0, true, o.due, o.paid, o.due - o.paid, o.due, o.paid, o.due - o.paid,
    5000, 0, 5000, o.due - o.paid, 0, 0, o.due - o.paid, 0, 0, 0, 0, 0, 50, 20, 30
  from province p cross join generate_series(1, ${USERS}) u
  cross join generate_series('${FIRST}'::date, '${LAST}'::date, interval '1 day') d
  join trade t on t.n = u % 20
  cross join lateral (select due, case when u % 8 = 0 then due else least(due, due / 100 * extract(day from d)::int) end as paid
    from (select case when u % 500 = 1 then 250000000 else 100000 + u * 7 end::bigint as due) d0) o`
const BILLS = `
  insert into bill_day (stat_date, province, cons_no, bill_month, version_from, version_to, due_date, receivable, received, written_off, arrears, balance,
    penalty_receivable, penalty_received, settle_flag)
  select stat_date, province, cons_no, to_char(stat_date - interval '1 month' * n, 'YYYYMM'), 1, ${OPEN_VERSION}, stat_date, due, paid, 0, due - paid, due - paid, 0, 0,
    case when due = paid then '03' else '01' end
  from user_day cross join lateral (values (0, receivable_current, received_current), (1, receivable_month, received_month)) b (n, due, paid)`

const SETTING = `
  create temp table province on commit drop as select 'P' || (10 + n) as province from generate_series(1, ${PROVINCES}) n;
  create temp table trade on commit drop as select n, (3000 + n * 40)::text as code from generate_series(0, 19) n;
  insert into reporter select province from province;
  insert into list_version values (1, '2026-01-01', false);
  insert into trade_category
    select 1, 'GB/T 4754-2017', code, (array['HIGH_ENERGY', 'OVERCAPACITY', 'HIGH_POLLUTION', 'OBSOLETE', 'OTHER'])[1 + n % 6] from trade where n % 6 < 5;
  insert into membership select province, u::text, '2026-01-01', '9999-12-31', (array['I', 'II', 'III'])[1 + u % 3], 'GB/T 4754-2017', t.code, '11401'
    from province cross join generate_series(1, ${USERS}) u join trade t on t.n = u % 20;
  insert into report (province, stat_date, revision, status, expected, expected_count, excused_count, latest_version, published_version, on_time, late, missing,
    waived, returns, corrections)
  select province, d::date, 2, 'SUBMITTED', '{}', ${USERS}, 0, 1, 1, true, false, false, false, 0, 0
    from province cross join generate_series('${FIRST}'::date, '${LAST}'::date, interval '1 day') d`

type Filled = { readonly url: string; readonly pool: DatabasePool }

/** Sixty days of 27 provinces, put straight into the tables, and summed by the product's own code. */
const fill = async ({ database, say }: Tools): Promise<Filled> => {
  const url = await database()
  await ensureGeneration(url, nationalDay)
  const pool = await createReadPool(url, { maxConnections: 32, statementMs: 600_000 })
  const started = performance.now()
  const seconds = (): string => ((performance.now() - started) / 1000).toFixed(1)
  await pool.transaction(async (db) => {
    await db.query(run`select set_config('search_path', 'rm_national_day_v2_1, public', true), set_config('synchronous_commit', 'off', true)`)
    await ensureMonths(db, [monthOf(FIRST), monthOf(LAST), monthOf(addDays(FIRST, 30))])
    for (const statement of [...SETTING.split(';'), ROWS, BILLS]) await db.query(run`${text(statement)}`)
  })
  await pool.query(run`analyze`)
  say(`statistics: ${PROVINCES * USERS * DAYS} rows of users' days made in ${seconds()} s`)
  await pool.transaction(async (db) => {
    await db.query(run`select set_config('search_path', 'rm_national_day_v2_1, public', true)`)
    await recompute([{ from: FIRST, to: LAST, sealed: false }], db)
  })
  await pool.query(run`vacuum analyze`)
  say(`statistics: ${PROVINCES * DAYS} province days summed by ${seconds()} s`)
  return { url, pool }
}

let filled: Promise<Filled> | undefined
const filledOnce = (tools: Tools): Promise<Filled> => (filled ??= fill(tools))

const SUMMED = [
  'arrears',
  'arrears_prior_year',
  'receivable_month',
  'received_month',
  'open_month',
  'receivable_year',
  'received_year',
  'open_year',
  'open_current',
  'aged_30',
  'aged_60',
  'penalty_accrued',
  'penalty_received',
  'prepaid',
  'electricity_day',
]
const sums = text(SUMMED.map((name) => `sum(s.${name})`).join(', '))
const month = sql.fragment`s.stat_date between ${MONTH.first}::date and ${MONTH.last}::date`

const queries = (pool: DatabasePool, milliseconds: number, query: ReturnType<typeof run>): Promise<number> => rate(1, milliseconds, () => pool.query(query))

/** The sums of a month by province and category; the other side is spared the flows, which would pair every bill with the day before. */
const monthTable = async (tools: Tools) => {
  const { pool } = await filledOnce(tools)
  return contest({
    unit: 'tables/s',
    rounds: 3,
    theirs: () =>
      queries(
        pool,
        2_000,
        run`
          select s.province, coalesce(c.category, 'UNLISTED'), ${sums}
          from read_model.user_day s
          left join read_model.membership m on m.province = s.province and m.cons_no = s.cons_no and m.valid_from <= s.stat_date and m.valid_to > s.stat_date
          left join read_model.trade_category c on c.version = 1 and c.standard = m.standard and c.code = m.trade_code
          where ${month} and s.version_to = ${OPEN_VERSION} group by 1, 2`,
      ),
    ours: () =>
      queries(pool, 2_000, run`select s.province, s.category, ${sums} from read_model.statistic s where s.basis = 'corrected' and ${month} group by 1, 2`),
  })
}

const page = async (tools: Tools) => {
  const { pool } = await filledOnce(tools)
  const took: number[] = []
  const ask = async (caller: number): Promise<void> => {
    const started = performance.now()
    await dailyStatistics(pool, { date: addDays(LAST, -(caller % 20)), groupBy: caller % 4 === 0 ? 'category' : 'province' })
    took.push(performance.now() - started)
  }
  await rate(32, 2_000, ask)
  took.length = 0
  const pages = await rate(32, 6_000, ask)
  return {
    value: Number(percentile(took, 0.95).toFixed(1)),
    detail: `ms, 32 clients, a quarter by category; p50 ${percentile(took, 0.5).toFixed(1)} ms, ${Math.round(pages)} pages/s`,
  }
}

/** One page that many look at, as it comes over HTTP: worked out once, told again for as long as nothing in it changes. */
const looked = async (tools: Tools) => {
  const { url } = await filledOnce(tools)
  const side = await serve({ ...tools, database: async () => url }, [nationalDay])
  try {
    const asked = { port: side.port, callers: 32, from: 1, request: request('GET', `/v1/statistics/daily?date=${LAST}`, side.hqBearer) }
    await load({ ...asked, milliseconds: 2_000 })
    const { p50, p95, perSecond, failed } = await load({ ...asked, milliseconds: 6_000 })
    if (failed > 0) throw new Error(`${failed} requests failed`)
    return { value: Number(p95.toFixed(1)), detail: `ms, 32 clients, one page again and again; p50 ${p50.toFixed(1)} ms, ${amount(perSecond)} pages/s` }
  } finally {
    await side.close()
  }
}

const national = async (tools: Tools) => {
  const { pool } = await filledOnce(tools)
  const started = performance.now()
  await pool.transaction(async (db) => {
    await db.query(run`select set_config('search_path', 'rm_national_day_v2_1, public', true)`)
    await recompute([{ from: LAST, to: LAST, sealed: false }], db)
  })
  return { value: Math.round(performance.now() - started), detail: `ms, ${PROVINCES} provinces with ${USERS} users each, every bill against the day before` }
}

export const statisticsBenches: readonly Bench[] = [
  { name: "statistics: a month by province and category from the sums / from users' rows", aim: { atLeast: 10 }, run: monthTable },
  { name: 'statistics: page at 32 clients, p95', aim: { atMost: 2_000 }, run: page },
  { name: 'statistics: a page asked for again over HTTP at 32 clients, p95', aim: { atMost: 50 }, run: looked },
  { name: 'statistics: a national day summed again', aim: { atMost: 5_000 }, run: national },
]
