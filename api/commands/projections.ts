import { projections } from '#projections/catalogue.ts'
import type { Platform } from '../compose.ts'
import { showProgress } from './progress.ts'
import { UsageError } from './run.ts'
import { withPlatform } from './session.ts'
import { formatTable } from './table.ts'

const known = (name: string): void => {
  if (!projections.some((projection) => projection.name === name))
    throw new UsageError(`no read model "${name}"; there are ${projections.map((one) => one.name).join(', ')}`)
}

export const listProjections = (): Promise<void> =>
  withPlatform(async (platform) => {
    const running = await platform.startProjections()
    const rows = (await running.status()).map((one) => [
      one.name,
      `v${one.version} g${one.generation}`,
      `${one.status}${one.serving ? ', serving' : ''}`,
      one.position ?? '-',
      String(one.lagEvents),
      String(one.parkedEvents),
      one.healthy ? 'yes' : 'NO',
      one.fault ? `${one.fault.stream}@${one.fault.revision} ${one.fault.message}` : '',
    ])
    process.stdout.write(
      formatTable(
        [
          { title: 'read model' },
          { title: 'version' },
          { title: 'status' },
          { title: 'position', align: 'right' },
          { title: 'behind', align: 'right' },
          { title: 'set aside', align: 'right' },
          { title: 'healthy' },
          { title: 'fault' },
        ],
        rows,
      ),
    )
  })

export const rebuildProjection = (name: string): Promise<void> =>
  withPlatform(async (platform) => {
    known(name)
    const running = await platform.startProjections()
    const generation = await running.rebuild(name)
    const progress = showProgress(`rebuild ${name}`)
    for (;;) {
      const building = (await running.status()).find((one) => one.name === name && one.generation === generation)
      if (!building) throw new Error(`generation ${generation} of ${name} is gone`)
      if (building.status === 'halted')
        throw new UsageError(
          `halted at ${building.fault?.stream}@${building.fault?.revision}: ${building.fault?.message}. Mend it, then: epm projections release ${name}`,
        )
      if (building.serving) break
      const passed = Number(building.eventsPassed)
      progress.to(passed, passed + Number(building.lagEvents))
      await new Promise((done) => setTimeout(done, 100))
    }
    progress.end(`generation ${generation} serves now`)
  })

export const releaseProjection = (name: string, stream: string | undefined): Promise<void> =>
  withPlatform(async (platform: Platform) => {
    known(name)
    const running = await platform.startProjections()
    const released = await running.release(name, stream)
    process.stdout.write(`${JSON.stringify(released, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}\n`)
  })
