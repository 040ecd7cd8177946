import type pg from 'pg'

/** The server cannot keep what it acknowledges, or cannot hold what we write. */
export class UnfitServer extends Error {
  override readonly name = 'UnfitServer'
}

export type ServerCheck = {
  /** Set for tests that do not crash the server: takes one that may lose acknowledged events. */
  readonly allowUnsafe: boolean
}

type Facts = {
  readonly version: number
  readonly encoding: string
  readonly fsync: string
  readonly full_page_writes: string
  readonly synchronous_commit: string
  readonly standby: boolean
  readonly log: boolean
}

const FACTS = `select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding,
  current_setting('fsync') as fsync, current_setting('full_page_writes') as full_page_writes, current_setting('synchronous_commit') as synchronous_commit,
  pg_is_in_recovery() as standby, to_regclass('log.event') is not null as log`

/**
 * Refuses a server to which the log cannot be trusted, and says what to change. Returns the settings that the appending
 * connections need beyond the server's own. Throws UnfitServer.
 */
export const checkServer = async (client: Pick<pg.Client, 'query'>, { allowUnsafe }: ServerCheck): Promise<Readonly<Record<string, string>>> => {
  const facts = (await client.query<Facts>(FACTS)).rows[0]!
  const faults = [
    facts.version < 150_000 && `PostgreSQL ${Math.floor(facts.version / 10_000)} is too old; 15 or later is needed`,
    facts.encoding !== 'UTF8' && `the database's encoding is ${facts.encoding}; UTF8 is needed (create database … encoding 'UTF8')`,
    !allowUnsafe && facts.fsync !== 'on' && 'fsync is off; a crash would lose acknowledged events (set fsync = on)',
    !allowUnsafe && facts.full_page_writes !== 'on' && 'full_page_writes is off; a crash could tear pages of the log (set full_page_writes = on)',
    facts.standby && 'the server is a standby, which takes no appends; name its primary',
    !facts.log && 'the database has no event log yet; run the migrations first (epm migrate)',
  ].filter((fault) => fault !== false)
  if (faults.length > 0) throw new UnfitServer(faults.join('; '))
  return facts.synchronous_commit === 'off' && !allowUnsafe ? { synchronous_commit: 'on' } : {}
}
