import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEmbeddedPostgres } from '#infrastructure/postgres/embedded.ts'
import { processOf } from '#infrastructure/postgres/process-identity.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'epm-embedded-'))
})
afterAll(async () => {
  const left = await startEmbeddedPostgres({ directory })
  await left.stop()
  await rm(directory, { recursive: true, force: true })
})

const start = () => startEmbeddedPostgres({ directory, settings: { fsync: 'off' } })
const ask = async <T>(url: string, statement: string): Promise<T[]> => {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(statement)).rows as T[]
  } finally {
    await client.end()
  }
}

type Owner = { readonly child: ChildProcess; readonly url: string; readonly pid: number; readonly owned: boolean; readonly leave: () => Promise<void> }
/** Another process, in a group of its own as a shell gives it. */
const another = async (): Promise<Owner> => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../support/embedded-owner.ts', import.meta.url)), directory], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  const leave = async (): Promise<void> => {
    child.stdin.end()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  return { child, ...(JSON.parse(line) as Pick<Owner, 'url' | 'pid' | 'owned'>), leave }
}
const killed = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  const gone = once(child, 'exit')
  process.kill(signal === 'SIGINT' ? -child.pid! : child.pid!, signal) // Ctrl-C goes to the whole group
  await gone
}

test('a server is made, started, joined by a second process, and stopped by the one that started it', async () => {
  const server = await start()
  expect(server.owned).toBe(true)
  expect(await ask(server.url, "select current_setting('server_encoding') as encoding, datcollate from pg_database where datname = 'postgres'")).toEqual([
    { encoding: 'UTF8', datcollate: 'C.UTF-8' },
  ])
  const joined = await another()
  expect(joined).toMatchObject({ owned: false, url: server.url, pid: server.pid })
  await joined.leave()
  expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
  await server.stop()
  expect(await processOf(server.pid)).toBeUndefined()
  await server.stop() // a second time changes nothing
})

test('after a kill -9 of the server the next start recovers what was committed', async () => {
  const server = await start()
  await ask(server.url, 'create table kept as select 42 as answer')
  process.kill(server.pid, 'SIGKILL')
  await expect.poll(() => processOf(server.pid)).toBeUndefined()
  const again = await start()
  expect(again).toMatchObject({ owned: true })
  expect(again.pid).not.toBe(server.pid)
  expect(await ask(again.url, 'select answer from kept')).toEqual([{ answer: 42 }])
  await again.stop()
})

test('a server whose owner was killed is adopted, and stopped at the adopter’s end', async () => {
  const owner = await another()
  expect(owner.owned).toBe(true)
  await killed(owner.child, 'SIGKILL')
  expect(await processOf(owner.pid)).toBeDefined()
  const adopted = await start()
  expect(adopted).toMatchObject({ owned: true, pid: owner.pid })
  expect(await ask(adopted.url, 'select answer from kept')).toEqual([{ answer: 42 }])
  await adopted.stop()
  expect(await processOf(owner.pid)).toBeUndefined()
})

test('Ctrl-C ends the program in the terminal, not the server', async () => {
  const owner = await another()
  await killed(owner.child, 'SIGINT')
  const adopted = await start()
  expect(adopted).toMatchObject({ owned: true, pid: owner.pid })
  await adopted.stop()
})

test('a stale pid file that names somebody else’s process is not mistaken for ours', async () => {
  const server = await start()
  const file = join(directory, 'pgdata', 'postmaster.pid')
  const [, ...rest] = (await readFile(file, 'utf8')).split('\n')
  await server.stop()
  const bystander = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'])
  await writeFile(file, [bystander.pid, ...rest].join('\n'), { mode: 0o644 })
  const again = await start()
  expect(again).toMatchObject({ owned: true })
  expect(await ask(again.url, 'select answer from kept')).toEqual([{ answer: 42 }])
  await again.stop()
  expect(bystander.exitCode ?? bystander.signalCode).toBeNull()
  await killed(bystander, 'SIGKILL')
})

test('of processes that start at once, and find the lock of one that died, one wins and the others join', async () => {
  await writeFile(join(directory, 'starting'), JSON.stringify({ pid: process.pid, started: 'long ago' }))
  const all = await Promise.all([another(), another(), another()])
  expect(all.filter(({ owned }) => owned)).toHaveLength(1)
  expect(new Set(all.map(({ pid }) => pid)).size).toBe(1)
  for (const { url } of all) expect(await ask(url, 'select answer from kept')).toEqual([{ answer: 42 }])
  for (const one of all.filter(({ owned }) => !owned)) await one.leave()
  expect(await ask(all[0]!.url, 'select 1 as one')).toEqual([{ one: 1 }])
  for (const one of all.filter(({ owned }) => owned)) await one.leave()
  expect(await processOf(all[0]!.pid)).toBeUndefined()
})

test('what keeps the server from starting is told', async () => {
  await expect(startEmbeddedPostgres({ directory, settings: { fsync: 'off', shared_buffers: 'much' } })).rejects.toThrow(
    /PostgreSQL did not start:[\s\S]*invalid value for parameter "shared_buffers"/,
  )
})
