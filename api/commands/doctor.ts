import { readConfig } from '#infrastructure/config.ts'
import { inspectEventStoreDb } from '#infrastructure/eventstoredb/inspect.ts'
import { checkpoints, reconcile } from '#projections/shared/reconcile.ts'
import { projectionStatus } from '#projections/shared/status.ts'
import type { Platform } from '../compose.ts'
import { withPlatform } from './session.ts'
import { formatTable } from './table.ts'

type Finding = { readonly check: string; readonly verdict: 'ok' | 'fault' | 'unknown'; readonly detail: string }
const WORD = { ok: 'ok', fault: 'FAULT', unknown: '?' } as const

/** `epm doctor`: what can be seen of the engines and read models from here; with `--reconcile` the whole log is counted again. */
export const runDoctor = async ({ reconcile: recount }: { readonly reconcile?: boolean }): Promise<void> => {
  const { EVENTSTORE_URL } = readConfig(process.env)
  const findings: Finding[] = EVENTSTORE_URL === undefined ? [] : [...(await inspectEventStoreDb(EVENTSTORE_URL))]
  if (findings[0]?.verdict !== 'fault')
    // the first: can the log be read at all?
    await withPlatform(async (platform) => {
      findings.push({ check: 'event log', verdict: 'ok', detail: `${await platform.feed.countAfter(undefined)} events on ${platform.engine}` })
      findings.push(...(await readModels(platform)))
      if (recount) findings.push(...(await recounted(platform)))
    })
  process.stdout.write(
    formatTable(
      [{ title: 'check' }, { title: 'verdict' }, { title: 'detail' }],
      findings.map(({ check, verdict, detail }) => [check, WORD[verdict], detail]),
    ),
  )
  if (findings.some(({ verdict }) => verdict === 'fault')) process.exitCode = 1
}

const readModels = async ({ pool, feed }: Platform): Promise<readonly Finding[]> =>
  (await projectionStatus({ pool, feed })).map(({ name, generation, status, lagEvents, parkedEvents, fault }) => ({
    check: `read model ${name} g${generation}`,
    verdict: fault || parkedEvents > 0n ? 'fault' : 'ok',
    detail: fault ? `${status}: ${fault.message}` : `${status}, ${lagEvents} events behind, ${parkedEvents} set aside`,
  }))

const recounted = async ({ feed, pool }: Platform): Promise<readonly Finding[]> =>
  (await reconcile(feed, await checkpoints(pool))).checkpoints.map(({ name, generation, eventsPassed, counted, agrees, agreedUpTo }) => ({
    check: `count of ${name} g${generation}`,
    verdict: agrees ? 'ok' : 'fault',
    detail: agrees
      ? `${counted} events, as the log has them`
      : `passed ${eventsPassed}, the log has ${counted}; they agree up to position ${agreedUpTo.position ?? 'none'} (${agreedUpTo.events} events)`,
  }))
