import { exec, execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Recorded } from '#application/ports/event-store.ts'
import { openEventStoreDbLog } from '#infrastructure/eventstoredb/event-log.ts'
import { deleteStreams, realUrl } from './open.ts'
import { startProxy } from './proxy.ts'

const PROCESSES = 3
const WRITERS = 16
const EVENTS = Number(process.env.EPM_TEST_EVENTS ?? 60_000)
const CUTS = 20
const EACH = Math.ceil(EVENTS / PROCESSES / WRITERS)
const TOTAL = PROCESSES * WRITERS * EACH

/** A command of whoever owns the server: kills it with SIGKILL and starts it again on the same data. */
const CRASH = process.env.EPM_TEST_CRASH

/** A server takes every EVENTSTORE_… of its environment for an option of its own, and refuses those it does not know. */
const withoutServerOptions = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('EVENTSTORE_')))

test(`${PROCESSES} processes of ${WRITERS} writers, ${TOTAL} events, ${CUTS} cuts${CRASH ? ', crashes of the server' : ''}, a live reader: nothing missed, doubled or out of order`, async () => {
  const run = `S${randomUUID().slice(0, 8)}`
  const proxy = await startProxy(realUrl())
  const log = await openEventStoreDbLog({ url: realUrl(), patience: { answerMs: 5_000, outageMs: 120_000 } })
  const start = await log.feed.head()
  const read: Recorded[] = []
  const ours = (): readonly Recorded[] => read.filter(({ stream }) => stream.startsWith(`HighRiskUser-${run}`))
  let writing = true
  const listening = log.feed.more$.subscribe()

  const reader = async (): Promise<void> => {
    for (let last = false; ; last = !writing) {
      const page = await log.feed.read(read.at(-1)?.position ?? start, 500)
      read.push(...page)
      if (last && page.length === 0) return
      if (page.length === 0) await new Promise((done) => setTimeout(done, 5))
    }
  }
  const disturb = async (): Promise<number> => {
    let done = 0
    for (let n = 1; n <= CUTS && writing; n++) {
      while (writing && read.length < (TOTAL * n) / (CUTS + 2)) await new Promise((wait) => setTimeout(wait, 10))
      if (!writing) break
      proxy.cut()
      done++
      if (CRASH && n % 7 === 0) await promisify(exec)(CRASH, { env: withoutServerOptions })
    }
    return done
  }
  const script = fileURLToPath(new URL('./writers.ts', import.meta.url))
  const writers = Array.from({ length: PROCESSES }, (_, number) =>
    promisify(execFile)(process.execPath, [script, proxy.url, run, String(number), String(WRITERS), String(EACH)], { maxBuffer: 1 << 24 }),
  )
  const reading = reader()
  const cuts = disturb()
  try {
    const acknowledged = (await Promise.all(writers)).flatMap(({ stdout }) => stdout.trim().split('\n'))
    writing = false
    await reading
    expect(await cuts).toBe(CUTS)
    expect(acknowledged).toHaveLength(PROCESSES * WRITERS)
    const next = new Map<string, bigint>()
    for (const { stream, revision } of ours()) {
      expect(revision, stream).toBe(next.get(stream) ?? 0n)
      next.set(stream, revision + 1n)
    }
    expect([...next.values()].every((count) => count === BigInt(EACH))).toBe(true)
    expect(ours()).toHaveLength(TOTAL)
    for (let n = 1; n < read.length; n++) expect(log.feed.compare(read[n - 1]!.position, read[n]!.position)).toBeLessThan(0)
  } finally {
    writing = false
    listening.unsubscribe()
    proxy.close()
    await log.close()
    await deleteStreams([...new Set(ours().map(({ stream }) => stream))])
  }
})
