import type pg from 'pg'

/** All of the work, or none of it. */
export const inTransaction = async <T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> => {
  await client.query('begin')
  try {
    const result = await work()
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}

/** The same on a connection of the pool, which does not get it back when it failed: nobody knows what state it is in. */
export const transaction = async <T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
  const client = await pool.connect()
  let failed = true
  try {
    const result = await inTransaction(client, () => work(client))
    failed = false
    return result
  } finally {
    client.release(failed)
  }
}
