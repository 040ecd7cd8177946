import { addDays, type BusinessDate, businessDateOf, type Instant, instantAt } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { boardOf, isSettled } from './board.ts'
import { type Client, eachOf } from './client.ts'
import type { DemoClock } from './clock.ts'
import { keepGroups } from './groups.ts'
import type { Sample } from './sample.ts'

const ORDERS = '/v1/warning-work-orders'
const AT_ONCE = 8
/** Warnings are drafted over the report of so many days before the last. */
const DAYS = 7
/** One province does not sign for its orders, another signs and does not answer: their clocks run out. */
const UNSIGNED = 'P62'
const UNANSWERED = 'P54'
/** Of so many provinces one answers without a plan at first, and has it returned. */
const ONE_IN = 4
const CAUSES = ['funds', 'funds', 'stopped', 'dispute', 'policy', 'payment-in-transit'] as const
const MADE_UP = 'made up for the demonstration (示例)'

type Order = { readonly orderNo: string; readonly province: ProvinceCode; readonly status: string; readonly returns: number }
type Subject = { readonly consNo: string; readonly arrears: string; readonly level?: string }

export type WarningDesk = {
  readonly sample: Sample
  readonly provinces: readonly ProvinceCode[]
  readonly clock: DemoClock
  readonly as: (persona: string) => Client
  /** Waits until a read model has everything recorded so far. */
  readonly settled: (readModel: string) => Promise<void>
  /** What runs of itself every minute, by name. */
  readonly processes: Readonly<Record<'warnings drafted' | 'order timers' | 'recovered money', (now: Instant) => Promise<number>>>
}

/** On the mornings after which reports something is done about warnings; a short season does it all on its last. */
const stagesOf = ({ manifest: { window } }: Sample) => {
  const last = (date: BusinessDate): BusinessDate => [date, window.to].toSorted()[0]!
  const drafted = [window.from, addDays(window.to, -DAYS)].toSorted()[1]!
  return { drafted, answered: last(addDays(drafted, 3)), reviewed: last(addDays(drafted, 4)), settled: last(addDays(drafted, 5)) }
}

/**
 * The warnings of a morning, after the reports of a date came in: the rules draft orders, headquarters issues them, the provinces
 * sign and answer, some answers are returned, the rest closed; clocks run out on who does nothing. What each step works on is
 * what it finds, so that a run that was stopped goes on.
 */
export const workOnWarnings = async (desk: WarningDesk, date: BusinessDate): Promise<void> => {
  const { clock, processes, settled } = desk
  const stages = stagesOf(desk.sample)
  if (date < stages.drafted) return
  const at = (minute: number): void => clock.standAt(instantAt(addDays(date, 1), minute))
  // Before orders are closed: what has come in on the bills they name counts while they are open.
  const count = async (): Promise<unknown> => {
    await settled('national-day')
    return processes['recovered money'](clock.now())
  }
  if (date === stages.drafted) {
    at(540)
    await keepGroups(desk)
    at(570)
    await draft(desk, date)
    at(600)
    await issue(desk)
    at(630)
    await sign(desk)
  }
  if (date === stages.answered) {
    at(660)
    await answer(desk, ['signed'])
  }
  if (date === stages.reviewed) {
    at(840)
    await count()
    await review(desk)
  }
  if (date === stages.settled) {
    at(900)
    await answer(desk, ['returned'])
    at(930)
    await count()
    await review(desk)
  }
  at(1020)
  await settled('work-orders')
  await processes['order timers'](clock.now())
  if (date === desk.sample.manifest.window.to) await count()
}

/** Only over the newest report there is: a season that is run again has gone on since. */
const draft = async (desk: WarningDesk, date: BusinessDate): Promise<void> => {
  const next = await boardOf(desk, addDays(date, 1))
  if ([...next.values()].some((standing) => isSettled(standing))) return
  for (const readModel of ['national-day', 'warned', 'group-user']) await desk.settled(readModel)
  await desk.processes['warnings drafted'](desk.clock.now())
}

