import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addDays, type BusinessDate, businessDateOf, epochOf, type Instant, instantAt, instantOfEpoch } from '#domain/shared/dates.ts'
import type { WarningWorkOrderEvent } from '#domain/warning-work-order/events.ts'
import { supervisionStatistics } from '#projections/warning-work-order/supervision.queries.ts'
import { supervision } from '#projections/warning-work-order/supervision.ts'
import { supervisionCauses } from '#projections/warning-work-order/supervision-causes.queries.ts'
import { supervisionOrders } from '#projections/warning-work-order/supervision-orders.queries.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { type Log, record, tablesOf } from '#test/support/projections.ts'
import { dump } from './national-day.fixtures.ts'
import { answer, inTime, OPEN, order } from './supervision.fixtures.ts'

const { pool } = await ownDatabase()

/* A history: orders across a year's end, each going through whatever its state allows. */
const FIRST = '2026-12-28' as BusinessDate
const DAYS = 9
const STEPS = [
  'sign',
  'submit',
  'return',
  'close',
  'extend',
  'pause',
  'resume',
  'recompute',
  'urge',
  'escalate',
  'recover',
  'append',
  'withdraw',
  'reopen',
] as const
const Step = fc.record({
  what: fc.constantFrom(...STEPS, 'submit', 'submit', 'close', 'sign'),
  /** Minutes since the step before; now and then none. */
  wait: fc.oneof(fc.constant(0), fc.nat({ max: 600 }), fc.nat({ max: 2_500 })),
  due: fc.nat({ max: 3_000 }),
  yes: fc.boolean(),
  amount: fc.nat({ max: 400 }),
})
/** Some orders begin with what chance alone seldom finds. */
const Course = fc.constantFrom<readonly (typeof STEPS)[number][]>(
  [],
  [],
  ['sign', 'submit', 'close', 'reopen'],
  ['pause', 'urge', 'escalate'],
  ['sign', 'extend', 'submit', 'return'],
)
const Steps = fc
  .tuple(Course, fc.array(Step, { minLength: 6, maxLength: 14, size: 'max' }))
  .map(([course, steps]) => steps.map((step, index) => ({ ...step, what: course[index] ?? step.what })))
const Order = fc.record({
  province: fc.constantFrom('P11', 'P13N'),
  grade: fc.constantFrom('red', 'yellow'),
  kind: fc.constantFrom('arrears-warning', 'verify'),
  issued: fc.option(fc.nat({ max: 6 * 1440 }), { freq: 12 }),
  signIn: fc.nat({ max: 1_500 }),
  answerIn: fc.nat({ max: 4_000 }),
  steps: Steps,
})
const Question = fc.record({
  day: fc.nat({ max: DAYS + 3 }),
  minute: fc.option(fc.nat({ max: 1439 })),
  from: fc.integer({ min: -5, max: DAYS }),
  length: fc.nat({ max: 40 }),
  groupBy: fc.constantFrom('province', 'grade', 'kind'),
  narrow: fc.constantFrom(
    undefined,
    { grades: ['red'] as const },
    { provinces: ['P11'] as const },
    { provinces: ['P13N'] as const, kinds: ['verify'] as const },
  ),
})
type Walked = typeof Order extends fc.Arbitrary<infer T> ? T : never
const seen = new Set<string>()

const minutesAfter = (at: Instant, minutes: number): Instant => instantOfEpoch(epochOf(at) + minutes * 60_000)
const start = (minutes: number): Instant => minutesAfter(instantAt(FIRST, 0), minutes)

