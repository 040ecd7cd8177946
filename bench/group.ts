import pg from 'pg'
import { FOLDING_STEPS } from '#domain/group-user/names.ts'
import { addDays, BusinessDate } from '#domain/shared/dates.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { ensureGeneration } from '#infrastructure/postgres/read-model-generations.ts'
import { projections } from '#projections/catalogue.ts'
import { keepGroupFigures } from '#projections/group-user/electricity/keep.ts'
import { groupDirectory } from '#projections/group-user/group-user.ts'
import { keepSuggestions } from '#projections/group-user/suggestions/suggest.ts'
import { request, serve } from './http.ts'
import type { Bench, Measured, Tools } from './shared/bench.ts'
import { load } from './shared/http-load.ts'
import { amount } from './shared/rounds.ts'

const PROVINCES = 'P11 P12 P13S P13N P14 P37 P31 P32 P33 P34 P35 P42 P43 P41 P36 P51 P50 P21 P22 P23 P15E P61 P62 P63 P64 P65 P54'.split(' ')
const MEMBERS = Number(process.env.EPM_BENCH_MEMBERS ?? 2_000)
/** EPM_BENCH_CUSTOMERS asks for a smaller run, to look at plans; the figures we are held to are those of a million. */
const CUSTOMERS = Number(process.env.EPM_BENCH_CUSTOMERS ?? 1_000_000)
const GROUPS = 5_000
const TODAY = BusinessDate.parse('2026-08-04')
const SCHEMA = 'rm_group_user_v1_1'
const provinces = `(array['${PROVINCES.join("','")}'])`

const using = async (url: string, work: (client: pg.Client) => Promise<void>): Promise<void> => {
  const client = new pg.Client({ connectionString: url, options: '-c synchronous_commit=off -c statement_timeout=0' })
  await client.connect()
  await work(client)
  await client.end()
}

/** A group of two thousand over all provinces, a hundred and one of whom came in the course of the two years, with two years of bills, payments and daily readings. */
const filled = (url: string): Promise<void> =>
  using(url, async (client) => {
    const member = `(select n, ${provinces}[1 + n % ${PROVINCES.length}] as province, lpad(n::text, 10, '0') as cons_no from generate_series(1, ${MEMBERS}) n) m`
    const months = `(select k, (date '2024-08-01' + make_interval(months => k))::date as first from generate_series(0, 24) k) k`
    await client.query(`
      insert into ${SCHEMA}.group_user (group_no, revision, status, name, kind, registered_on, changed_at, changed_by) values ('BIG', 0, 'active', '大集团', 'private', '2024-01-01', now(), 'bench');
      insert into ${SCHEMA}.group_parent values ('BIG', null, '0001-01-01', '9999-12-31');
      insert into ${SCHEMA}.group_ancestor values ('BIG', 'BIG', 0, '0001-01-01', '9999-12-31');
      insert into ${SCHEMA}.group_links_changed values ('BIG', ${MEMBERS});
      insert into ${SCHEMA}.group_membership (province, cons_no, link_id, group_no, valid_from, valid_to)
        select province, cons_no, 'L1', 'BIG', date '2024-01-01' + case when n % 20 = 0 then n % 700 else 0 end, '9999-12-31' from ${member};
      insert into source.customer (province, cons_no, extracted_on, name, org_code, trade_standard, trade_code, contract_va, running_va, status, residential)
        select province, cons_no, '2024-08-01', 'Works ' || n, province, 'GB/T 4754-2017', '3110', 1000000 + n, 900000, 'normal', false from ${member};
      insert into source.bill (province, cons_no, bill_id, extracted_on, bill_month, kind, receivable_fen, issued_on, due_on)
        select province, cons_no, to_char(first, 'YYYYMM'), first + 34, to_char(first, 'YYYYMM'), '01', 100000 + n * 37 + k * 101, first + 34, first + 50 from ${member} cross join ${months};
      insert into source.payment (province, cons_no, payment_id, extracted_on, bill_month, kind, amount_fen, paid_on, credited_on)
        select province, cons_no, to_char(first, 'YYYYMM') || part, first + 60, to_char(first, 'YYYYMM'), 'transfer', (100000 + n * 37 + k * 101) / 2, first + 40 + 8 * part + n % 9, first + 41 + 8 * part + n % 9
        from ${member} cross join ${months} cross join generate_series(1, 2) part where n % 17 > 0 or k < 20;
      insert into source.daily_kwh (province, cons_no, day, extracted_on, kwh)
        select province, cons_no, d::date, d::date + 1, 100 + n % 50 from ${member} cross join generate_series(date '2024-08-01', date '2026-08-03', interval '1 day') d`)
    await client.query('analyze')
  })

