import { beforeEach, describe, expect, test } from 'vitest'
import { organisationUseCases } from '#application/organisation/use-cases.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import type { Asked } from '#application/shared/asked.ts'
import { SYSTEM } from '#application/shared/authorise.ts'
import { warningSubjectStream, warningWorkOrderStream } from '#application/warning-work-order/aggregates.ts'
import type { OrderCommand } from '#application/warning-work-order/bring.ts'
import { claim, openOrdersOf } from '#application/warning-work-order/claims.ts'
import { draftingsOf } from '#application/warning-work-order/drafts.ts'
import type { OrderOutcome } from '#application/warning-work-order/use-cases.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import type { OrderNo } from '#domain/warning-work-order/fields.ts'
import { isIssued } from '#domain/warning-work-order/state.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { cons, day, org, province, shanghai, uuid } from '#test/support/arbitraries/values.ts'
import { answer, sla, subject } from '#test/support/warning-work-order.ts'
import { drafting, type WorkOrderWorld, workOrderWorld } from '#test/support/work-orders.ts'

let w: WorkOrderWorld
const CLOCK = { now: () => shanghai('2026-03-02', '09:00') }
const tariff = () => w.by('HQ', 'HQ_TARIFF')
const lead = () => w.by('HQ', 'HQ_LEAD')
const pv = () => w.by('P13S', 'PV_TARIFF', 'PV_LEAD')
const sys = (): Asked => ({ ...w.by('HQ', 'SYS'), actor: SYSTEM })
const say = (orderNo: OrderNo, command: OrderCommand, asked: Asked) => w.orders.execute(orderNo, command, asked)
const draftOf = async (...consNos: string[]): Promise<OrderNo> => {
  const { orderNo } = await w.orders.draft(drafting(consNos), tariff())
  return orderNo!
}
const ISSUE: OrderCommand = { type: 'IssueOrder', data: {} }
const SIGN: OrderCommand = { type: 'SignOrder', data: {} }
const CLOSE: OrderCommand = { type: 'AcceptAndClose', data: { result: 'recovered' } }
const withdraw: OrderCommand = { type: 'WithdrawOrder', data: { reason: 'paid' } }
const reopen: OrderCommand = { type: 'ReopenOrder', data: { reason: 'reversed', newDueAt: shanghai('2026-03-20', '10:00') } }
const submit = (...consNos: string[]): OrderCommand => ({
  type: 'SubmitFeedback',
  data: { answers: consNos.map((consNo) => answer(consNo)), attachments: [] },
})
const closeOf = async (...consNos: string[]): Promise<OrderNo> => {
  const orderNo = await draftOf(...consNos)
  for (const [command, asked] of [
    [ISSUE, lead()],
    [SIGN, pv()],
    [submit(...consNos), pv()],
    [CLOSE, lead()],
  ] as const)
    expect(await say(orderNo, command, asked)).toMatchObject({ kind: 'done' })
  return orderNo
}
const eventsIn = async (stream: Parameters<EventStore['readStream']>[0]): Promise<{ type: string; data: unknown; metadata: unknown }[]> => {
  const found: { type: string; data: unknown; metadata: unknown }[] = []
  for await (const page of w.store.readStream(stream)) found.push(...page)
  return found
}

beforeEach(async () => {
  w = await workOrderWorld(createMemoryEventLog(CLOCK).store)
})

