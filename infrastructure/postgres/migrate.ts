import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

/**
 * Brings a database to this program's schema: the files of `schema/`, in order, each once, under a lock that other
 * processes wait for. Read models are not here: the projections make their own tables.
 */
export const migrate = async (databaseUrl: string, onApplied: (name: string) => void): Promise<void> => {
  const applied = await runner({
    databaseUrl,
    dir: fileURLToPath(new URL('schema', import.meta.url)),
    migrationsTable: 'migration',
    migrationsSchema: 'epm',
    createMigrationsSchema: true,
    direction: 'up',
    checkOrder: true,
    singleTransaction: true,
    advisoryLockMode: 'wait',
    logger: silent,
  })
  for (const { name } of applied) onApplied(name)
}