type Served = Awaited<ReturnType<typeof serve>>

const withGroup = async (tools: Tools, measure: (side: Served) => Promise<Measured>): Promise<Measured> => {
  const side = await serve(tools, projections)
  try {
    side.at = `${TODAY}T01:00:00.000Z` as typeof side.at
    await filled(side.url)
    const timed = async (what: string): Promise<void> => {
      const began = performance.now()
      const made = await keepGroupFigures(side.pool, TODAY)
      tools.say(`group: ${what}, ${made} months of ${MEMBERS} members made in ${((performance.now() - began) / 1000).toFixed(1)} s`)
    }
    await timed('at first')
    await using(side.url, async (client) => void (await client.query(extracted)))
    await timed('after an extraction of all provinces')
    await using(side.url, async (client) => void (await client.query('vacuum analyze group_figure.sheet, group_figure.kept')))
    return await measure(side)
  } finally {
    await side.close()
  }
}

/** A day's payments of all provinces, one of which goes back into the month before. */
const extracted = `
  insert into source.payment (province, cons_no, payment_id, extracted_on, bill_month, kind, amount_fen, paid_on, credited_on)
    select province, cons_no, 'late', '2026-08-04', '202606', 'transfer', 1000, date '2026-07-30' + (cons_no::int % 5), '2026-08-03' from read_model.group_membership where cons_no::int % 10 = 0;
  insert into source.batch (province, extracted_on, source, run, sha256, received_rows, stored_rows, quarantined_rows, unmapped, stored_by, stored_at)
    select p, '2026-08-04', 'payments', 1, repeat('0', 64), 1, 1, 0, '[]', 'bench', now() from unnest(${provinces}) p`

const asked = async ({ port }: Served, requests: readonly string[]): Promise<Measured> => {
  const what = { port, callers: 32, request: requests, from: 0 }
  await load({ ...what, milliseconds: 3_000 })
  const { p50, p95, perSecond, failed } = await load({ ...what, milliseconds: 8_000 })
  if (failed > 0) throw new Error(`${failed} answers were none`)
  return { value: Number(p95.toFixed(1)), detail: `ms over HTTP, ${MEMBERS} members; p50 ${p50.toFixed(1)} ms, ${amount(perSecond)} answers/s` }
}

const page = (tools: Tools): Promise<Measured> =>
  withGroup(tools, (side) => asked(side, [request('GET', '/v1/groups/BIG/electricity/months?months=24', side.hqBearer)]))

/** Any day of a year, in any order: seldom the end of a month, seldom one that was asked for a moment ago. */
const someDays = Array.from({ length: 365 }, (_, n) => addDays(TODAY, -1 - ((n * 137) % 365)))
const VIEWS = ['then', 'current'].flatMap((membership) => ['true', 'false'].map((descendants) => `&membership=${membership}&descendants=${descendants}`))

/** Each route by turns in both views, with and without the groups below, each time on another day. */
const anyDate =
  (path: string) =>
  (tools: Tools): Promise<Measured> =>
    withGroup(tools, (side) =>
      asked(
        side,
        someDays.map((date, n) => request('GET', `/v1/groups/BIG/electricity${path}date=${date}${VIEWS[n % VIEWS.length]}`, side.hqBearer)),
      ),
    )