/** The events of an order that goes through its steps as far as its state allows them. */
const walk = ({ issued, signIn, answerIn, steps, ...terms }: Walked, index: number): Log => {
  const say = order(`20261228-${index + 1}`, terms)
  if (issued === null) return [say.drafted(start(index * 200))]
  let at = start(issued)
  const log: Log[number][] = [say.drafted(minutesAfter(at, -30)), say.issued(at, minutesAfter(at, signIn), minutesAfter(at, answerIn), 1_000n)]
  let [status, paused, feedbacks, urges] = ['issued', false, 0, 0]
  for (const { what, wait, due, yes, amount } of steps) {
    const now = minutesAfter(at, wait)
    const next = minutesAfter(now, due)
    const fen = BigInt(amount)
    const open = OPEN.has(status as never)
    const does = (allowed: boolean, to: string, ...said: Log): void => {
      if (!allowed) return
      log.push(...said)
      seen.add(what)
      status = to
      at = now
    }
    switch (what) {
      case 'sign':
        does(status === 'issued', 'signed', say.signed(now, yes))
        break
      case 'submit':
        if (status === 'signed' || status === 'returned') feedbacks++
        does(
          status === 'signed' || status === 'returned',
          'feedback-submitted',
          say.submitted(now, feedbacks, {
            reviewDueAt: next,
            minutes: amount,
            onTime: yes,
            answers: [answer('1', yes ? 'funds' : 'dispute', fen, 7n), answer('2', 'funds', 1n)],
          }),
        )
        break
      case 'return':
        does(status === 'feedback-submitted', 'returned', say.returned(now, feedbacks, next, amount))
        break
      case 'close':
        if (status === 'feedback-submitted') paused = false
        does(
          status === 'feedback-submitted',
          'closed',
          say.closed(now, yes ? 'recovered' : 'under-plan', { handling: amount * 3 + due, review: amount, onTime: yes, recovered: fen }),
        )
        break
      case 'extend':
        does(open, status, say.extended(now, next))
        break
      case 'pause':
        does(open && !paused, status, say.paused(now))
        paused ||= open
        break
      case 'resume':
        does(open && paused, status, say.resumed(now, next, minutesAfter(next, 200), minutesAfter(next, 100)))
        if (open) paused = false
        break
      case 'recompute':
        does(open && !paused, status, say.recomputed(now, next, minutesAfter(next, 150)))
        break
      case 'urge':
        does(open, status, say.urged(now, open ? ++urges : 1))
        break
      case 'escalate':
        does(open, status, say.escalated(now, 1))
        break
      case 'recover':
        does(open, status, say.recovered(now, fen))
        break
      case 'append':
        does(
          status === 'issued' || status === 'signed',
          status,
          say.appended(now, { consNo: `9${log.length}`, name: 'x', bills: [], arrears: fen, asOf: FIRST, reasons: [] }),
        )
        break
      case 'withdraw':
        does(open && amount < 120, 'withdrawn', say.withdrawn(now))
        break
      case 'reopen':
        does(status === 'closed', 'signed', say.reopened(now, next))
        break
    }
  }
  return log
}

type Event = WarningWorkOrderEvent
type Of<T extends Event['type']> = Extract<Event, { type: T }>['data']
const last = <T extends Event['type']>(events: readonly Event[], ...types: readonly T[]): Of<T> | undefined =>
  events.findLast(({ type }) => (types as readonly string[]).includes(type))?.data as Of<T> | undefined
const all = <T extends Event['type']>(events: readonly Event[], type: T): readonly Of<T>[] =>
  events.filter((event) => event.type === type).map(({ data }) => data as Of<T>)

