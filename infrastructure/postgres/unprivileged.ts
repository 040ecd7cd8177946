import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

/** A program to start; `uid`/`gid` say as whom it will run when that is not us. */
export type Command = { readonly file: string; readonly args: readonly string[]; readonly cwd?: string; readonly uid?: number; readonly gid?: number }

const run = promisify(execFile)
const READ_ANYWHERE = [
  '--inh-caps=-all,+dac_override',
  '--ambient-caps=-all,+dac_override',
  '--bounding-set=-all,+dac_override',
  '--securebits=+no_setuid_fixup',
]

/**
 * PostgreSQL refuses to run as root. When we are root the command is wrapped to run as `nobody`; where a folder above
 * one of `paths` is closed to others (a clone below root's home, say) the process keeps the one capability that
 * reads past it. Without `setpriv` (util-linux) it says what to do instead.
 */
export const asPostgresUser = async (command: Command, paths: readonly string[]): Promise<Command> => {
  if (process.getuid?.() !== 0) return command
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'nobody'])).stdout)))
  if (uid === undefined || gid === undefined) throw new Error('no user "nobody" to run PostgreSQL as; run as an ordinary user or set DATABASE_URL')
  const capabilities = (await allOpen(paths)) ? [] : READ_ANYWHERE
  const privileges = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...capabilities]
  try {
    await run('setpriv', [...privileges, 'true'])
  } catch (cause) {
    throw new Error('PostgreSQL does not run as root, and setpriv (util-linux) could not change to "nobody"; run as an ordinary user or set DATABASE_URL', {
      cause,
    })
  }
  return { file: 'setpriv', args: [...privileges, command.file, ...command.args], cwd: '/', uid, gid }
}

/** Whether others may pass through every folder above the paths. */
const allOpen = async (paths: readonly string[]): Promise<boolean> => {
  for (const path of paths) {
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      if (((await stat(folder)).mode & 0o001) === 0) return false
      if (folder === dirname(folder)) break
    }
  }
  return true
}
