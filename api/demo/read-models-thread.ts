import { parentPort, workerData } from 'node:worker_threads'
import { z } from 'zod'
import { readConfig } from '#infrastructure/config.ts'
import { createLog } from '#infrastructure/telemetry/log.ts'
import { openPlatform, systemClock } from '../compose.ts'

/** Said by the thread when every read model follows the log; from then on it says where one has moved to. */
export const READY = 'ready'
/** Said to the thread, which then ends; any other text names a read model that is waited for. */
export const STOP = 'stop'

const follow = async (port: NonNullable<typeof parentPort>): Promise<void> => {
  const { databaseUrl, restMs } = z.object({ databaseUrl: z.string(), restMs: z.number() }).parse(workerData)
  const config = readConfig({ LOG_LEVEL: 'error', ...process.env, DATABASE_URL: databaseUrl })
  const platform = await openPlatform({ config, clock: systemClock, log: createLog(config.LOG_LEVEL) })
  const projections = await platform.startProjections({ restMs })
  projections.moved$.subscribe((moved) => port.postMessage(moved))
  port.on('message', (message: string) => {
    if (message !== STOP) return platform.waiting.wanted?.(message)
    port.close() // the thread ends when everything that it holds is closed
    void platform.close()
  })
  port.postMessage(READY)
}

if (parentPort) await follow(parentPort)
