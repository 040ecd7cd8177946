import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isRunning, type ProcessIdentity } from './process-identity.ts'

const PAUSE_MS = 25

/** Lets one process at a time start, adopt or stop the server of a directory; a holder that died is passed over. */
export const withStartLock = async <T>(home: string, me: ProcessIdentity, work: () => Promise<T>): Promise<T> => {
  const file = join(home, 'starting')
  const mine = JSON.stringify(me)
  while (!(await taken(file, mine))) {
    await breakIfStale(file, me.pid)
    await new Promise((done) => setTimeout(done, PAUSE_MS))
  }
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}

/** Linked into its place when it is whole, so that nobody meets a half-written name. */
const taken = async (file: string, mine: string): Promise<boolean> => {
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, mine, { mode: 0o600 })
  try {
    await link(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** Moved aside before it is judged for good, so that of many only one breaks it, and none breaks its successor. */
const breakIfStale = async (file: string, pid: number): Promise<void> => {
  const holder = await readIdentity(file)
  if (!holder || (await isRunning(holder))) return
  const aside = `${file}.${pid}`
  try {
    await rename(file, aside)
    const moved = await readIdentity(aside)
    if (moved && (await isRunning(moved))) await link(aside, file)
  } catch {
    return // another process was first
  } finally {
    await rm(aside, { force: true })
  }
}

/** The process that a file names; undefined when there is no such file or it was not written to its end. */
export const readIdentity = async (file: string): Promise<ProcessIdentity | undefined> => {
  try {
    const { pid, started } = JSON.parse(await readFile(file, 'utf8')) as Partial<ProcessIdentity>
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined
  } catch {
    return undefined
  }
}
