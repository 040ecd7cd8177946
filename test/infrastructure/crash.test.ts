import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#infrastructure/postgres/embedded.ts'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { migrate } from '#infrastructure/postgres/migrate.ts'
import { everything } from '#test/contracts/event-store.ts'
import { crashAppend } from '#test/support/crash-append.ts'

let directory: string
let server: EmbeddedPostgres
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'epm-crash-'))
  server = await startEmbeddedPostgres({ directory }) // flushes what it acknowledges
  await migrate(server.url, () => undefined)
})
afterAll(async () => {
  await server.stop()
  await rm(directory, { recursive: true, force: true })
})

type Step = readonly [writer: number, step: number]
type Said = { readonly sent: Step[]; readonly acknowledged: Step[]; readonly unknown: Step[] }

/** Lets eight writers run until they have been answered so many times, and then kills. */
const writeUntil = async (run: string, answers: number, kill: (writers: number) => void): Promise<Said> => {
  const script = fileURLToPath(new URL('../support/crash-writers.ts', import.meta.url))
  const child = spawn(process.execPath, [script, server.url, run], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said: Said = { sent: [], acknowledged: [], unknown: [] }
  const gone = once(child, 'exit')
  let killed = false
  for await (const line of createInterface(child.stdout)) {
    if (!line.endsWith('}')) continue // cut off in the middle
    for (const [what, step] of Object.entries(JSON.parse(line) as Record<keyof Said, Step>)) said[what as keyof Said].push(step)
    if (said.acknowledged.length >= answers && !killed) {
      killed = true
      kill(child.pid!)
    }
  }
  await gone
  return said
}

/** Every acknowledged append is there once; of each other at most one; sent again with the same ids, exactly one. */
const judge = async (run: string, { sent, acknowledged }: Said): Promise<{ readonly open: number; readonly there: number }> => {
  const log = await openPostgresEventLog({ url: server.url })
  try {
    const name = ([writer, step]: Step): string => `${writer}/${step}`
    const known = new Set(acknowledged.map(name))
    const open = sent.filter((step) => !known.has(name(step)))
    expect(open.length).toBeLessThanOrEqual(8)
    let there = 0
    for (let writer = 0; writer < 8; writer++) {
      const stored = await everything(log.store, crashAppend(run, writer, 0).stream)
      const mine = acknowledged.filter(([by]) => by === writer).length
      const mayBe = open.filter(([by]) => by === writer).length
      expect(stored.length === 2 * mine || stored.length === 2 * (mine + mayBe)).toBe(true)
      there += stored.length / 2 - mine
      const all = Array.from({ length: stored.length / 2 }, (_, step) => crashAppend(run, writer, step)).flatMap(({ events }) => events.map(({ id }) => id))
      expect(stored.map(({ id }) => id)).toEqual(all)
    }
    const again = await log.store.appendMany([...open, ...acknowledged.slice(0, 50)].map(([writer, step]) => crashAppend(run, writer, step)))
    expect(again.every(({ kind }) => kind === 'appended')).toBe(true)
    expect(again.filter((outcome) => outcome.kind === 'appended' && outcome.repeated)).toHaveLength(there + Math.min(50, acknowledged.length))
    for (let writer = 0; writer < 8; writer++) {
      const steps = sent.filter(([by]) => by === writer).length
      expect(await everything(log.store, crashAppend(run, writer, 0).stream)).toHaveLength(2 * steps)
    }
    return { open: open.length, there }
  } finally {
    await log.close()
  }
}

test('a program that is killed in the middle has lost nothing that was acknowledged, and doubled nothing', async () => {
  let open = 0
  for (const [index, answers] of [40, 133, 350, 777].entries()) {
    const run = `K${index}`
    const said = await writeUntil(run, answers, (writers) => process.kill(writers, 'SIGKILL'))
    expect(said.acknowledged.length).toBeGreaterThanOrEqual(answers)
    open += (await judge(run, said)).open
  }
  expect(open).toBeGreaterThan(0)
})

test('a PostgreSQL that is killed in the middle has kept what it acknowledged; whoever was being answered knows that he does not know', async () => {
  let unknown = 0
  for (const [index, answers] of [60, 210, 555].entries()) {
    const run = `P${index}`
    const said = await writeUntil(run, answers, () => process.kill(server.pid, 'SIGKILL'))
    unknown += said.unknown.length
    server = await startEmbeddedPostgres({ directory })
    await judge(run, said)
  }
  expect(unknown).toBeGreaterThan(0)
})
