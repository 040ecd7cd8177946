import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import { warningProcesses } from '#api/warning-work-order/processes.ts'
import { addDays, type BusinessDate, instantAt, monthOf } from '#domain/shared/dates.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { startProjections } from '#infrastructure/postgres/read-model.ts'
import { OPEN_VERSION } from '#projections/daily-report/national-day/columns.ts'
import { ensureMonths } from '#projections/daily-report/national-day/seal.ts'
import { nationalDay } from '#projections/daily-report/national-day.ts'
import { groupDirectory } from '#projections/group-user/group-user.ts'
import { userCase } from '#projections/high-risk-user/case.ts'
import { run, sql, text } from '#projections/shared/sql.ts'
import { workOrders } from '#projections/warning-work-order/orders.ts'
import { warned } from '#projections/warning-work-order/warned.ts'
import type { Bench, Measured, Tools } from './shared/bench.ts'
import { openOrders, silent } from './shared/work-orders.ts'

const PROVINCES = 'P11 P12 P13S P13N P14 P37 P31 P32 P33 P34 P35 P42 P43 P41 P36 P51 P50 P21 P22 P23 P15E P61 P62 P63 P64 P65 P54'
const USERS = 1112
const DAY = '2026-09-15' as BusinessDate
const DAYS = [addDays(DAY, -7), addDays(DAY, -1), DAY, addDays(DAY, 1)]

/** A user's row and nine bills of which the last three may be open: a third of the users owe enough to be warned of, a ninth much. */
const ROWS = `
  insert into user_day (stat_date, province, cons_no, version_from, version_to, cons_name, org_code, standard, trade_code, contract_capacity,
    running_capacity, electricity_day, electricity_mtd, received_today, prepaid, in_transit, power_off, risk_level, measures, warned, expected,
    receivable_month, received_month, open_month, receivable_year, received_year, open_year, receivable_current, received_current, open_current,
    arrears, arrears_prior_year, aged_not_due, aged_30, aged_60, aged_90, aged_180, aged_365, aged_over_365, penalty_accrued, penalty_received, penalty_open)
  select d::date, p, lpad(u::text, 10, '0'), 1, ${OPEN_VERSION}, 'Works ' || u, '11401', 'GB/T 4754-2017', '3110', 1000000, 800000, 100, 3000, 0, 0, 0, false,
    (array['I', 'II', 'III'])[1 + u % 3], array['M02'], false, true, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
  from unnest(string_to_array('${PROVINCES}', ' ')) p cross join generate_series(1, ${USERS}) u cross join unnest('{${DAYS.join(',')}}'::date[]) d order by d, p, u`
const BILLS = `
  insert into bill_day (stat_date, province, cons_no, bill_month, version_from, version_to, due_date, receivable, received, written_off, arrears, balance,
    penalty_receivable, penalty_received, settle_flag)
  select stat_date, province, cons_no, '2026' || lpad(m::text, 2, '0'), 1, ${OPEN_VERSION}, make_date(2026, m + 1, 5), 90000000, 90000000 - open, 0, open, open, 0, 0,
    case when open = 0 then '03' else '01' end
  from (select stat_date, province, cons_no, m, case when m > 5 and cons_no::int % 9 = 3 then 40000000 + m when m = 8 and cons_no::int % 3 = 0 then 25000000 else 0 end::bigint as open
    from user_day cross join generate_series(1, 9) m) b order by stat_date, province, cons_no, m`
const REST = `
  insert into reporter select unnest(string_to_array('${PROVINCES}', ' '));
  insert into membership select province, cons_no, '2026-01-01', '9999-12-31', risk_level, 'GB/T 4754-2017', '3110', '11401' from user_day where stat_date = '${DAY}';
  insert into report (province, stat_date, revision, status, expected, expected_count, excused_count, latest_version, published_version, on_time, late, missing,
    waived, returns, corrections)
  select distinct province, stat_date, 2, 'SUBMITTED', '{}'::text[], ${USERS}, 0, case when stat_date <= '${DAY}' then 1 end, 1, true, false, false, false, 0, 0 from user_day`
const NEXT_DAY = `update report set latest_version = 1 where stat_date = '${addDays(DAY, 1)}'`

const inSchema = async (pool: DatabasePool, statements: readonly string[]): Promise<void> => {
  await pool.transaction(async (db) => {
    await db.query(
      run`select set_config('search_path', ${`rm_national_day_v${nationalDay.version}_1, public`}, true), set_config('synchronous_commit', 'off', true)`,
    )
    await ensureMonths(db, [monthOf(DAY)])
    for (const statement of statements) await db.query(run`${text(statement)}`)
  })
}

const Counts = z.object({ orders: z.bigint(), subjects: z.bigint() })

/** From a national day that has just been sealed until its orders lie in headquarters' queue; then the next day, which finds the same users. */
const judged = async ({ database, say }: Tools): Promise<Measured> => {
  const url = await database()
  const log = await openPostgresEventLog({ url })
  const pool = await createReadPool(url, { maxConnections: 10, statementMs: 600_000 })
  const models = [nationalDay, userCase, groupDirectory, workOrders, warned]
  const running = await startProjections({ feed: log.feed, pool, databaseUrl: url, projections: models, logger: silent })
  try {
    await inSchema(pool, [ROWS, BILLS, ...REST.split(';')])
    await pool.query(run`vacuum analyze`)
    say(`  ${27 * USERS} users on ${DAYS.length} days, nine bills each`)
    const { processing, close } = openOrders({ url, log, pool })
    const processes = warningProcesses(processing)
    const time = async (date: BusinessDate): Promise<number> => {
      const started = performance.now()
      await processes['warnings drafted']!(instantAt(addDays(date, 1), 600))
      return (performance.now() - started) / 1000
    }
    const first = await time(DAY)
    await processing.caughtUp('warned')()
    await inSchema(pool, [NEXT_DAY])
    const second = await time(addDays(DAY, 1))
    const head = await log.feed.head()
    if (head !== undefined) await running.waitFor('warned', head, 60_000)
    const [counts] = await pool.any(sql.type(Counts)`
      select (select count(*) from read_model.warned_order) as orders, (select count(*) from read_model.warned_subject) as subjects`)
    await close()
    return {
      value: first,
      detail: `s, ${27 * USERS} users, ${counts?.subjects} warned of in ${counts?.orders} orders; the next day, which replaces the drafts, ${second.toFixed(1)} s`,
    }
  } finally {
    await running.stop()
    await log.close()
    await pool.end()
  }
}

export const warningBenches: readonly Bench[] = [{ name: 'warnings: seconds for the rules over a sealed national day', aim: { atMost: 10 }, run: judged }]
