import pg from 'pg'

/** A log as read models know it again: the engine, whose positions they keep, and its first event. */
export type LogIdentity = { readonly engine: string; readonly firstId: string | undefined }

type Followed = { readonly engine: string; readonly first_id: string | null }

/**
 * Sees to it that read models follow this log. When they followed another one (a province has moved house), what they show
 * stays to be read, stops moving and has no position any more, so that a generation built on this log takes its place;
 * answers true, and the caller begins that rebuilding. Throws what the database throws.
 */
export const followLog = async (url: string, { engine, firstId }: LogIdentity): Promise<boolean> => {
  const client = new pg.Client({ connectionString: url, application_name: 'epm followed log' })
  await client.connect()
  try {
    await client.query('begin')
    await client.query("select pg_advisory_xact_lock(hashtextextended('followed log', 0))")
    const [followed] = (await client.query<Followed>('select engine, first_id from read_model.followed_log')).rows
    const moved = followed !== undefined && (followed.engine !== engine || (followed.first_id !== null && followed.first_id !== (firstId ?? null)))
    if (moved) await setAside(client, followed.engine, engine)
    await client.query(
      `insert into read_model.followed_log (engine, first_id) values ($1, $2)
       on conflict (only_one) do update set engine = excluded.engine, first_id = excluded.first_id`,
      [engine, firstId ?? null],
    )
    await client.query('commit')
    return moved
  } finally {
    await client.end()
  }
}

const setAside = async (client: pg.Client, before: string, now: string): Promise<void> => {
  const fault = {
    position: '',
    stream: '',
    revision: '',
    type: '',
    message: `follows the log on ${before}; the log is on ${now} now`,
    at: new Date().toISOString(),
  }
  await client.query("update read_model.projection set status = 'retired', retired_at = now() where status = 'building'")
  await client.query("update read_model.projection set position = null, events_passed = 0, epoch = epoch + 1, fault = $1 where status = 'live'", [fault])
}
