import { openAlone } from '#infrastructure/postgres/alone.ts'
import type { Platform } from '../compose.ts'
import type { UseCases } from '../http.ts'
import { warningProcesses } from '../warning-work-order/processes.ts'
import { caughtUp } from './processes.ts'

/** Drafting, clocks, calendars, claims and recovered money, with a connection of their own on which workers take turns. */
export const warningProcessesFor = (platform: Platform, { warningWorkOrder }: UseCases): ReturnType<typeof warningProcesses> => {
  const { store, pool, reference, working, databaseUrl } = platform
  const { alone, close } = openAlone(databaseUrl)
  platform.onClose(close)
  return warningProcesses({
    ...{ store, pool, alone, orders: warningWorkOrder, warningRules: reference.warningRules, slaRules: working.slaRules, years: working.years },
    caughtUp: (model) => caughtUp(platform, model),
  })
}
