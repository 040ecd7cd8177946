import { addWorkingMinutes, calendarOf, type WorkCalendar, workingMinutesBetween } from '#domain/shared/calendar.ts'
import { businessDateOf, type Instant, yearOf } from '#domain/shared/dates.ts'
import type { CalendarUsed, Clock, Grade, SlaRules, WorkYear } from './fields.ts'

/** From one instant up to another: a pause, or the time between closing and reopening. */
export type Span = { readonly from: Instant; readonly until: Instant }

/** One clock of an order. What a person stated is due then, and runs no minutes of its own. */
export type OrderClock = {
  /** Where its minutes begin; of a stated one, the instant stated. */
  readonly from: Instant
  /** When it was set. */
  readonly since: Instant
  readonly stated: boolean
  /** The pauses that held it up: those that began before it had run out. */
  readonly pauses: readonly Span[]
  readonly dueAt: Instant
}

/** What time is told by: the published years and the hours in which people work. */
export type Timing = { readonly rules: SlaRules; readonly calendar: WorkCalendar; readonly versions: ReadonlyMap<number, number> }

/** The rules of time with the calendar they are read by, and its versions, which go on record beside every due instant. */
export const timingOf = ({ sla, years }: { readonly sla: SlaRules; readonly years: readonly WorkYear[] }): Timing => ({
  rules: sla,
  calendar: calendarOf(years),
  versions: new Map(years.map(({ year, version }) => [year, version])),
})

/** The working minutes of a clock at a grade (domain brief 3.3). */
const minutesOf = (clock: Clock, grade: Grade, { grades, reviewMinutes }: SlaRules): number =>
  clock === 'review' ? reviewMinutes : grades[grade][clock === 'sign' ? 'signMinutes' : 'feedbackMinutes']

export const later = (a: Instant, b: Instant): Instant => (a > b ? a : b)
const earlier = (a: Instant, b: Instant): Instant => (a < b ? a : b)
const clip = ({ from, until }: Span, within: Span): Span => ({ from: later(from, within.from), until: earlier(until, within.until) })

/** Working minutes of spans that lie apart. */
const minutesIn = (spans: readonly Span[], { calendar, rules }: Timing): number =>
  spans.reduce((sum, { from, until }) => sum + workingMinutesBetween(from, until, calendar, rules.hours).minutes, 0)

/** When so many working minutes have passed since an instant, and those of the pauses besides. */
const dueAfter = (from: Instant, minutes: number, pauses: readonly Span[], timing: Timing): Instant =>
  addWorkingMinutes(from, minutes + minutesIn(pauses, timing), timing.calendar, timing.rules.hours).at

/** A clock that begins to run. */
export const startClock = (clock: Clock, grade: Grade, at: Instant, timing: Timing): OrderClock =>
  startedClock(at, dueAfter(at, minutesOf(clock, grade, timing.rules), [], timing))

/** A clock as an event tells of it. */
export const startedClock = (at: Instant, dueAt: Instant): OrderClock => ({ from: at, since: at, stated: false, pauses: [], dueAt })
/** A clock whose end a person stated: no calendar moves it. */
export const statedClock = (at: Instant, dueAt: Instant): OrderClock => ({ from: dueAt, since: at, stated: true, pauses: [], dueAt })

/** When a clock is due by this calendar. */
export const dueOf = (name: Clock, clock: OrderClock, grade: Grade, timing: Timing): Instant =>
  dueAfter(clock.from, clock.stated ? 0 : minutesOf(name, grade, timing.rules), clock.pauses, timing)

/** A clock after a pause: held up by it, unless it had run out before or was set afterwards. */
export const held = (clock: OrderClock, pause: Span): OrderClock =>
  clock.dueAt < pause.from ? clock : { ...clock, pauses: [...clock.pauses, clip(pause, { from: clock.since, until: pause.until })] }

/** Working minutes between two instants, idle spans left out. */
export const workedMinutes = (span: Span, idle: readonly Span[], timing: Timing): number =>
  Math.max(
    0,
    minutesIn([span], timing) -
      minutesIn(
        idle.map((one) => clip(one, span)),
        timing,
      ),
  )

/** When an order that missed `dueAt` reaches a level of escalation, should nothing be done; idle spans do not count. */
export const escalationAt = (dueAt: Instant, level: number, timing: Timing, idle: readonly Span[] = []): Instant =>
  dueAfter(
    dueAt,
    timing.rules.escalateAfterMinutes[level - 1] ?? 0,
    idle.filter(({ until }) => until > dueAt).map((one) => clip(one, { from: dueAt, until: one.until })),
    timing,
  )

/** Which versions of which years took part; provisional when one of them is not published. */
export const calendarUsed = (clocks: Iterable<OrderClock>, { versions }: Timing): CalendarUsed => {
  const used = new Set<number>()
  for (const { from, stated, pauses, dueAt } of clocks) {
    if (stated && pauses.length === 0) continue
    const last = yearOf(businessDateOf(dueAt))
    for (let year = yearOf(businessDateOf(pauses.reduce((first, pause) => earlier(first, pause.from), from))); year <= last; year++) used.add(year)
  }
  const inOrder = [...used].toSorted((a, b) => a - b)
  return {
    years: Object.fromEntries(
      inOrder.flatMap((year) => {
        const version = versions.get(year)
        return version === undefined ? [] : [[String(year), version]]
      }),
    ),
    provisional: inOrder.some((year) => !versions.has(year)),
  }
}
