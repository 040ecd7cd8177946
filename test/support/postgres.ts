import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, inject } from 'vitest'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'

export type TestDatabase = { readonly url: string; readonly drop: () => Promise<void> }

/** A migrated database of its own; drop it in afterAll. */
export const freshDatabase = async (): Promise<TestDatabase> => {
  const template = new URL(inject('postgresUrl'))
  const name = `t_${randomUUID().replaceAll('-', '')}`
  const admin = new URL(template)
  admin.pathname = '/template1'
  const run = async (statement: string): Promise<void> => {
    const client = new pg.Client(admin.href)
    await client.connect()
    try {
      await client.query(statement)
    } finally {
      await client.end()
    }
  }
  await run(`create database ${name} template ${template.pathname.slice(1)}`)
  const url = new URL(template)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => run(`drop database if exists ${name} with (force)`) }
}

/** A database for the tests of one file, and a pool as readers have it; called as the file is read, it lets both go when its tests are over. */
export const ownDatabase = async (pooling: Parameters<typeof createReadPool>[1] = {}) => {
  const database = await freshDatabase()
  const pool = await createReadPool(database.url, pooling)
  afterAll(async () => {
    await pool.end()
    await database.drop()
  })
  return { database, pool }
}

/** A log in a database of its own; closing it drops the database. */
export const openFreshLog = async () => {
  const database = await freshDatabase()
  const log = await openPostgresEventLog({ url: database.url, allowUnsafe: true })
  return {
    ...log,
    close: async () => {
      await log.close()
      await database.drop()
    },
  }
}

/** The same for the tests of one file; it closes when they are over. */
export const ownLog = async () => {
  const log = await openFreshLog()
  afterAll(log.close)
  return log
}