describe('an order is drafted', () => {
  test('under the next number of the day, its customers claimed', async () => {
    expect(await w.orders.draft(drafting(['1', '2']), tariff())).toMatchObject({ kind: 'done', orderNo: '20260302-1', repeated: false })
    expect(await w.orders.draft(drafting(['3']), tariff())).toMatchObject({ kind: 'done', orderNo: '20260302-2' })
    expect(await w.claimOf('2')).toMatchObject({ orderNo: '20260302-1', grade: 'orange' })
    expect(await w.orderOf('20260302-1' as OrderNo)).toMatchObject({ status: 'draft', draftedBy: 'HQ.HQ_TARIFF' })
  })

  test('once for a command, though it is said again, also past midnight', async () => {
    const asked = tariff()
    const first = await w.orders.draft(drafting(['1']), asked)
    expect(await w.orders.draft(drafting(['1']), asked)).toEqual({ ...first, repeated: true, recorded: 0 })
    w.clock.at = shanghai('2026-03-03', '00:05')
    expect(await w.orders.draft(drafting(['1']), asked)).toEqual({ ...first, repeated: true, recorded: 0 })
    expect(await eventsIn(streamName('OrderNumbers', '20260302'))).toHaveLength(1)
    expect(await eventsIn(streamName('OrderNumbers', '20260303'))).toHaveLength(0)
  })

  test('not for who has an open order of the kind: the refusal names it, and nobody else is held', async () => {
    await draftOf('2')
    expect(await w.orders.draft(drafting(['1', '2', '3']), tariff())).toMatchObject({
      kind: 'rejected',
      rejection: { code: 'DUPLICATE_OPEN_ORDER', consNo: '2', orderNo: '20260302-1' },
    })
    expect([await w.claimOf('1'), await w.claimOf('3')]).toEqual([undefined, undefined])
    expect(await w.orders.draft(drafting(['2'], { kind: 'verify' }), tariff())).toMatchObject({ kind: 'done' })
  })

  test('not for customers of elsewhere, nor in a province that does not exist', async () => {
    expect(await w.orders.draft(drafting(['1', 'X2']), tariff())).toMatchObject({
      kind: 'rejected',
      rejection: { code: 'SUBJECT_NOT_IN_PROVINCE', consNos: ['X2'] },
    })
    expect(await w.orders.draft(drafting(['1'], { province: province('P99') }), tariff())).toEqual({
      kind: 'rejected',
      rejection: { code: 'UNKNOWN_PROVINCE', province: 'P99' },
    })
    expect(await eventsIn(streamName('OrderNumbers', '20260302'))).toHaveLength(0)
  })

  test('by headquarters only', async () => {
    for (const asked of [pv(), lead(), w.by('P13S', 'HQ_TARIFF')]) expect(await w.orders.draft(drafting(['1']), asked)).toMatchObject({ kind: 'forbidden' })
  })

  test('for several provinces at once: one order a province, and another for every further 200', async () => {
    const subjects = [
      ...Array.from({ length: 201 }, (_, i) => ({ province: province('P13S'), subject: subject(`A${i}`) })),
      { province: province('P13N'), subject: subject('B') },
    ]
    const draftings = draftingsOf({ kind: 'supervision', grade: 'red', origin: { kind: 'manual' }, text: 'collect', subjects })
    const asked = tariff()
    const outcome = await w.orders.draftMany(draftings, 'draft-nothing', asked)
    expect(outcome).toMatchObject({ kind: 'drafted', orders: [1, 2, 3].map((n) => ({ orderNo: `20260302-${n}`, outcome: { kind: 'done' }, left: [] })) })
    const drafts = await Promise.all([1, 2, 3].map((n) => w.orderOf(`20260302-${n}` as OrderNo)))
    expect(drafts.map((order) => order.status === 'draft' && [order.province, order.subjects.length, order.batch])).toEqual([
      ['P13S', 200, asked.commandId],
      ['P13S', 1, asked.commandId],
      ['P13N', 1, asked.commandId],
    ])
  })

  test('for nobody at all: no', async () => {
    expect(await w.orders.draftMany([], 'go-without', sys())).toEqual({ kind: 'refused', refused: [{ index: 0, rejection: { code: 'NO_SUBJECTS' } }] })
    expect(await w.orders.draft(drafting([]), tariff())).toEqual({ kind: 'rejected', rejection: { code: 'NO_SUBJECTS' } })
  })

  test('by rule: goes without whom it may not name, and says why', async () => {
    await draftOf('2')
    const byRule = drafting(['1', '2', '3'], { origin: { kind: 'rules', rulesVersion: 1, reportDate: day('2026-03-01'), reportVersion: 1 } })
    await w.orders.draft(drafting(['3'], { kind: 'supervision', grade: 'red' }), tariff())
    const outcome = await w.orders.draftMany([byRule, drafting(['2'])], 'go-without', sys())
    expect(outcome).toMatchObject({
      kind: 'drafted',
      orders: [
        {
          orderNo: '20260302-3',
          outcome: { kind: 'done' },
          left: [{ rejection: { code: 'DUPLICATE_OPEN_ORDER' } }, { rejection: { code: 'INHIBITED', grade: 'red' } }],
        },
        undefined,
      ],
    })
    expect(await w.orderOf('20260302-3' as OrderNo)).toMatchObject({ subjects: [{ consNo: '1' }] })
  })
})

