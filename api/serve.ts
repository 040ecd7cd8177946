import { once } from 'node:events'
import { listReader } from '#application/industry-list/read.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import type { Config } from '#infrastructure/config.ts'
import { openAttachments } from '#infrastructure/postgres/attachments.ts'
import { openNoticeOutbox } from '#infrastructure/postgres/notice-outbox.ts'
import { beginRebuild } from '#infrastructure/postgres/read-model-generations.ts'
import { release } from '#infrastructure/postgres/read-model-parked.ts'
import { openScreeningEngine } from '#infrastructure/postgres/screening-engine.ts'
import { openSourceFigures } from '#infrastructure/postgres/source-figures.ts'
import type { Logger } from '#infrastructure/telemetry/log.ts'
import { projections } from '#projections/catalogue.ts'
import { statusesAmong } from '#projections/high-risk-user/known.queries.ts'
import { onList } from '#projections/high-risk-user/register.queries.ts'
import { projectionStatus } from '#projections/shared/status.ts'
import { waitFor } from '#projections/shared/wait.ts'
import type { Platform } from './compose.ts'
import { extractionRoutes } from './extraction/routes.ts'
import type { WaitFor } from './freshness.ts'
import { buildHttp, type UseCases, useCasesOf } from './http.ts'
import type { Identify } from './identity.ts'
import type { Operations } from './operations/routes.ts'
import { screeningRoutes } from './screening/routes.ts'
import type { Routes } from './server.ts'

/** What of the read models a process needs that does not itself move them: they are moved by whoever leads, here or elsewhere. */
export const operationsOf = ({ pool, feed, waiting, databaseUrl }: Platform): Operations & { readonly waitFor: WaitFor } => {
  const named = (name: string) => projections.find((projection) => projection.name === name)
  return {
    status: () => projectionStatus({ pool, feed }),
    waitFor: (name, position, timeoutMs) => waitFor(waiting, name, position, timeoutMs),
    rebuild: async (name) => {
      const found = named(name)
      if (found) await beginRebuild(databaseUrl, found)
      return found !== undefined
    },
    release: async (name) => {
      const found = named(name)
      if (found) await release(pool, found)
      return found !== undefined
    },
  }
}

/** Listens until the platform is closed, and answers the address. Throws with what to do when the port is taken. */
export const serve = async (
  platform: Platform,
  useCases: UseCases,
  {
    config,
    log,
    identify,
    waitFor,
    more = [],
  }: { readonly config: Config; readonly log: Logger; readonly identify: Identify; readonly waitFor: WaitFor; readonly more?: readonly Routes[] },
): Promise<string> => {
  const screening = openScreeningEngine(platform.databaseUrl)
  platform.onClose(screening.close)
  const figures = openSourceFigures(platform.databaseUrl)
  platform.onClose(figures.close)
  const attachments = { bytes: config.ATTACHMENT_MAX_BYTES, mediaTypes: config.ATTACHMENT_TYPES }
  const files = openAttachments(platform.databaseUrl, attachments)
  platform.onClose(files.close)
  const notices = openNoticeOutbox(platform.databaseUrl, platform.engine, platform.sealing)
  platform.onClose(notices.close)
  const app = await buildHttp({
    identify,
    working: platform.working,
    useCases,
    feed: platform.feed,
    pool: platform.pool,
    waitFor,
    prefill: platform.prefill,
    operations: operationsOf(platform),
    uploadBytes: config.UPLOAD_MAX_BYTES,
    notices: notices.record,
    supervisionScores: platform.reference.supervisionScores,
    attachments: { store: files, limits: attachments },
    more: [
      extractionRoutes({ ...platform.importing, record: platform.extractions }),
      screeningRoutes({
        working: platform.working,
        store: platform.store,
        clock: platform.working.clock,
        engine: screening.engine,
        shipped: platform.reference.ruleSet,
        readList: listReader(platform.store),
        figures: figures.figures,
        lastDays: platform.extractions.lastDays,
        highRiskUser: useCases.highRiskUser,
        provinces: () => platform.directory.provincesOn(businessDateOf(platform.working.clock.now())).map(({ code }) => code as string as ProvinceCode),
        statuses: (province, consNos) => statusesAmong(platform.pool, province, consNos),
        onList: (province) => onList(platform.pool, province),
      }),
      ...more,
    ],
    logger: log,
  })
  platform.onClose(() => app.close())
  try {
    return await app.listen({ host: config.HOST, port: config.PORT })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new Error(`port ${config.PORT} on ${config.HOST} is taken; set PORT to another, or to 0 for a free one`, { cause: error })
    throw error
  }
}

/** The use cases with the limits that are configured. */
export const useCases = (platform: Platform, config: Config): UseCases => useCasesOf(platform.working, { rows: config.UPLOAD_MAX_ROWS })

/** Waits for Ctrl-C or a stop signal; a second one ends the process at once. */
export const untilStopped = async (): Promise<string> => {
  const stop = new AbortController()
  const [signal] = await Promise.race(
    ['SIGINT', 'SIGTERM'].map(async (name) => [name, await once(process, name, { signal: stop.signal }).catch(() => undefined)] as const),
  )
  stop.abort()
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => process.exit(130))
  return signal
}
