import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { compareLogs, type Prefix } from '#application/log-copy/compare.ts'
import { copyLog, NotACopy } from '#application/log-copy/copy.ts'
import { type Config, readConfig } from '#infrastructure/config.ts'
import { setUpRights } from '#infrastructure/eventstoredb/rights.ts'
import { type Engine, type EventLog, openLog } from '#infrastructure/log.ts'
import { startEmbeddedPostgres } from '#infrastructure/postgres/embedded.ts'
import { migrate } from '#infrastructure/postgres/migrate.ts'
import { showProgress } from './progress.ts'
import { UsageError } from './run.ts'

type Ends = { readonly from: Engine; readonly to: Engine }

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

/** `epm log copy`: every event of one engine to the other, in its order; begun again, it goes on where it stopped. */
export const runLogCopy = (ends: Ends): Promise<void> =>
  withBoth(ends, async (from, to) => {
    const total = Number(await from.feed.countAfter(undefined))
    const progress = showProgress(`${from.name} to ${to.name}`)
    try {
      const { events, fingerprint } = await copyLog(from.feed, to, { digest, onProgress: ({ phase, events }) => progress.to(Number(events), total, phase) })
      progress.end(`${events} events, fingerprint ${fingerprint}`)
    } catch (error) {
      throw error instanceof NotACopy
        ? new UsageError(`${error.message}. The target has to be empty or a beginning of the source; nothing was written over it.`)
        : error
    }
  })

/** `epm log compare`: proves that two engines hold the same events, or names the first that differs. */
export const runLogCompare = (ends: Ends): Promise<void> =>
  withBoth(ends, async (from, to) => {
    const total = Number(await from.feed.countAfter(undefined))
    const progress = showProgress(`${from.name} and ${to.name}`)
    const compared = await compareLogs(from.feed, to.feed, { digest, onProgress: ({ events }) => progress.to(Number(events), total) })
    progress.end(told(compared, from, to))
    if (compared.kind !== 'equal') process.exitCode = 1
  })

const told = (compared: Awaited<ReturnType<typeof compareLogs>>, from: EventLog, to: EventLog): string => {
  const equal = ({ events, fingerprint }: Prefix): string => `${events} equal events, fingerprint ${fingerprint}`
  switch (compared.kind) {
    case 'equal':
      return equal(compared)
    case 'longer':
      return `${equal(compared)}; then ${compared.which === 'first' ? from.name : to.name} goes on alone`
    case 'different':
      return `${equal(compared)}; then they differ: ${compared.next.map(({ stream, revision, type, id }) => `${type} ${id} (${stream} at ${revision})`).join(' against ')}`
  }
}

const withBoth = async ({ from, to }: Ends, work: (from: EventLog, to: EventLog) => Promise<void>): Promise<void> => {
  if (from === to) throw new UsageError('--from and --to name the same engine')
  const config = readConfig(process.env)
  const closers: (() => Promise<void>)[] = []
  try {
    const [first, second] = [await openOne(config, from, closers), await openOne(config, to, closers)]
    await work(first, second)
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

const openOne = async (config: Config, engine: Engine, closers: (() => Promise<void>)[]): Promise<EventLog> => {
  const log = await openLog(engine, engine === 'eventstoredb' ? eventStoreUrl(config) : await postgresUrl(config, closers))
  closers.push(log.close)
  return log
}

const eventStoreUrl = ({ EVENTSTORE_URL }: Config): string => {
  if (EVENTSTORE_URL === undefined) throw new UsageError('EVENTSTORE_URL is not set: where is the EventStoreDB?')
  return EVENTSTORE_URL
}

const postgresUrl = async ({ DATABASE_URL, EPM_HOME }: Config, closers: (() => Promise<void>)[]): Promise<string> => {
  if (DATABASE_URL !== undefined) return DATABASE_URL
  const embedded = await startEmbeddedPostgres({ directory: join(EPM_HOME, 'postgres') })
  closers.push(embedded.stop)
  await migrate(embedded.url, () => undefined)
  return embedded.url
}

/** `epm log rights`: makes the program's own user on an EventStoreDB and takes the right to delete from everybody but administrators. */
export const runLogRights = async ({ admin }: { readonly admin: string }): Promise<void> => {
  const { username, password } = new URL(eventStoreUrl(readConfig(process.env)))
  if (username === '' || password === '') throw new UsageError('EVENTSTORE_URL names no user and password: whose rights shall be set up?')
  await setUpRights({ adminUrl: admin, user: decodeURIComponent(username), password: decodeURIComponent(password) })
  process.stdout.write(`The user ${decodeURIComponent(username)} may read and append; deleting and truncating are the administrators'. Try it: epm doctor\n`)
}