/** A log that goes away after so many appends, until it is mended. */
const brittle = (store: EventStore) => {
  let left = Number.POSITIVE_INFINITY
  const spend = () => {
    if (left-- <= 0) throw new Error('the program was killed')
  }
  return {
    breakAfter: (appends: number): void => {
      left = appends
    },
    store: {
      ...store,
      append: async (append) => {
        spend()
        return store.append(append)
      },
      appendMany: async (appends) => {
        const outcomes = []
        for (const append of appends) {
          spend()
          outcomes.push(...(await store.appendMany([append])))
        }
        return outcomes
      },
    } satisfies EventStore,
  }
}

test('drafting that breaks off anywhere is finished by saying it again', async () => {
  for (let appends = 0; appends < 6; appends++) {
    const log = brittle(createMemoryEventLog(CLOCK).store)
    w = await workOrderWorld(log.store)
    const asked = tariff()
    log.breakAfter(appends)
    const first = await w.orders.draft(drafting(['1', '2', '3']), asked).catch(() => undefined)
    log.breakAfter(Number.POSITIVE_INFINITY)
    expect(first === undefined, `after ${appends}`).toBe(appends < 5)
    expect(await w.orders.draft(drafting(['1', '2', '3']), asked)).toMatchObject({ kind: 'done', orderNo: '20260302-1' })
    expect(await eventsIn(warningWorkOrderStream('20260302-1' as OrderNo))).toHaveLength(1)
    for (const consNo of ['1', '2', '3']) expect(await eventsIn(warningSubjectStream({ province: province('P13S'), consNo: cons(consNo) }))).toHaveLength(1)
  }
})

describe('customers are let go of', () => {
  test.each([
    ['when their order is closed', closeOf],
    [
      'when it is withdrawn',
      async (consNo: string) => {
        const orderNo = await draftOf(consNo)
        await say(orderNo, withdraw, lead())
        return orderNo
      },
    ],
  ])('%s', async (_, end) => {
    const orderNo = await end('1')
    expect(await w.claimOf('1')).toBeUndefined()
    expect((await eventsIn(warningSubjectStream({ province: province('P13S'), consNo: cons('1') }))).at(-1)).toMatchObject({
      type: 'SubjectReleased',
      data: { orderNo },
      metadata: { actor: { role: 'SYS' } },
    })
    expect(await draftOf('1')).not.toBe(orderNo)
  })

  test('also when that broke off, as soon as another order wants them', async () => {
    const log = brittle(createMemoryEventLog(CLOCK).store)
    w = await workOrderWorld(log.store)
    const first = await draftOf('1')
    log.breakAfter(1)
    await expect(say(first, withdraw, lead())).rejects.toThrow('killed')
    log.breakAfter(Number.POSITIVE_INFINITY)
    expect((await w.orderOf(first)).status).toBe('withdrawn')
    expect(await w.claimOf('1')).toMatchObject({ orderNo: first })
    const second = await draftOf('1')
    expect(await w.claimOf('1')).toMatchObject({ orderNo: second })
  })

  test('also by who claimed them and never drafted, once a quarter of an hour has passed', async () => {
    const ghost = '20260302-77' as OrderNo
    const request = { ...tariff(), role: 'HQ_TARIFF', at: w.clock.at } as const
    const { kind, grade } = drafting([])
    await claim(w.store, [{ province: province('P13S'), consNo: cons('1'), kind, grade, orderNo: ghost, bills: [], origin: 'manual' }], request)
    w.clock.at = shanghai('2026-03-02', '09:15')
    expect(await w.orders.draft(drafting(['1']), tariff())).toMatchObject({ kind: 'rejected', rejection: { orderNo: ghost } })
    w.clock.at = shanghai('2026-03-02', '09:16')
    expect(await w.orders.draft(drafting(['1']), tariff())).toMatchObject({ kind: 'done' })
  })
})

