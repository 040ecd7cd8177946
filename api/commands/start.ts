import { ORGANISATION } from '#application/organisation/directory.ts'
import { addDays, BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { Metadata } from '#domain/shared/envelope.ts'
import { readConfig } from '#infrastructure/config.ts'
import { createLog } from '#infrastructure/telemetry/log.ts'
import { openPlatform, type Platform, systemClock } from '../compose.ts'
import { bearerIdentity, oidcKeys } from '../identity.ts'
import { operationsOf, serve, untilStopped, useCases } from '../serve.ts'
import { groupProcessesFor } from './group-processes.ts'
import { runNotices } from './notices.ts'
import { everyday, everydayProcesses, runProcesses } from './processes.ts'
import { UsageError } from './run.ts'
import { screeningProcesses } from './screening-processes.ts'
import { warningProcessesFor } from './warning-processes.ts'

/** Serves for real: configuration from the environment, identities from the OIDC issuer, until a stop signal. */
export const runServer = async (): Promise<void> => {
  const config = readConfig(process.env)
  const log = createLog(config.LOG_LEVEL)
  const serves = config.EPM_ROLE !== 'worker'
  const works = config.EPM_ROLE !== 'api'
  if (serves && config.OIDC_ISSUER === undefined)
    throw new UsageError('OIDC_ISSUER is not set: without an issuer nobody could be known. Set it, or look around with `npm run demo`.')
  const keys = serves && config.OIDC_ISSUER !== undefined ? await oidcKeys(config.OIDC_ISSUER) : undefined
  const platform = await openPlatform({ config, clock: systemClock, log, onProgress: (what) => log.info(what) })
  try {
    const does = useCases(platform, config)
    const projections = works ? await platform.startProjections() : undefined
    const timers = works
      ? runProcesses(
          {
            ...everydayProcesses(platform, everyday(platform, does, await reportingSince(platform, config.REPORTING_SINCE)), log),
            ...screeningProcesses(platform, does),
            ...warningProcessesFor(platform, does),
            ...groupProcessesFor(platform),
          },
          () => systemClock.now(),
          log,
        )
      : undefined
    const notices = works ? runNotices(platform, config, () => systemClock.now(), log) : undefined
    const address =
      keys && config.OIDC_ISSUER !== undefined
        ? await serve(platform, does, {
            config,
            log,
            identify: bearerIdentity(keys, {
              issuer: config.OIDC_ISSUER,
              audience: config.OIDC_AUDIENCE,
              claims: { userId: 'sub', roles: config.OIDC_ROLES_CLAIM, orgCode: config.OIDC_ORG_CLAIM },
            }),
            waitFor: projections?.waitFor ?? operationsOf(platform).waitFor,
          })
        : undefined
    log.info({ role: config.EPM_ROLE, address }, 'started')
    const signal = await untilStopped()
    log.info({ signal }, 'stopping')
    timers?.unsubscribe()
    notices?.unsubscribe()
  } finally {
    await platform.close()
  }
}

/** The first date that day close looks at: as configured, or the day on which the organisation was first registered. */
export const reportingSince = async ({ store }: Pick<Platform, 'store'>, configured: string | undefined): Promise<BusinessDate> => {
  if (configured !== undefined) return BusinessDate.parse(configured)
  for await (const [first] of store.readStream(ORGANISATION)) if (first) return Metadata.parse(first.metadata).businessDate
  return addDays(businessDateOf(systemClock.now()), -1)
}
