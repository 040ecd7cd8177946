import type { DatabasePool } from 'slonik'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { migrate } from '#infrastructure/postgres/migrate.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { type Projections, startProjections } from '#infrastructure/postgres/read-model.ts'
import { ensureGeneration } from '#infrastructure/postgres/read-model-generations.ts'
import { readAsOf } from '#projections/shared/as-of.ts'
import type { Feed } from '#projections/shared/feed.ts'
import type { Projection } from '#projections/shared/projection.ts'
import { sql } from '#projections/shared/sql.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { growingFeed, until } from '#test/support/projections.ts'
import { freshRole, type Role, type Session, sessionAt } from '#test/support/roles.ts'
import { tally, words } from './tally.ts'

const events = words([
  ['1', 'a'],
  ['2', 'b'],
  ['1', 'c'],
])
type Shape = { readonly version?: number; readonly columns?: string; readonly analysis?: Projection['analysis']; readonly also?: string }
const shaped = ({ version = 1, columns = '', analysis = [], also }: Shape = {}): Projection => ({
  ...tally({ version }),
  analysis,
  publishes: also === undefined ? ['tally'] : ['tally', also],
  create: `create table tally (stream text primary key, words text[] not null, revision bigint not null ${columns});
    ${also === undefined ? '' : `create view ${also} as select stream, revision from tally;`}`,
})

