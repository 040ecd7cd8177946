import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { exists, processOf } from './process-identity.ts'
import type { Command } from './unprivileged.ts'

export type Postmaster = { readonly pid: number; readonly port: number }

const PAUSE_MS = 10
const STOP_MS = 60_000
/** After a postmaster was killed its children need a moment to notice; until then the next one may not start. */
const ORPHANS_MS = 30_000

/** What `postmaster.pid` says; the status is `starting`, `ready` or `stopping`. */
const pidFile = async (data: string): Promise<(Postmaster & { readonly status: string }) | undefined> => {
  const lines = await readFile(join(data, 'postmaster.pid'), 'utf8').then(
    (text) => text.split('\n'),
    () => undefined,
  )
  const pid = Number(lines?.[0])
  return pid > 0 ? { pid, port: Number(lines?.[3]), status: lines?.[7]?.trim() ?? '' } : undefined
}

/** The id in the file may long belong to another program: only one that runs on this very folder is ours. */
const isOurs = async (pid: number, data: string): Promise<boolean> => {
  const found = await processOf(pid)
  return found !== undefined && (process.platform === 'win32' || found.command.includes(data))
}

/** The server that runs on this folder, once it takes connections; waits for one that is starting or stopping. */
export const findPostmaster = async (data: string): Promise<Postmaster | undefined> => {
  for (;;) {
    const found = await pidFile(data)
    if (!found || !(await isOurs(found.pid, data))) return undefined
    if (found.status === 'ready') return { pid: found.pid, port: found.port }
    await pause()
  }
}

/**
 * Starts the server and waits until it takes connections. It is detached, so that Ctrl-C reaches only us, and writes
 * its log itself, so that it outlives us. Throws with the end of its log when it does not come up.
 */
export const startPostmaster = async (command: (port: number) => Promise<Command>, data: string, logFile: string): Promise<Postmaster> => {
  await disownPidFile(data)
  for (const start = performance.now(); ; ) {
    const port = await freePort()
    const failure = await launch(await command(port), data, logFile)
    if (typeof failure === 'number') return { pid: failure, port }
    const orphans = failure.includes('shared memory block')
    const portTaken = failure.includes('could not bind') || failure.includes('could not create any TCP/IP sockets')
    if (!(orphans || portTaken) || performance.now() - start > ORPHANS_MS) throw new Error(`PostgreSQL did not start:\n${failure}`)
    await pause(100)
  }
}

/** The server's process id, or the end of its log when it gave up. */
const launch = async ({ file, args, cwd }: Command, data: string, logFile: string): Promise<number | string> => {
  const log = await open(logFile, 'a+', 0o600)
  const from = (await log.stat()).size
  const child = spawn(file, args, { cwd, detached: true, stdio: ['ignore', 'ignore', log.fd] })
  child.unref()
  let failed: string | undefined
  child.once('error', (error) => {
    failed = error.message
  })
  try {
    for (;;) {
      const found = await pidFile(data)
      if (found?.pid === child.pid && found?.status === 'ready') return found.pid
      if (failed !== undefined) return failed
      if (child.exitCode !== null || child.signalCode !== null)
        return (await readFile(logFile)).subarray(from).toString().trim().split('\n').slice(-8).join('\n')
      await pause()
    }
  } finally {
    await log.close()
  }
}

/**
 * PostgreSQL refuses to start while any process has the id in a stale `postmaster.pid`. Our own id there tells it that
 * the file is stale, and it still checks that no child of the old server is left.
 */
const disownPidFile = async (data: string): Promise<void> => {
  const found = await pidFile(data)
  if (!found || !exists(found.pid)) return
  const file = join(data, 'postmaster.pid')
  const [, ...rest] = (await readFile(file, 'utf8')).split('\n')
  await writeFile(file, [process.pid, ...rest].join('\n'))
}

/** Fast shutdown: open transactions are rolled back, the log is flushed. */
export const stopPostmaster = async ({ pid }: Postmaster, data: string): Promise<void> => {
  if (!(await isOurs(pid, data))) return
  process.kill(pid, 'SIGINT')
  for (const start = performance.now(); await isOurs(pid, data); await pause())
    if (performance.now() - start > STOP_MS) throw new Error(`PostgreSQL (process ${pid}) did not stop within ${STOP_MS / 1000} s`)
}

const pause = (milliseconds = PAUSE_MS): Promise<void> => new Promise((done) => setTimeout(done, milliseconds))

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port on the loopback interface')
  return address.port
}
