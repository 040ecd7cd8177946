import pg from 'pg'
import { firstValueFrom, NEVER, Subject } from 'rxjs'
import type { Append } from '#application/ports/event-store.ts'
import { newEvents } from '#application/shared/handle.ts'
import { type HighRiskUserEvent, highRiskUserEvents } from '#domain/high-risk-user/events.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { readModelOf } from '#infrastructure/postgres/read-model-apply.ts'
import { beginRebuild, dropRetired } from '#infrastructure/postgres/read-model-generations.ts'
import { register } from '#projections/high-risk-user/register.ts'
import { run } from '#projections/shared/run.ts'
import type { Bench, Measured, Tools } from './shared/bench.ts'
import { contest } from './shared/rounds.ts'
import { aRequest, streamOf, userListed } from './shared/sample.ts'

const USERS = 50_000
const PAGE = 2_000

/** What happens to a user until he is listed and watched: four events, as the deciders would record them. */
const life = (number: number): readonly HighRiskUserEvent[] => {
  const listed = userListed(number)
  if (listed.type !== 'UserListed') throw new Error('the sample is a listing')
  const { at, by, province, consNo, profile, level, listedOn } = listed.data
  const own = { at, by, province, consNo }
  return [
    { type: 'CandidateNominated', data: { ...own, profile, proposedLevel: level, reason: '近12个月三次逾期', evidence: [] } },
    listed,
    { type: 'UserReportedToHq', data: { ...own, reportDate: listedOn, reportVersion: 1 } },
    { type: 'RiskLevelChanged', data: { ...own, from: level, to: 'I', on: listedOn, reason: '欠费超过一百万元' } },
  ]
}

const fill = async (url: string): Promise<number> => {
  const log = await openPostgresEventLog({ url })
  try {
    for (let first = 0; first < USERS; first += 2_000) {
      const appends: Append[] = Array.from({ length: 2_000 }, (_, index) => ({
        stream: streamOf(first + index),
        expected: 'absent',
        events: newEvents(highRiskUserEvents, life(first + index), aRequest()),
      }))
      await log.store.appendMany(appends)
    }
  } finally {
    await log.close()
  }
  return USERS * 4
}

/** How fast `pg` alone brings the same events out of the same table: pages by key, each row an object with its JSON parsed. */
const readAll = async (client: pg.Client): Promise<number> => {
  const start = performance.now()
  let events = 0
  for (let position = '0'; ; ) {
    const { rows } = await client.query<{ position: string }>({
      name: 'page',
      text: 'select * from log.event where position > $1 order by position limit $2',
      values: [position, PAGE],
    })
    events += rows.length
    const last = rows.at(-1)
    if (!last) return (events * 1000) / (performance.now() - start)
    position = last.position
  }
}

const catchUp = async (tools: Tools): Promise<Measured> => {
  const url = await tools.database()
  const events = await fill(url)
  const log = await openPostgresEventLog({ url })
  const pool = await createReadPool(url)
  const client = new pg.Client(url)
  await client.connect()
  await client.query('vacuum analyze log.event')
  try {
    return await contest({
      unit: 'events/s',
      theirs: () => readAll(client),
      ours: async () => {
        await client.query(`update read_model.projection set status = 'retired', retired_at = now()`)
        await dropRetired(url, register.name, 0)
        const generation = await beginRebuild(url, register)
        const model = readModelOf(pool, register, { name: register.name, generation })
        const head = new Subject<void>()
        const start = performance.now()
        const done = firstValueFrom(head)
        const running = run(
          { ...log.feed, more$: NEVER },
          { ...model, caughtUp: async (at) => (at === (await log.feed.head()) ? head.next() : undefined) },
          { pageSize: PAGE, pollMs: 60_000, stop$: head, onFailure: (error) => tools.say(String(error)) },
        ).subscribe()
        await done
        const seconds = (performance.now() - start) / 1000
        running.unsubscribe()
        return events / seconds
      },
    })
  } finally {
    await client.end()
    await pool.end()
    await log.close()
  }
}

export const catchUpBenches: readonly Bench[] = [
  { name: 'catch-up: the register follows 200,000 events / pg reads the same events', aim: { atLeast: 0.4 }, run: catchUp },
]
