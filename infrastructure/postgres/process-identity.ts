import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** A process id alone says little: ids are given out again. With the start it names one process. */
export type ProcessIdentity = { readonly pid: number; readonly started: string }
export type Process = ProcessIdentity & { readonly command: string }

const run = promisify(execFile)

/** The living process of an id, undefined when there is none, or it is ending or only waits to be buried. */
export const processOf = async (pid: number): Promise<Process | undefined> => {
  if (!exists(pid)) return undefined
  if (process.platform === 'linux') return linuxProcess(pid)
  if (process.platform === 'win32') return { pid, started: '', command: '' }
  const [state, started, command] = await Promise.all(['state', 'lstart', 'command'].map((field) => ps(pid, field)))
  return state === undefined || started === undefined || command === undefined || state.startsWith('Z') ? undefined : { pid, started, command }
}

export const isRunning = async ({ pid, started }: ProcessIdentity): Promise<boolean> => (await processOf(pid))?.started === started

/** Whether any process has this id; one of another user counts. */
export const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const linuxProcess = async (pid: number): Promise<Process | undefined> => {
  try {
    const [stat, command] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/cmdline`, 'utf8')])
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // after the name, which may hold anything: state is the first, start the 20th
    const ended = fields[0] === 'Z' || command === '' // its memory goes first, and its command line with it
    return ended ? undefined : { pid, started: fields[19] ?? '', command: command.replaceAll('\0', ' ') }
  } catch {
    return undefined
  }
}

const ps = (pid: number, field: string): Promise<string | undefined> =>
  run('ps', ['-o', `${field}=`, '-p', String(pid)]).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  )
