import { readFile } from 'node:fs/promises'
import type { DatabasePool } from 'slonik'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { startProjections } from '#infrastructure/postgres/read-model.ts'
import { projections } from '#projections/catalogue.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { growingFeed, record, until } from '#test/support/projections.ts'
import { freshRole, type Role, type Session, sessionAt } from '#test/support/roles.ts'
import { silent } from '#test/support/silent.ts'
import * as say from './national-day.fixtures.ts'
import { order, subject } from './supervision.fixtures.ts'

const owing = (consNo: string, open: bigint) => say.row(consNo, [say.bill('202602', 10_000_000n, 10_000_000n - open)])
const [small, named, free] = [owing('1', 5_000n), owing('2', 3_000_000n), owing('3', 2_000_000n)]
const a = order('20260402-1')
const events = record([
  say.list(1, '2024-01-01', [{ code: '3110', category: 'HIGH_ENERGY' }]),
  ...['1', '2', '3'].map((consNo) => say.listed('P11', consNo, '2026-03-01')),
  ...say.sealed('P11', '2026-04-02', [small, named, free]),
  say.corrected('P11', '2026-04-02', 2, [owing('1', 4_000n)], { all: [owing('1', 4_000n), named, free] }),
  a.drafted('04-03 08:00', [subject('2')]),
  a.issued('04-03 09:00', '04-03 14:00', '04-07 09:00'),
])

let database: TestDatabase
let pool: DatabasePool
let admin: Session
let analyst: Session
let roles: readonly Role[]
let page: string

const blocks = (kind: string): readonly string[] => [...page.matchAll(new RegExp(`^\`\`\`sql ${kind}\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text)

const startAll = (models = projections) =>
  startProjections({ ...{ feed: growingFeed(events).feed, pool, databaseUrl: database.url, projections: models }, logger: silent })

beforeAll(async () => {
  page = await readFile(new URL('../../docs/runbooks/analysts.md', import.meta.url), 'utf8')
  database = await freshDatabase()
  pool = await createReadPool(database.url)
  const running = await startAll()
  for (const { name } of projections) await running.waitFor(name, events.at(-1)!.position, 20_000)
  await running.stop()

  // The page's own words make the role, under names of this run and in this database: roles belong to the whole server.
  roles = [await freshRole(database.url), await freshRole(database.url)]
  const [group, person] = roles as readonly [Role, Role]
  admin = await sessionAt(database.url)
  await admin.query(`drop role ${group.name}; drop role ${person.name}`)
  const said = blocks('role')
    .join('')
    .replaceAll('analysts', group.name)
    .replaceAll('zhang', person.name)
    .replaceAll('change-me', person.name)
    .replace('database epm', `database ${new URL(database.url).pathname.slice(1)}`)
  await admin.query(said)
  analyst = await sessionAt(person.url)
})
afterAll(async () => {
  await analyst.end()
  for (const { name } of roles) await admin.query(`drop owned by ${name}`)
  for (const { name } of roles.toReversed()) await admin.query(`drop role ${name}`)
  await admin.end()
  await pool.end()
  await database.drop()
})

/** What a role may read, of all that there is but the server's own. */
const READABLE = `
  select n.nspname || '.' || c.relname as view, string_agg(a.attname, ', ' order by a.attnum) as columns
  from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and c.relkind in ('r', 'v', 'm', 'p', 'f')
    and has_schema_privilege(n.oid, 'usage') and has_column_privilege(c.oid, a.attnum, 'select')
  group by 1 order by 1`

test('an analyst sees these views and columns, and nothing else of the database', async () => {
  const seen = (await analyst.query(READABLE)) as readonly { readonly view: string; readonly columns: string }[]
  // A column that comes into this file is a decision: may whoever evaluates the nation's figures see it?
  await expect(seen.map(({ view, columns }) => `${view}: ${columns}\n`).join('')).toMatchFileSnapshot('../golden/analysis-views.txt')
  const columns = seen.flatMap(({ columns: all }) => all.split(', '))
  expect(
    columns.filter((name) => /^by$|_by$|owner|user_id|assigned_user|document|remark|comment|reason|note|person|phone|content|evidence|why/.test(name)),
  ).toEqual([])
  for (const closed of ['read_model.work_order', 'read_model.parked_event', 'rm_work_orders_v1_1.work_order', 'log.event', 'source.bill'])
    await expect(analyst.query(`select * from ${closed}`), closed).rejects.toThrow(/permission denied/)
  await expect(analyst.query('create table analysis.mine (n int)')).rejects.toThrow(/read-only transaction|permission denied/)
})

test('what is withheld from analysts is there to be withheld', async () => {
  const columns = await admin.query(
    `select c.relname || '.' || attname as name from pg_attribute join pg_class c on c.oid = attrelid where relnamespace = 'read_model'::regnamespace`,
  )
  const withheld = projections.flatMap(({ analysis = [] }) => analysis.flatMap(({ table, withheld: all }) => all.map((column) => `${table}.${column}`)))
  expect(withheld.filter((name) => !columns.some((column) => column.name === name))).toEqual([])
})

test('the page on SQL lists the views with what they mean', async () => {
  const views = projections.flatMap(({ name, analysis = [] }) => analysis.map(({ table, means }) => `| \`${table}\` | ${means} | ${name} |`))
  expect(page.slice(page.indexOf('| view |')).trim().split('\n')).toEqual(['| view | its rows | read model |', '|---|---|---|', ...views.sort()])
  const said = await analyst.query(
    `select relname as name, obj_description(oid, 'pg_class') as means from pg_class where relnamespace = 'analysis'::regnamespace and relname <> 'freshness'`,
  )
  for (const { name, means } of said) expect(page).toContain(`| \`${String(name)}\` | ${String(means)} |`)
  expect(said).toHaveLength(views.length)
})

