import { randomUUID } from 'node:crypto'
import type { Asked } from '#application/shared/asked.ts'
import { SYSTEM } from '#application/shared/authorise.ts'
import type { Uuid } from '#domain/shared/identity.ts'
import type { Config } from '#infrastructure/config.ts'
import type { Platform } from '../compose.ts'
import { useCases } from '../serve.ts'

export const asSystem = (): Asked => {
  const commandId = randomUUID() as Uuid
  return { actor: SYSTEM, commandId, correlationId: commandId }
}

const UNITS_AT_ONCE = 300

/** Registers what ships with a release and is not there yet: the organisation's units, the published calendar years. */
export const setUp = async (platform: Platform, config: Config): Promise<{ readonly units: number; readonly calendars: number }> => {
  const { organisation } = useCases(platform, config)
  const known = platform.directory.tree()
  const missing = platform.reference.units.filter(({ code }) => !known.has(code))
  for (let from = 0; from < missing.length; from += UNITS_AT_ONCE)
    expectDone(
      await organisation.execute({ type: 'RegisterUnits', data: { units: missing.slice(from, from + UNITS_AT_ONCE) } }, asSystem()),
      'registering the organisation',
    )
  let calendars = 0
  for (const calendar of platform.reference.calendars) {
    const outcome = await organisation.executeCalendar({ type: 'PublishCalendarYear', data: { calendar } }, asSystem())
    if (outcome.kind === 'done' && outcome.recorded > 0) calendars++
    else if (outcome.kind !== 'done' && !(outcome.kind === 'rejected' && outcome.rejection.code === 'VERSION_NOT_NEWER'))
      expectDone(outcome, `publishing the calendar of ${calendar.year}`)
  }
  return { units: missing.length, calendars }
}

const expectDone = (outcome: { readonly kind: string }, what: string): void => {
  if (outcome.kind !== 'done')
    throw new Error(`${what} ended as ${JSON.stringify(outcome, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`)
}
