import { connect, type Socket } from 'node:net'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import { percentile } from './rounds.ts'

/** The same request again and again, or several in turn, `{n}` in them replaced by a number of ten digits that never comes twice in a run. */
export type Load = {
  readonly port: number
  readonly callers: number
  readonly milliseconds: number
  readonly request: string | readonly string[]
  readonly from: number
}
export type Loaded = {
  readonly perSecond: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly next: number
  readonly failed: number
}

/** Puts load on a server of this process from a thread of its own, over kept connections, so that asking costs the server nothing. */
export const load = (what: Load): Promise<Loaded> =>
  new Promise((done, fail) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: what })
    worker.once('message', done)
    worker.once('error', fail)
  })

/** Writes one request and waits for the whole answer; its head tells the length. */
const ask = (socket: Socket, text: string): Promise<number> =>
  new Promise((done, fail) => {
    let seen = ''
    const hear = (chunk: Buffer): void => {
      seen += chunk.toString('latin1')
      const head = seen.indexOf('\r\n\r\n')
      if (head < 0) return
      const length = Number(/content-length: (\d+)/i.exec(seen.slice(0, head))?.[1] ?? 0)
      if (seen.length < head + 4 + length) return
      socket.off('data', hear)
      socket.off('error', fail)
      done(Number(seen.slice(9, 12)))
    }
    socket.on('data', hear)
    socket.once('error', fail)
    socket.write(text)
  })

const run = async ({ port, callers, milliseconds, request, from }: Load): Promise<Loaded> => {
  const times: number[] = []
  const requests = typeof request === 'string' ? [request] : request
  let next = from
  let failed = 0
  const start = performance.now()
  const caller = async (): Promise<void> => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    while (performance.now() < start + milliseconds) {
      const asked = performance.now()
      const status = await ask(socket, requests[next % requests.length]!.replaceAll('{n}', String(next++).padStart(10, '0')))
      times.push(performance.now() - asked)
      if (status >= 300) failed++
    }
    socket.destroy()
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return {
    perSecond: (times.length * 1000) / (performance.now() - start),
    p50: percentile(times, 0.5),
    p95: percentile(times, 0.95),
    p99: percentile(times, 0.99),
    next,
    failed,
  }
}

if (parentPort && workerData) parentPort.postMessage(await run(workerData as Load))