test('an order is open on a customer from its issue until its end; a draft is not known of', async () => {
  const open = () => openOrdersOf(w.store, { province: province('P13S'), consNo: cons('1') })
  const orderNo = await draftOf('1')
  expect(await open()).toEqual([])
  await say(orderNo, ISSUE, lead())
  expect(await open()).toEqual([orderNo])
  await say(orderNo, withdraw, lead())
  expect(await open()).toEqual([])
})

describe('a reopened order', () => {
  test('claims its customers again', async () => {
    const orderNo = await closeOf('1', '2')
    expect(await say(orderNo, reopen, lead())).toMatchObject({ kind: 'done' })
    expect(await w.claimOf('2')).toMatchObject({ orderNo })
  })

  test('is refused while another order holds one of them, and holds nobody then', async () => {
    const orderNo = await closeOf('1', '2')
    const other = await draftOf('2')
    expect(await say(orderNo, reopen, lead())).toMatchObject({ kind: 'rejected', rejection: { code: 'DUPLICATE_OPEN_ORDER', consNo: '2', orderNo: other } })
    expect(await w.claimOf('1')).toBeUndefined()
    expect((await w.orderOf(orderNo)).status).toBe('closed')
  })

  test('keeps its customers when its closing is said again', async () => {
    const orderNo = await draftOf('1')
    const closing = lead()
    await say(orderNo, ISSUE, lead())
    await say(orderNo, SIGN, pv())
    await say(orderNo, submit('1'), pv())
    await say(orderNo, CLOSE, closing)
    await say(orderNo, reopen, lead())
    expect(await say(orderNo, CLOSE, closing)).toMatchObject({ kind: 'done', repeated: true })
    expect(await w.claimOf('1')).toMatchObject({ orderNo })
  })
})

describe('a customer is appended', () => {
  const append = (consNo: string): OrderCommand => ({ type: 'AppendSubject', data: { subject: subject(consNo) } })
  test('and claimed', async () => {
    const orderNo = await draftOf('1')
    await say(orderNo, ISSUE, lead())
    expect(await say(orderNo, append('2'), tariff())).toMatchObject({ kind: 'done' })
    expect(await w.claimOf('2')).toMatchObject({ orderNo })
  })
  test('not when another order holds him, nor to a draft; nobody is held then', async () => {
    const [orderNo, other] = [await draftOf('1'), await draftOf('2')]
    expect(await say(orderNo, append('3'), tariff())).toMatchObject({ kind: 'rejected', rejection: { code: 'INVALID_STATE' } })
    expect(await w.claimOf('3')).toBeUndefined()
    await say(orderNo, ISSUE, lead())
    expect(await say(orderNo, append('2'), tariff())).toMatchObject({ kind: 'rejected', rejection: { code: 'DUPLICATE_OPEN_ORDER', orderNo: other } })
    expect(await w.claimOf('2')).toMatchObject({ orderNo: other })
    expect(await say(orderNo, append('X9'), tariff())).toMatchObject({ kind: 'rejected', rejection: { code: 'SUBJECT_NOT_IN_PROVINCE' } })
  })
})

