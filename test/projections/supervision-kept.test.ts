import type { DatabasePool } from 'slonik'
import { afterAll, expect, test } from 'vitest'
import type { BusinessDate } from '#domain/shared/dates.ts'
import { type Projections, startProjections } from '#infrastructure/postgres/read-model.ts'
import type { Recorded } from '#projections/shared/feed.ts'
import { supervisionStatistics } from '#projections/warning-work-order/supervision.queries.ts'
import { supervision } from '#projections/warning-work-order/supervision.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { growingFeed, type Log, record } from '#test/support/projections.ts'
import { silent } from '#test/support/silent.ts'
import { on, order } from './supervision.fixtures.ts'

const { database, pool } = await ownDatabase()
let projections: Projections | undefined
afterAll(async () => {
  await projections?.stop()
})

const handled = (no: number, minutes: number): Log => {
  const say = order(`20260302-${no}`)
  return [
    say.drafted('03-02 08:40'),
    say.issued('03-02 09:00', '03-02 14:00', '03-04 09:00'),
    say.signed('03-02 10:00'),
    say.submitted('03-03 09:00', 1, { reviewDueAt: '03-05 09:00', minutes: 400 }),
    say.closed(`03-04 1${no}:00`, 'recovered', { handling: minutes, review: 100 }),
  ]
}

test('a median that was kept is told anew when an order is closed or opened again, and no sooner', async () => {
  const log: Log = [
    ...handled(1, 500),
    ...handled(2, 700),
    ...handled(3, 900),
    order('20260302-3').reopened('03-05 09:00', '03-10 09:00'),
    order('20260302-4').drafted('03-05 10:00'),
  ]
  const events = record(log)
  const upTo = (count: number): Events => events.slice(0, count)
  const [one, two, three, reopened, all] = [upTo(5), upTo(10), upTo(15), upTo(16), upTo(17)] as const
  const { feed, push } = growingFeed(one)
  projections = await startProjections({
    feed,
    pool,
    databaseUrl: database.url,
    projections: [supervision],
    logger: silent,
  })
  const asked: string[] = []
  const db = {
    any: (async (query: { readonly sql: string }) => {
      if (query.sql.includes('percentile_disc')) asked.push('medians')
      return pool.any(query as never)
    }) as unknown as DatabasePool['any'],
  }
  const medians = async (until: Events, query: object = {}): Promise<readonly (number | null)[]> => {
    await projections!.waitFor('supervision', until.at(-1)!.position, 10_000)
    const { total, rows } = await supervisionStatistics(db, { date: '2026-03-05' as BusinessDate, ...query }, [])
    return [total.cohort.medianMinutes, total.cohort.p90Minutes, ...rows.map(({ cohort }) => cohort.medianMinutes)]
  }
  expect(await medians(one)).toEqual([500, 500, 500])
  expect(await medians(one)).toEqual([500, 500, 500])
  expect(asked).toHaveLength(1)
  push(two.slice(5))
  expect(await medians(two)).toEqual([500, 700, 500])
  push(three.slice(10))
  expect(await medians(three)).toEqual([700, 900, 700])
  push(reopened.slice(15))
  expect(await medians(reopened)).toEqual([500, 700, 500])
  expect(asked).toHaveLength(4)
  push(all.slice(16))
  expect(await medians(all)).toEqual([500, 700, 500])
  // Now, and a minute later: nothing ended between.
  expect(await medians(all, { now: on('03-05 12:00') })).toEqual([500, 700, 500])
  expect(await medians(all, { now: on('03-05 12:01') })).toEqual([500, 700, 500])
  expect(asked).toHaveLength(4)
  expect(await medians(all, { date: '2026-03-04' })).toEqual([700, 900, 700])
  expect(asked).toHaveLength(5)
})
type Events = readonly Recorded[]
