import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '#infrastructure/postgres/embedded.ts'
import { migrate } from '#infrastructure/postgres/migrate.ts'

export type BenchServer = { readonly database: () => Promise<string>; readonly stop: () => Promise<void> }

/** A server of its own, with the product's settings: fsync and full_page_writes on, every commit flushed. */
export const startBenchServer = async (): Promise<BenchServer> => {
  const directory = await mkdtemp(join(tmpdir(), 'epm-bench-'))
  const server = await startEmbeddedPostgres({ directory })
  let made = 0
  return {
    database: async () => {
      const name = `bench_${++made}`
      const client = new pg.Client(server.url)
      await client.connect()
      await client.query(`create database ${name}`)
      await client.end()
      const url = new URL(server.url)
      url.pathname = `/${name}`
      await migrate(url.href, () => undefined)
      return url.href
    },
    stop: async () => {
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
