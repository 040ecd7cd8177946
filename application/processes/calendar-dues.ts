import { epochOf, type Instant } from '#domain/shared/dates.ts'
import type { UserId } from '#domain/shared/identity.ts'
import type { OrderNo, WorkYear } from '#domain/warning-work-order/fields.ts'
import type { Alone } from '../ports/alone.ts'
import { SYSTEM } from '../shared/authorise.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { newlyRecorded } from '../shared/outcome.ts'
import type { WarningWorkOrderUseCases } from '../warning-work-order/use-cases.ts'

export type CalendarDueNeeds = {
  readonly executeMany: WarningWorkOrderUseCases['executeMany']
  readonly years: () => Promise<readonly WorkYear[]>
  /** Open orders that stand by another calendar than these years, by number, after the last of the page before. */
  readonly byOtherCalendars: (years: readonly WorkYear[], after: string, limit: number) => Promise<readonly OrderNo[]>
  readonly alone: Alone
}

const AT_ONCE = 500
const AGAIN_AFTER_MS = 3_600_000
const ACTOR = { ...SYSTEM, userId: 'calendar-dues' as UserId }

/**
 * Works out anew when open orders are due, once a year of the working calendar was published or published again. An order says by
 * itself whether anything changes for it; those that do not are asked again at most once an hour. Answers how many changed.
 */
export const calendarDues = (needs: CalendarDueNeeds): ((now: Instant) => Promise<number>) => {
  let asked: { readonly calendar: string; readonly at: number } | undefined
  return async (now) => {
    const years = await needs.years()
    const calendar = years.map(({ year, version }) => `${year}.${version}`).join(' ')
    if (asked?.calendar === calendar && Math.abs(epochOf(now) - asked.at) < AGAIN_AFTER_MS) return 0
    const changed = await needs.alone('calendar-dues', () => recompute(needs, years, calendar, now))
    if (changed !== undefined) asked = { calendar, at: epochOf(now) }
    return changed ?? 0
  }
}

const recompute = async ({ executeMany, byOtherCalendars }: CalendarDueNeeds, years: readonly WorkYear[], calendar: string, now: Instant): Promise<number> => {
  let changed = 0
  for (let after = ''; ; ) {
    const page = await byOtherCalendars(years, after, AT_ONCE)
    const outcomes = await executeMany(
      page.map((orderNo) => {
        const commandId = derivedCommandId(`${orderNo}/${calendar}/${now}`, 'RecomputeDues')
        return { orderNo, command: { type: 'RecomputeDues', data: {} }, asked: { actor: ACTOR, commandId, correlationId: commandId, at: now } }
      }),
    )
    for (const outcome of outcomes) changed += newlyRecorded(outcome)
    if (page.length < AT_ONCE) return changed
    after = page.at(-1) ?? after
  }
}