describe('who may', () => {
  test('a province acts on its own orders, and knows of no drafts', async () => {
    const orderNo = await draftOf('1')
    expect(await say(orderNo, SIGN, pv())).toEqual({ kind: 'rejected', rejection: { code: 'NOT_FOUND' } })
    await say(orderNo, ISSUE, lead())
    expect(await say(orderNo, SIGN, w.by('P13N', 'PV_TARIFF'))).toEqual({ kind: 'forbidden', code: 'FORBIDDEN_SCOPE' })
    expect(await say(orderNo, SIGN, w.by('13401', 'PV_TARIFF'))).toEqual({ kind: 'forbidden', code: 'FORBIDDEN_SCOPE' })
    expect(await say(orderNo, ISSUE, pv())).toEqual({ kind: 'forbidden', code: 'FORBIDDEN_ROLE' })
    expect(await say(orderNo, SIGN, pv())).toMatchObject({ kind: 'done' })
    expect(await say(orderNo, { type: 'MarkOverdue', data: { clock: 'feedback', dueAt: w.clock.at } }, lead())).toEqual({
      kind: 'forbidden',
      code: 'FORBIDDEN_ROLE',
    })
  })
  test('an order that is not there is nobody’s', async () => {
    expect(await say('20260302-9' as OrderNo, SIGN, pv())).toEqual({ kind: 'rejected', rejection: { code: 'NOT_FOUND' } })
    expect(await say('20260302-9' as OrderNo, ISSUE, pv())).toEqual({ kind: 'forbidden', code: 'FORBIDDEN_ROLE' })
  })
  test('an order is assigned inside the province', async () => {
    const orderNo = await draftOf('1')
    await say(orderNo, ISSUE, lead())
    await say(orderNo, SIGN, pv())
    const assign = (toOrg: string) => say(orderNo, { type: 'AssignOrder', data: { toOrg: org(toOrg), dueAt: shanghai('2026-03-03', '10:00') } }, pv())
    expect(await assign('13501')).toMatchObject({ kind: 'rejected', rejection: { code: 'ORG_OUTSIDE_PROVINCE' } })
    expect(await assign('13401')).toMatchObject({ kind: 'done' })
  })
  test('a question is of the side on which the asker stands', async () => {
    const orderNo = await draftOf('1')
    await say(orderNo, ISSUE, lead())
    const questionId = 'q1' as never
    await say(orderNo, { type: 'AskQuestion', data: { questionId, text: 'who pays?' } }, tariff())
    const reply: OrderCommand = { type: 'AnswerQuestion', data: { questionId, text: 'the owner' } }
    expect(await say(orderNo, reply, lead())).toMatchObject({ kind: 'rejected', rejection: { code: 'OWN_QUESTION' } })
    expect(await say(orderNo, reply, pv())).toMatchObject({ kind: 'done' })
  })
  test('headquarters silences, nobody else', async () => {
    const data = { silenceId: 's1' as never, matcher: { consNo: cons('1') }, until: shanghai('2026-03-10', '00:00'), reason: 'agreed' }
    expect(await w.orders.silence({ type: 'Silence', data }, pv())).toEqual({ kind: 'forbidden', code: 'FORBIDDEN_ROLE' })
    expect(await w.orders.silence({ type: 'Silence', data }, lead())).toMatchObject({ kind: 'done' })
  })
})