/** One order at an instant by the definitions, from the events until then; undefined when it was not issued. */
const byDefinition = (whole: readonly Event[], at: Instant) => {
  const events = whole.filter(({ data }) => data.at <= at)
  const issue = last(events, 'OrderIssued')
  if (!issue) return undefined
  const withdrawn = last(events, 'OrderWithdrawn') !== undefined
  const closed = all(events, 'OrderClosed')
  const feedbacks = all(events, 'FeedbackSubmitted')
  const returns = all(events, 'FeedbackReturned')
  const isClosed = closed.length > all(events, 'OrderReopened').length
  const course = last(events, 'OrderIssued', 'OrderSigned', 'FeedbackSubmitted', 'FeedbackReturned', 'OrderReopened')
  const stage = events.findLast(({ data }) => data === course)?.type
  const stopped = all(events, 'ClockPaused').length > all(events, 'ClockResumed').length
  const time = stopped && !isClosed && !pauseEndedByClosing(events) ? last(events, 'ClockPaused')!.at : at
  const signDue = last(events, 'OrderIssued', 'ClockResumed', 'DuesRecomputed')!.signDueAt
  const due = last(events, 'OrderIssued', 'ClockResumed', 'DuesRecomputed', 'ExtensionGranted', 'FeedbackReturned', 'OrderReopened')!
  const feedbackDue = 'newDueAt' in due ? due.newDueAt : due.feedbackDueAt
  const signed = all(events, 'OrderSigned')[0]
  const open = !withdrawn && !isClosed
  const overdueSign = open && stage === 'OrderIssued' && signDue < time
  const overdueFeedback = open && stage !== 'FeedbackSubmitted' && feedbackDue < time
  const appended = all(events, 'SubjectAppended').reduce((sum, { subject }) => sum + subject.arrears, 0n)
  return {
    ...{ issuedOn: businessDateOf(issue.at), withdrawn, open, isClosed, stage: open ? stage : undefined, overdueSign, overdueFeedback },
    signDue: signed !== undefined || signDue < time,
    feedbackDue: feedbacks.length > 0 || feedbackDue < time,
    ...{ signedOnTime: signed?.onTime === true, answered: feedbacks.length > 0, answeredOnTime: feedbacks[0]?.onTime === true, returns: returns.length },
    closing: isClosed ? closed.at(-1) : undefined,
    reviewMinutes: [...returns, ...closed].reduce((sum, { reviewMinutes }) => sum + reviewMinutes, 0),
    provinceMinutes: feedbacks.reduce((sum, { provinceMinutes }) => sum + provinceMinutes, 0),
    ...{ warned: issue.target + appended, recovered: last(events, 'RecoveryCounted')?.recovered ?? 0n },
    ...{ urged: last(events, 'OrderUrged') !== undefined, escalated: last(events, 'OrderEscalated') !== undefined, answers: feedbacks.at(-1)?.answers ?? [] },
  }
}

/** A pause that was on when an order was closed is over, also when it is opened again. */
const pauseEndedByClosing = (events: readonly Event[]): boolean =>
  events.findLastIndex(({ type }) => type === 'OrderClosed') > events.findLastIndex(({ type }) => type === 'ClockPaused')

type Defined = NonNullable<ReturnType<typeof byDefinition>>
const count = (orders: readonly Defined[], of: (order: Defined) => boolean): number => orders.filter(of).length
const total = (orders: readonly Defined[], of: (order: Defined) => number | bigint | undefined): bigint =>
  orders.reduce((sum, one) => sum + BigInt(of(one) ?? 0), 0n)
const rate = (numerator: number | bigint, denominator: number) =>
  denominator === 0 ? null : { numerator: BigInt(numerator), denominator: BigInt(denominator) }
const nearest = (sorted: readonly number[], tenths: number): number | null => sorted[Math.ceil((sorted.length * tenths) / 10) - 1] ?? null

