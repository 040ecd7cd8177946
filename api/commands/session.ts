import { type Config, readConfig } from '#infrastructure/config.ts'
import { createLog } from '#infrastructure/telemetry/log.ts'
import { openPlatform, type Platform, systemClock } from '../compose.ts'

/** Opens the platform for one command and lets go of it afterwards, whatever happened. */
export const withPlatform = async (work: (platform: Platform, config: Config) => Promise<void>): Promise<void> => {
  const config = readConfig(process.env)
  const platform = await openPlatform({ config, clock: systemClock, log: createLog(config.LOG_LEVEL === 'info' ? 'warn' : config.LOG_LEVEL) })
  try {
    await work(platform, config)
  } finally {
    await platform.close()
  }
}
