import { withPlatform } from './session.ts'
import { setUp } from './set-up.ts'

export const runMigrate = (): Promise<void> =>
  withPlatform(async (platform, config) => {
    const { units, calendars } = await setUp(platform, config)
    process.stdout.write(
      `The database is at this release. Organisation: ${units === 0 ? 'as it was' : `${units} units registered`}; calendars: ${calendars === 0 ? 'as they were' : `${calendars} published`}.\n`,
    )
  })