const PLACES = "(array['河北','唐山市','北京','江苏','苏州市','浙江','山东','济南市','河南','陕西'])"
const STEMS = "(array['甲','乙','丙','丁','戊','己','庚','辛','壬','癸','东','西','南','北','海','天','宏','盛','瑞','丰'])"
const TRADES = "(array['钢铁','水泥','造纸','化工','铝业','铸造','玻璃','焦化','化肥','硅业','纺织','机械'])"
const FORMS = "(array['有限公司','股份有限公司','有限责任公司','集团有限公司','厂'])"
/** A name of a place, three signs, a trade and a legal form, by arithmetic on a number. */
const nameOf = (n: string): string =>
  `${PLACES}[1 + ${n} % 10] || ${STEMS}[1 + ${n} / 7 % 20] || ${STEMS}[1 + ${n} / 140 % 20] || ${STEMS}[1 + ${n} / 2800 % 20] || ${TRADES}[1 + ${n} / 56000 % 12] || ${FORMS}[1 + ${n} % 5]`
const codeOf = (n: string): string => `'91' || lpad((${n})::text, 16, '0')`

const suggesting = async (tools: Tools): Promise<Measured> => {
  const url = await tools.database()
  await ensureGeneration(url, groupDirectory)
  await using(url, async (client) => {
    await client.query(`
      insert into source.customer (province, cons_no, extracted_on, name, org_code, trade_standard, trade_code, contract_va, running_va, uscc, status, residential)
        select ${provinces}[1 + n % ${PROVINCES.length}], lpad(n::text, 10, '0'), '2026-08-01', ${nameOf('n')}, 'HQ', 'GB/T 4754-2017', '3110', 1000000, 900000,
          case when n % 3 = 0 then ${codeOf('n % 400000')} end, 'normal', false from generate_series(1, ${CUSTOMERS}) n;
      insert into source.batch (province, extracted_on, source, run, sha256, received_rows, stored_rows, quarantined_rows, unmapped, stored_by, stored_at)
        select p, '2026-08-01', 'customers', 1, repeat('0', 64), 1, 1, 0, '[]', 'bench', now() from unnest(${provinces}) p;
      insert into ${SCHEMA}.group_user (group_no, revision, status, name, uscc, kind, registered_on, changed_at, changed_by)
        select 'G' || lpad(n::text, 6, '0'), 0, 'active', ${nameOf('(n * 131)')}, ${codeOf('n * 60')}, 'private', '2024-01-01', now(), 'bench' from generate_series(1, ${GROUPS}) n;
      insert into ${SCHEMA}.group_membership (province, cons_no, link_id, group_no, valid_from, valid_to)
        select province, cons_no, 'L1', 'G' || lpad((1 + cons_no::int % ${GROUPS})::text, 6, '0'), '2024-01-01', '9999-12-31' from source.customer where cons_no::int % 20 = 0`)
    await client.query('vacuum analyze')
  })
  const pool = await createReadPool(url, { maxConnections: 4, statementMs: 600_000 })
  try {
    const began = performance.now()
    await keepSuggestions(pool, FOLDING_STEPS)
    const seconds = (performance.now() - began) / 1000
    const rows: string[] = []
    await using(url, async (client) => {
      const counted = await client.query<{ reason: string; count: string }>('select reason, count(*) from group_figure.suggestion group by 1 order by 1')
      rows.push(...counted.rows.map(({ reason, count }) => `${amount(Number(count))} ${reason}`))
    })
    return {
      value: Number(seconds.toFixed(1)),
      detail: `s, ${amount(CUSTOMERS)} customers by ${amount(GROUPS)} groups, every name folded anew: ${rows.join(', ')}`,
    }
  } finally {
    await pool.end()
  }
}

export const groupBenches: readonly Bench[] = [
  { name: 'group: two years of 2,000 members at 32 clients, p95', aim: { atMost: 50 }, run: page },
  { name: 'group: the same on any date, p95', aim: { atMost: 50 }, run: anyDate('/months?months=24&') },
  { name: 'group: its page with comparisons on any date, p95', aim: { atMost: 50 }, run: anyDate('?') },
  { name: 'group: by province on any date, p95', aim: { atMost: 50 }, run: anyDate('/provinces?') },
  { name: 'group: a hundred members on any date, p95', aim: { atMost: 50 }, run: anyDate('/members?') },
  { name: 'group: suggestions for a million customers by 5,000 groups', aim: { atMost: 60 }, run: suggesting },
]