/** Orders in some state, as headquarters sees them. */
const ordersIn = async ({ as, settled }: WarningDesk, states: readonly string[]): Promise<readonly Order[]> => {
  await settled('work-orders')
  const found: Order[] = []
  for (let after: string | null = ''; after !== null; ) {
    const page: string = `${ORDERS}?status=${states.join(',')}&sort=orderNo&direction=asc&limit=1000${after && `&after=${encodeURIComponent(after)}`}`
    const { orders, next } = (await as('hq-view')('GET', page)).body as { readonly orders: readonly Order[]; readonly next: string | null }
    found.push(...orders)
    after = next
  }
  return found
}

const issue = async (desk: WarningDesk): Promise<void> => {
  const orderNos = (await ordersIn(desk, ['draft'])).map(({ orderNo }) => orderNo)
  if (orderNos.length === 0) return
  await desk.as('hq-lead')('POST', `${ORDERS}/issue-batch`, { body: { orderNos }, headers: { 'idempotency-key': `demo-issue-${orderNos[0]}` } })
}

const sign = async (desk: WarningDesk): Promise<void> => {
  const issued = (await ordersIn(desk, ['issued'])).filter(({ province }) => province !== UNSIGNED)
  await eachOf(issued, AT_ONCE, async ({ orderNo, province }) => {
    await desk.as(`pv-tariff-${province}`)('POST', `${ORDERS}/${orderNo}/sign`, { headers: { 'idempotency-key': `demo-sign-${orderNo}` } })
  })
}

/** Answers that nobody gave: a cause by the customer's number, the measure of dunning, nothing recovered, and a plan. */
const answer = async (desk: WarningDesk, states: readonly string[]): Promise<void> => {
  const waiting = (await ordersIn(desk, states)).filter(({ province }) => province !== UNANSWERED)
  await eachOf(waiting, AT_ONCE, async ({ orderNo, province, returns }) => {
    const lead = desk.as(`pv-lead-${province}`)
    const { order } = (await lead('GET', `${ORDERS}/${orderNo}`)).body as { readonly order: { readonly subjects: readonly Subject[] } }
    const planned = returns > 0 || desk.provinces.indexOf(province) % ONE_IN !== 1
    const answers = order.subjects.map(({ consNo, arrears, level = 'III' }) => ({
      ...{ consNo, cause: CAUSES[Number(consNo.slice(-3)) % CAUSES.length], measures: ['M01'], recovered: '0', remaining: arrears, level, remark: MADE_UP },
      ...(planned && { planDate: addDays(desk.sample.manifest.window.to, 30) }),
    }))
    await lead('POST', `${ORDERS}/${orderNo}/feedback`, { body: { answers }, headers: { 'idempotency-key': `demo-answer-${orderNo}-${returns}` } })
  })
}

/** Headquarters returns what has no plan, and closes the rest under its plan. */
const review = async (desk: WarningDesk): Promise<void> => {
  const { as, clock, provinces, sample } = desk
  const { to } = sample.manifest.window
  await eachOf(await ordersIn(desk, ['feedback-submitted']), AT_ONCE, async ({ orderNo, province, returns }) => {
    if (returns === 0 && provinces.indexOf(province) % ONE_IN === 1)
      await as('hq-tariff')('POST', `${ORDERS}/${orderNo}/return`, {
        body: {
          reasons: [{ code: 'no-plan', text: `no date for what is left: ${MADE_UP}` }],
          newDueAt: instantAt(addDays(businessDateOf(clock.now()), 3), 1050),
        },
        headers: { 'idempotency-key': `demo-return-${orderNo}` },
      })
    else
      await as('hq-lead')('POST', `${ORDERS}/${orderNo}/closure`, {
        body: { result: 'under-plan', followUpOn: addDays(to, 30) },
        headers: { 'idempotency-key': `demo-close-${orderNo}` },
      })
  })
}