const cohortByDefinition = (issued: readonly Defined[]) => {
  const orders = issued.filter(({ withdrawn }) => !withdrawn)
  const [n, closed] = [orders.length, orders.filter(({ isClosed }) => isClosed)]
  const [answered, warned, recovered] = [count(orders, (o) => o.answered), total(orders, (o) => o.warned), total(orders, (o) => o.recovered)]
  const minutes = closed.map(({ closing }) => closing!.handlingMinutes).toSorted((a, b) => a - b)
  return {
    ...{ orders: n, open: count(orders, (o) => o.open), closed: closed.length, withdrawn: issued.length - n },
    signedOnTime: rate(
      count(orders, (o) => o.signedOnTime),
      count(orders, (o) => o.signDue),
    ),
    answered: rate(
      answered,
      count(orders, (o) => o.feedbackDue),
    ),
    answeredOnTime: rate(
      count(orders, (o) => o.answeredOnTime),
      count(orders, (o) => o.feedbackDue),
    ),
    ...{
      returned: rate(
        count(orders, (o) => o.returns > 0),
        answered,
      ),
      meanReturns: rate(
        total(orders, (o) => o.returns),
        answered,
      ),
    },
    firstPass: rate(
      count(closed, (o) => o.returns === 0),
      closed.length,
    ),
    overdue: rate(
      count(orders, (o) => o.overdueSign || o.overdueFeedback),
      n,
    ),
    ...{ overdueSign: count(orders, (o) => o.overdueSign), overdueFeedback: count(orders, (o) => o.overdueFeedback) },
    ...{
      closure: rate(closed.length, n),
      closedOnTime: rate(
        count(closed, (o) => o.closing!.onTime),
        n,
      ),
    },
    ...{
      meanMinutes: rate(
        total(closed, (o) => o.closing!.handlingMinutes),
        closed.length,
      ),
      medianMinutes: nearest(minutes, 5),
      p90Minutes: nearest(minutes, 9),
    },
    reviewMinutes: rate(
      total(closed, (o) => o.reviewMinutes),
      closed.length,
    ),
    provinceMinutes: rate(
      total(closed, (o) => o.provinceMinutes),
      closed.length,
    ),
    ...{ warned, recovered, recoveredRate: warned === 0n ? null : { numerator: recovered, denominator: warned } },
    ...{
      urged: rate(
        count(orders, (o) => o.urged),
        n,
      ),
      escalated: rate(
        count(orders, (o) => o.escalated),
        n,
      ),
    },
  }
}

const FLOWS = {
  ...{ issued: 'OrderIssued', signed: 'OrderSigned', feedback: 'FeedbackSubmitted', returned: 'FeedbackReturned', closed: 'OrderClosed' },
  ...{ reopened: 'OrderReopened', withdrawn: 'OrderWithdrawn', urged: 'OrderUrged', escalated: 'OrderEscalated', extended: 'ExtensionGranted' },
} as const

type Asked = typeof Question extends fc.Arbitrary<infer T> ? T : never