const answers = async (texts: readonly string[]) => {
  const all = []
  for (const text of texts) all.push(await analyst.query(text))
  return all
}

test('the queries of the page on SQL answer what it says', async () => {
  const [byCategory, corrections, unnamed] = await answers(blocks('query'))
  expect(byCategory).toMatchObject([{ category: 'HIGH_ENERGY', users: '3' }])
  expect(Number(byCategory?.[0]?.arrears_yuan)).toBe(50_040)
  expect(Number(byCategory?.[0]?.recovered_percent_of_the_year)).toBeCloseTo(83.32, 2)
  expect(corrections).toMatchObject([{ province: 'P11', published_fen: '5005000', corrected_fen: '5004000', changed_fen: '-1000' }])
  expect(unnamed).toMatchObject([{ province: 'P11', cons_no: '3', cons_name: 'Works 3' }])
  expect((await answers(blocks('freshness')))[0]).toMatchObject(
    projections.map(({ name }) => ({ read_model: name, halted: false })).sort((x, y) => (x.read_model < y.read_model ? -1 : 1)),
  )
})

test('every read model rebuilt, and raised to another version, is read as before by whoever could read it', async () => {
  const seen = await analyst.query(READABLE)
  const told = await answers(blocks('query'))
  const same = async (): Promise<void> => {
    expect(await analyst.query(READABLE)).toEqual(seen)
    expect(await answers(blocks('query'))).toEqual(told)
  }
  const running = await startAll()
  const rebuilt = new Map<string, number>()
  for (const { name } of projections) rebuilt.set(name, await running.rebuild(name))
  await until(async () => (await running.status()).every(({ name, generation, serving }) => serving && generation === rebuilt.get(name)))
  await running.stop()
  await same()
  const raised = await startAll(projections.map((model) => ({ ...model, version: model.version + 1 })))
  await until(async () =>
    (await raised.status()).every(({ name, version, serving }) => serving && version > projections.find((one) => one.name === name)!.version),
  )
  await raised.stop()
  await same()
})
