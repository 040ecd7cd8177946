import pg from 'pg'
import type { Keeping, Purpose, RunOrder, RunView } from '#application/ports/screening.ts'
import { type RunRow, VIEW, viewOf } from './screening-rows.ts'

/** Held by the session that works on a run, for as long as it lives: a run that says it is running and is held by nobody is dead. */
const HELD = "hashtextextended('screening run ' || $1::text, 0)"

/** A connection of its own, for a run or for tidying up; what it holds is let go of with it. */
export const withSession = async <T>(url: string, work: (session: pg.Client) => Promise<T>): Promise<T> => {
  const session = new pg.Client({ connectionString: url, application_name: 'epm screening run', keepAlive: true, connectionTimeoutMillis: 10_000 })
  session.on('error', () => undefined) // told by the next answer
  await session.connect()
  try {
    return await work(session)
  } finally {
    await session.end().catch(() => undefined)
  }
}

const standing = async (session: pg.Client, runId: string): Promise<RunView | undefined> =>
  (await session.query<RunRow>(`select ${VIEW} from screening.run where run_id = $1`, [runId])).rows.map(viewOf)[0]

/** Takes hold of a run and answers its number, or the run that stands. One that failed or died begins anew. */
export const begin = async (session: pg.Client, order: RunOrder): Promise<{ readonly runNo: string } | RunView> => {
  const { rows: held } = await session.query<{ mine: boolean }>(`select pg_try_advisory_lock(${HELD}) as mine`, [order.runId])
  if (!held[0]!.mine) {
    const elsewhere = order.patient === false ? await standing(session, order.runId) : undefined
    if (elsewhere) return elsewhere
    await session.query(`select pg_advisory_lock(${HELD})`, [order.runId])
  }
  const { rows } = await session.query<{ run_no: string }>(
    `insert into screening.run as r (run_id, purpose, as_of, provinces, rule_set_version, content, industry_list_version, measures, status, requested_by, started_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'running', $9, $10)
     on conflict (run_id) do update set status = 'running', fault = null, finished_at = null, purpose = excluded.purpose, as_of = excluded.as_of,
       provinces = excluded.provinces, rule_set_version = excluded.rule_set_version, content = excluded.content,
       industry_list_version = excluded.industry_list_version, measures = excluded.measures, requested_by = excluded.requested_by, started_at = excluded.started_at
     where r.status <> 'done' returning run_no`,
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
  const runNo = rows[0]?.run_no
  if (runNo === undefined) return (await standing(session, order.runId))!
  await session.query(`drop table if exists screening.result_${runNo}`)
  await session.query(`create table screening.result_${runNo} partition of screening.result for values in (${runNo})`)
  return { runNo }
}

/** Counts what was found. Asked of the session that holds the run: if that is gone, somebody else may have begun it anew. */
export const finish = async (session: pg.Client, runNo: string): Promise<RunView> => {
  await session.query(`alter table screening.result_${runNo} add primary key (province, cons_no)`)
  await session.query(`create index on screening.result_${runNo} (score desc, province, cons_no) where level is not null`)
  await session.query(`analyze screening.result_${runNo}`)
  const { rows } = await session.query<RunRow>(
    `update screening.run set status = 'done', finished_at = now(), (customers, named) = (select count(*), count(level) from screening.result_${runNo})
     where run_no = $1 returning ${VIEW}`,
    [runNo],
  )
  return viewOf(rows[0]!)
}

type Db = Pick<pg.Pool, 'query'>

const drop = async (db: Db | pg.Client, runNos: readonly string[]): Promise<void> => {
  for (const runNo of runNos) await db.query(`drop table if exists screening.result_${runNo}`)
}

/** Keeps of a run only why it failed. */
export const fail = async (db: Db, runNo: string, error: unknown): Promise<void> => {
  await drop(db, [runNo]).catch(() => undefined)
  await db
    .query("update screening.run set status = 'failed', finished_at = now(), fault = $2 where run_no = $1", [
      runNo,
      error instanceof Error ? error.message : String(error),
    ])
    .catch(() => undefined)
}

/** Marks as failed whatever claims to run though nobody works on it. Answers how many. */
export const buryDead = async (session: pg.Client): Promise<number> => {
  const { rows } = await session.query<{ run_no: string }>(
    `with running as materialized (select run_no, run_id from screening.run where status = 'running')
     select run_no from running where pg_try_advisory_lock(${HELD.replace('$1', 'run_id')})`,
  )
  const { rows: dead } = await session.query<{ run_no: string }>(
    `update screening.run set status = 'failed', finished_at = now(), fault = 'whoever worked on it has gone'
     where run_no = any($1::bigint[]) and status = 'running' returning run_no`,
    [rows.map(({ run_no }) => run_no)],
  )
  await drop(
    session,
    dead.map(({ run_no }) => run_no),
  )
  return dead.length
}

/** Forgets runs that are too old, or have enough newer ones after them; nothing of the last day. Answers how many. */
export const forgetOld = async (session: pg.Client, keep: Keeping): Promise<number> => {
  const purposes = Object.keys(keep) as Purpose[]
  const { rows } = await session.query<{ run_no: string }>(
    `delete from screening.run where run_no in (
       select run_no from (
         select run_no, purpose, finished_at, row_number() over (partition by purpose, provinces order by run_no desc) as place
         from screening.run where status <> 'running') r
       join unnest($1::text[], $2::int[], $3::int[]) as k (purpose, days, runs) using (purpose)
       where finished_at < now() - interval '1 day' and (place > k.runs or finished_at < now() - make_interval(days => k.days)))
     returning run_no`,
    [purposes, purposes.map((purpose) => keep[purpose].days), purposes.map((purpose) => keep[purpose].runs)],
  )
  await drop(
    session,
    rows.map(({ run_no }) => run_no),
  )
  return rows.length
}