/** As on the embedded server, whose one user may do everything, and as on a server where the program has its own database and no more. */
describe.each(['its superuser', 'the owner of the database'])('as %s', (who) => {
  let database: TestDatabase
  let owner: Role | undefined
  let url: string
  let pool: DatabasePool
  let admin: Session
  let reader: Role
  const running: Projections[] = []
  const warned: object[] = []
  const logger = { info: () => undefined, warn: (fields: object) => void warned.push(fields), error: () => undefined }

  const start = async (projection: Projection, feed: Feed = growingFeed(events).feed): Promise<Projections> => {
    const projections = await startProjections({ feed, pool, databaseUrl: url, projections: [projection], logger })
    running.push(projections)
    await projections.waitFor(projection.name, (await feed.head())!, 10_000)
    await until(async () => (await projections.status()).some(({ version, serving }) => version === projection.version && serving))
    return projections
  }
  const stop = async (): Promise<void> => {
    await Promise.all(running.splice(0).map((projections) => projections.stop()))
  }
  const restart = async (projection: Projection): Promise<void> => {
    await stop()
    await start(projection)
  }
  const asReader = async (text: string): Promise<readonly unknown[] | string> => {
    const session = await sessionAt(reader.url)
    try {
      return await session.query(text)
    } catch (error) {
      return (error as Error).message
    } finally {
      await session.end()
    }
  }

  beforeEach(async () => {
    database = await freshDatabase()
    url = database.url
    if (who !== 'its superuser') {
      owner = await freshRole(database.url)
      const name = owner.name
      const super_ = await sessionAt(database.url)
      await super_.query(`create database d_${name} owner ${name}`)
      await super_.end()
      const at = new URL(owner.url)
      at.pathname = `/d_${name}`
      url = at.href
      await migrate(url, () => undefined)
    }
    pool = await createReadPool(url)
    admin = await sessionAt(url)
    reader = await freshRole(database.url)
    const at = new URL(reader.url)
    at.pathname = new URL(url).pathname
    reader = { ...reader, url: at.href }
    await admin.query(`grant usage on schema read_model to ${reader.name}`)
  })
  afterEach(async () => {
    await stop()
    await pool.end()
    if (owner) {
      await admin.end()
      const super_ = await sessionAt(database.url)
      await super_.query(`drop database d_${owner.name} with (force)`)
      await super_.end()
      await owner.drop()
      owner = undefined
    } else {
      await admin.query(`drop owned by ${reader.name}`)
      await admin.end()
    }
    await reader.drop()
    await database.drop()
    warned.length = 0
  })

  test('whoever could read a view reads it after its read model was rebuilt', async () => {
    const projections = await start(shaped())
    await admin.query(`grant select on read_model.tally to ${reader.name}; comment on view read_model.tally is 'words'`)
    const before = await asReader('select * from read_model.tally order by stream')
    expect(before).toHaveLength(2)
    const generation = await projections.rebuild('tally')
    await until(async () => (await projections.status()).some((one) => one.generation === generation && one.serving))
    expect(await asReader('select * from read_model.tally order by stream')).toEqual(before)
    expect(await admin.query(`select obj_description('read_model.tally'::regclass) as said`)).toEqual([{ said: 'words' }])
    expect(await asReader('select * from rm_tally_v1_2.tally')).toMatch(/permission denied for schema/)
  })

  test('a view that gains columns stays itself: grants of columns do not widen, and what others made over it lives on', async () => {
    await start(shaped())
    await admin.query(
      `grant select (stream, revision) on read_model.tally to ${reader.name}; create view read_model.own as select stream from read_model.tally`,
    )
    await restart(shaped({ version: 2, columns: ', secret text' }))
    expect(await asReader('select stream, revision from read_model.tally')).toHaveLength(2)
    expect(await asReader('select secret from read_model.tally')).toMatch(/permission denied/)
    expect(await admin.query('select * from read_model.own')).toHaveLength(2)
    expect(warned).toEqual([])
  })

  test('a view whose columns change is made anew with the grants it had, no fewer and no more', async () => {
    await start(shaped({ columns: ', gone text' }))
    await admin.query(`
      grant select (stream, revision, gone) on read_model.tally to ${reader.name} with grant option;
      grant select on read_model.tally to public; revoke select on read_model.tally from public;
      alter default privileges in schema read_model grant select on tables to public;
      comment on view read_model.tally is 'words';
      create view read_model.own as select gone from read_model.tally; create view read_model.further as select * from read_model.own`)
    await restart(shaped({ version: 2, columns: ', secret text' }))
    expect(await asReader('select stream, revision from read_model.tally')).toHaveLength(2)
    expect(await asReader('select secret from read_model.tally')).toMatch(/permission denied/)
    expect(await asReader('select words from read_model.tally')).toMatch(/permission denied/)
    expect(
      await admin.query(
        `select attname::text as column, is_grantable from pg_attribute, aclexplode(attacl) where attrelid = 'read_model.tally'::regclass order by 1`,
      ),
    ).toEqual(['revision', 'stream'].map((column) => ({ column, is_grantable: true })))
    expect(await admin.query(`select obj_description('read_model.tally'::regclass) as said, to_regclass('read_model.own') as own`)).toEqual([
      { said: 'words', own: null },
    ])
    expect(warned).toMatchObject([{ dropped: ['read_model.further', 'read_model.own'] }])
  })

  test('analysts see what a read model names for them and nothing that it withholds, generation after generation', async () => {
    const analysis = [{ table: 'tally', means: 'How much was said', withheld: ['words', 'secret'] }]
    await start(shaped({ analysis }))
    await admin.query(`
      grant usage on schema analysis to ${reader.name}; grant select on all tables in schema analysis to ${reader.name};
      alter default privileges in schema analysis grant select on tables to ${reader.name}`)
    const seen = [
      { stream: 'HighRiskUser-P11_1', revision: '1' },
      { stream: 'HighRiskUser-P11_2', revision: '0' },
    ]
    expect(await asReader('select * from analysis.tally order by stream')).toEqual(seen)
    expect(await asReader('select read_model, views, events_passed, halted, being_rebuilt from analysis.freshness')).toEqual([
      { read_model: 'tally', views: ['tally'], events_passed: '3', halted: false, being_rebuilt: false },
    ])
    await restart(shaped({ version: 2, columns: ', secret text', analysis, also: 'other' }))
    expect(await asReader('select * from analysis.tally order by stream')).toEqual(seen)
    // A release that shows them more or less of the same tables says so at its next start, and new views are theirs by default.
    await restart(
      shaped({
        version: 2,
        analysis: [
          { table: 'tally', means: 'Who spoke', withheld: ['words', 'secret', 'revision'] },
          { table: 'other', means: 'Other', withheld: [] },
        ],
        also: 'other',
      }),
    )
    expect(await asReader('select * from analysis.tally order by stream')).toEqual(seen.map(({ stream }) => ({ stream })))
    expect(await asReader('select * from analysis.other')).toHaveLength(2)
    expect(await asReader('select * from read_model.tally')).toMatch(/permission denied/)
    await restart(shaped({ version: 2, also: 'other' }))
    expect(await admin.query(`select relname from pg_class where relnamespace = 'analysis'::regnamespace`)).toEqual([{ relname: 'freshness' }])
  })

  test('a start that finds everything as it should be touches no view', async () => {
    const projection = shaped({ analysis: [{ table: 'tally', means: 'words', withheld: ['words'] }] })
    await start(projection)
    await stop()
    await admin.query('begin; lock table read_model.tally, analysis.tally in access share mode')
    await ensureGeneration(url, projection)
    await admin.query('rollback')
  })

  test('while somebody reads for long, others are answered from the generation before, and the switch follows', async () => {
    const projections = await start(shaped())
    await admin.query(`grant select on read_model.tally to ${reader.name}`)
    const long = await sessionAt(reader.url)
    await long.query('begin; select * from read_model.tally')
    const generation = await projections.rebuild('tally')
    await until(async () => warned.some((one) => JSON.stringify(one).includes('lock timeout')))
    expect(await asReader('select * from read_model.tally')).toHaveLength(2)
    expect((await projections.status()).find(({ serving }) => serving)?.generation).toBe(1)
    await long.query('commit')
    await long.end()
    await until(async () => (await projections.status()).some((one) => one.generation === generation && one.serving))
    expect(await asReader('select * from read_model.tally')).toHaveLength(2)
  })

  test('readers of two views in either order meet a switch without an error, and see both of one generation', async () => {
    const { feed } = growingFeed(events)
    const projections = await start(shaped({ also: 'other' }), feed)
    let reading = true
    const Both = z.object({ same: z.boolean() })
    const reads = async (left: string, right: string): Promise<number> => {
      let answers = 0
      for (; reading; answers++) {
        const { rows } = await readAsOf(
          pool,
          'tally',
          Both,
          sql.fragment`select (select array_agg((stream, revision)::text order by stream) from ${sql.identifier(['read_model', left])})
            = (select array_agg((stream, revision)::text order by stream) from ${sql.identifier(['read_model', right])}) as same`,
          `${left} then ${right}`,
        )
        expect(rows).toEqual([{ same: true }])
      }
      return answers
    }
    const readers = Promise.all([reads('tally', 'other'), reads('other', 'tally'), reads('tally', 'other'), reads('other', 'tally')])
    for (let round = 0; round < 3; round++) {
      const generation = await projections.rebuild('tally')
      await until(async () => (await projections.status()).some((one) => one.generation === generation && one.serving))
    }
    reading = false
    for (const answers of await readers) expect(answers).toBeGreaterThan(3)
  })
})