describe('time', () => {
  test('is told by the rules by which an order was issued, though they have changed since', async () => {
    const changed = { ...sla, version: 2, effectiveFrom: day('2026-03-03'), urgeEveryHours: 1 }
    w = await workOrderWorld(createMemoryEventLog(CLOCK).store, { slaRules: [sla, changed] })
    const [old, fresh] = [await draftOf('1'), await draftOf('2')]
    await say(old, ISSUE, lead())
    w.clock.at = shanghai('2026-03-03', '09:00')
    await say(fresh, ISSUE, lead())
    const urge: OrderCommand = { type: 'Urge', data: { channel: 'phone', text: 'please' } }
    for (const orderNo of [old, fresh]) await say(orderNo, urge, lead())
    w.clock.at = shanghai('2026-03-03', '10:00')
    expect(await say(old, urge, lead())).toMatchObject({ kind: 'rejected', rejection: { code: 'URGED_TOO_SOON' } })
    expect(await say(fresh, urge, lead())).toMatchObject({ kind: 'done' })
  })

  test('without rules for the date nothing is issued', async () => {
    w = await workOrderWorld(createMemoryEventLog(CLOCK).store, { slaRules: [{ ...sla, effectiveFrom: day('2027-01-01') }] })
    expect(await say(await draftOf('1'), ISSUE, lead())).toEqual({ kind: 'rejected', rejection: { code: 'NO_SLA_RULES', date: '2026-03-02' } })
  })

  test('beyond the published years is provisional, and certain once the year is published', async () => {
    w.clock.at = shanghai('2026-12-31', '16:30')
    const { orderNo } = await w.orders.draft(drafting([], { subjects: [subject('1', { asOf: day('2026-12-30') })] }), tariff())
    await say(orderNo!, ISSUE, lead())
    const before = await w.orderOf(orderNo!)
    expect(isIssued(before) && [before.calendar.provisional, before.sign.dueAt]).toEqual([true, shanghai('2027-01-01', '16:30')])
    w.clock.at = shanghai('2026-12-31', '18:00')
    const calendar = { year: 2027, version: 1, holidays: ['2027-01-01', '2027-01-02', '2027-01-03'].map(day), makeUpDays: [], source: 'State Council' }
    await organisationUseCases({ ...w.needs, scope: w.needs.scope as never }).executeCalendar(
      { type: 'PublishCalendarYear', data: { calendar } },
      { ...sys(), commandId: uuid(9), correlationId: uuid(9) },
    )
    expect(await say(orderNo!, { type: 'RecomputeDues', data: {} }, sys())).toMatchObject({ kind: 'done', recorded: 1 })
    const after = await w.orderOf(orderNo!)
    expect(isIssued(after) && [after.calendar, after.sign.dueAt]).toEqual([
      { years: { 2026: 1, 2027: 1 }, provisional: false },
      shanghai('2027-01-04', '16:30'),
    ])
  })
})

describe('a batch is issued', () => {
  const issue = (orderNos: OrderNo[], asked = lead()) => w.orders.issueBatch(orderNos, asked)
  const kinds = (answers: readonly { readonly outcome: OrderOutcome }[]) => answers.map(({ outcome }) => outcome.kind)
  test('all of it, once', async () => {
    const orderNos = [await draftOf('1'), await draftOf('2'), await draftOf('3')]
    const asked = lead()
    expect(kinds(await issue(orderNos, asked))).toEqual(['done', 'done', 'done'])
    expect((await issue(orderNos, asked)).map(({ outcome }) => outcome.kind === 'done' && outcome.repeated)).toEqual([true, true, true])
    for (const orderNo of orderNos) expect(await eventsIn(warningWorkOrderStream(orderNo))).toHaveLength(2)
  })
  test('or none of it when one is refused', async () => {
    const { orderNo: stale } = await w.orders.draft(drafting([], { subjects: [subject('9', { asOf: day('2026-02-20') })] }), tariff())
    const answers = await issue([await draftOf('1'), stale!, await draftOf('2')])
    expect(kinds(answers)).toEqual(['unchanged', 'rejected', 'unchanged'])
    expect(answers[1]).toMatchObject({ orderNo: stale, outcome: { rejection: { code: 'STALE_FIGURES' } } })
    expect((await w.orderOf('20260302-2' as OrderNo)).status).toBe('draft')
  })
})