/** Asks, and holds every figure of every row and of the total to its definition. */
const holds = async (histories: ReadonlyMap<string, readonly Event[]>, { day, minute, from, length, groupBy, narrow }: Asked): Promise<void> => {
  const date = addDays(FIRST, day)
  const at = minute === null ? instantOfEpoch(epochOf(instantAt(date, 1440)) - 1) : instantAt(date, minute)
  const period = { from: addDays(FIRST, from), to: addDays(FIRST, from + length) }
  const query = { date, period, groupBy, ...(minute !== null && { now: at }), ...(narrow && { filters: narrow as never }) }
  const told = await supervisionStatistics(pool, query, [])
  const known = [...histories].map(([, events]) => {
    const terms = all(events, 'OrderDrafted')[0]!
    const of = { province: terms.province as string, grade: terms.grade as string, kind: terms.kind as string }
    return { of, events, defined: byDefinition(events, at) }
  })
  const wanted = known.filter(({ of }) => {
    const { provinces, grades, kinds } = { provinces: undefined, grades: undefined, kinds: undefined, ...narrow } as Record<
      string,
      readonly string[] | undefined
    >
    return (provinces?.includes(of.province) ?? true) && (grades?.includes(of.grade) ?? true) && (kinds?.includes(of.kind) ?? true)
  })
  const inPeriod = ({ issuedOn }: Defined): boolean => issuedOn >= period.from && issuedOn <= period.to
  for (const { key, flow, stock, cohort } of [...told.rows, { key: '*', ...told.total }]) {
    const own = key === '*' ? wanted : wanted.filter(({ of }) => of[groupBy] === key)
    const issued = own.flatMap(({ defined }) => (defined ? [defined] : []))
    expect(cohort).toEqual(cohortByDefinition(issued.filter(inPeriod)))
    // Conservation: whatever was issued is open, closed or withdrawn, at any instant.
    expect(stock.issued).toBe(stock.open + stock.closed + stock.withdrawn)
    expect(stock).toMatchObject({
      ...{ issued: issued.length, open: count(issued, (o) => o.open), closed: count(issued, (o) => o.isClosed), withdrawn: count(issued, (o) => o.withdrawn) },
      ...{ toSign: count(issued, (o) => o.stage === 'OrderIssued'), toReview: count(issued, (o) => o.stage === 'FeedbackSubmitted') },
      ...{ overdueSign: count(issued, (o) => o.overdueSign), overdueFeedback: count(issued, (o) => o.overdueFeedback) },
    })
    if (stock.overdue > 0) seen.add('overdue')
    if (stock.overdueReview > 0) seen.add('review overdue')
    if (stock.paused > 0) seen.add('paused')
    const today = own.flatMap(({ events }) => events.filter(({ data }) => businessDateOf(data.at) === date && data.at <= at))
    for (const [name, type] of Object.entries(FLOWS)) expect([name, flow[name as keyof typeof FLOWS]]).toEqual([name, all(today, type as Event['type']).length])
  }
  const cohort = wanted.flatMap(({ defined }) => (defined && !defined.withdrawn && inPeriod(defined) ? [defined] : []))
  const causes = await supervisionCauses(pool, query)
  for (const { cause, users, recovered, remaining } of causes.total.causes) {
    const answers = cohort.flatMap((one) => one.answers.filter((each) => each.cause === cause))
    expect([users, recovered, remaining]).toEqual([
      answers.length,
      answers.reduce((sum, each) => sum + each.recovered, 0n),
      answers.reduce((sum, each) => sum + each.remaining, 0n),
    ])
  }
  for (const { result, orders } of causes.total.results) expect(orders).toBe(count(cohort, ({ closing }) => closing?.result === result))
  for (const [view, counter, figure] of [
    ['stock', 'overdue', told.total.stock.overdue],
    ['stock', 'closed', told.total.stock.closed],
    ['cohort', 'orders', told.total.cohort.orders],
    ['flow', 'issued', told.total.flow.issued],
    ['stock', 'open', told.total.stock.open],
    ['stock', 'withdrawn', told.total.stock.withdrawn],
    ['cohort', 'open', told.total.cohort.open],
    ['cohort', 'signedOnTime', Number(told.total.cohort.signedOnTime?.numerator ?? 0n)],
  ] as const) {
    const page = await supervisionOrders(pool, { ...query, view, counter } as never)
    expect(page).toMatchObject({ rows: { length: figure }, next: null })
  }
}

test('every figure at any instant is what its definition says, whatever happened; issued is open, closed and withdrawn; rows are the same in batches of any size', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(Order, { minLength: 4, maxLength: 9, size: 'max' }),
      fc.array(Question, { minLength: 4, maxLength: 6, size: 'max' }),
      fc.constantFrom(1, 7),
      fc.nat({ max: 30 }),
      async (orders, questions, batchSize, again) => {
        const log = inTime(orders.flatMap(walk))
        const events = record(log)
        const live = await tablesOf(pool, supervision)
        await live.apply(events, batchSize)
        const histories = Map.groupBy(log, ([stream]) => stream as string)
        const told = new Map([...histories].map(([stream, said]) => [stream, said.map(([, event]) => event as Event)]))
        for (const question of questions) await holds(told, question)
        const before = await dump(pool, supervision.publishes)
        // Redelivered, nothing changes.
        await live.apply(events.slice(-again - 1), 3)
        expect(await dump(pool, supervision.publishes)).toEqual(before)
        await live.drop()
        const rebuilt = await tablesOf(pool, supervision)
        await rebuilt.apply(events, 500)
        expect(await dump(pool, supervision.publishes)).toEqual(before)
        await rebuilt.drop()
      },
    ),
    { numRuns: 12, endOnFailure: true },
  )
  expect([...seen].toSorted()).toEqual([...STEPS, 'overdue', 'paused', 'review overdue'].toSorted())
})
