import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shanghai } from '#test/support/arbitraries/values.ts'
import { PDF, type WarnedProvinces, warnedProvinces } from '#test/support/warned-provinces.ts'

let w: WarnedProvinces
type Who = keyof WarnedProvinces['people']
const ORDERS = '/v1/warning-work-orders'

beforeAll(async () => {
  w = await warnedProvinces()
})
afterAll(() => w?.close())

const say = (who: Who, path: string, data: object = {}, more: Record<string, string> = {}) =>
  w.send('POST', `${ORDERS}${path}`, { ...w.people[who], ...more }, data)
const done = (who: Who, path: string, data: object = {}, more: Record<string, string> = {}) =>
  w.done('POST', `${ORDERS}${path}`, { ...w.people[who], ...more }, data)
const read = async (who: Who, path: string) => w.read(`${ORDERS}${path}`, w.people[who])
const told = async (who: Who, path: string) => (await read(who, path)).json()
const numbers = async (who: Who, query = '') => (await told(who, query)).orders.map(({ orderNo }: { orderNo: string }) => orderNo)
const notices = async (who: Who, query = '') =>
  (await w.read(`/v1/notices${query}`, w.people[who])).json().notices as { kind: string; noticeId: string; text: string }[]

const said = { kind: 'arrears-warning', grade: 'orange', text: '请核实欠费原因并制定回收计划' }
const byNumber = (province: string, consNo: string) => ({ province, subject: { consNo } })
const answer = (consNo: string, over: object = {}) => ({
  ...{ consNo, cause: 'funds', measures: ['M01'], recovered: '0', remaining: '50000000', planDate: '2026-03-20', level: 'II' },
  ...over,
})
const answers = [answer('0000000001'), answer('0000000002', { remaining: '10000000' })]

let order: string
let other: string

describe('a warning to several provinces', () => {
  test('is drafted one order a province, with the figures of the last sealed report, once under one key', async () => {
    await w.read('/v1/statistics/daily?date=2026-03-02', w.people.view) // the report is in
    const subjects = [byNumber('P13S', '0000000001'), byNumber('P13N', '0000000001'), byNumber('P13S', '0000000002')]
    const key = { 'idempotency-key': 'march' }
    const { orders } = await done('tariff', '/batch', { ...said, subjects }, key)
    expect(orders).toMatchObject([
      { province: 'P13S', left: [] },
      { province: 'P13N', left: [] },
    ])
    expect((await done('tariff', '/batch', { ...said, subjects }, key)).orders.map(({ orderNo }: { orderNo: string }) => orderNo)).toEqual(
      orders.map(({ orderNo }: { orderNo: string }) => orderNo),
    )
    ;[order, other] = orders.map(({ orderNo }: { orderNo: string }) => orderNo)
    const { order: draft } = await told('view', `/${order}`)
    expect(draft).toMatchObject({ status: 'draft', province: 'P13S', warned: '90000000' })
    expect(draft.subjects).toMatchObject([
      { consNo: '0000000001', name: 'User 0000000001', level: 'II', asOf: '2026-03-02', arrears: '80000000' },
      { consNo: '0000000002', bills: [{ billMonth: '202601', open: '10000000' }] },
    ])
  })

  test('is not known to provinces before it is issued', async () => {
    expect(await numbers('view')).toEqual([other, order])
    expect(await numbers('clerk')).toEqual([])
    expect((await read('clerk', `/${order}`)).json()).toMatchObject({ status: 404 })
    expect((await read('clerk', `/${order}/history`)).statusCode).toBe(404)
    expect((await say('clerk', `/${order}/sign`)).json()).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  })

  test('names nobody twice, nobody unknown, and says where the fault is', async () => {
    const twice = await say('tariff', '', { ...said, province: 'P13S', subjects: [{ consNo: '0000000001' }] })
    expect(twice.json()).toMatchObject({ status: 409, code: 'DUPLICATE_OPEN_ORDER', orderNo: order })
    expect(twice.headers['content-language']).toBe('zh-CN')
    const unknown = await say('tariff', '/batch', { ...said, kind: 'verify', subjects: [byNumber('P13S', '0000000001'), byNumber('P13S', '0000000009')] })
    expect(unknown.json()).toMatchObject({ status: 422, errors: [{ pointer: '/subjects/1/subject', consNo: '0000000009', code: 'NO_FIGURES' }] })
    const half = await say('tariff', '', {
      ...said,
      kind: 'verify',
      province: 'P13S',
      subjects: [{ consNo: '0000000001', name: '钢厂', bills: [{ billMonth: '2026', open: '1' }] }],
    })
    expect(half.json().errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/subjects/0/bills/0/billMonth',
      '/subjects/0/arrears',
      '/subjects/0/asOf',
    ])
    const partly = await say('tariff', '', {
      ...said,
      kind: 'verify',
      province: 'P13S',
      subjects: [{ consNo: '0000000001', name: '钢厂', billMonths: ['202601'] }],
    })
    expect(partly.json().errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      ...['/subjects/0/billMonths', '/subjects/0/bills', '/subjects/0/arrears', '/subjects/0/asOf'],
    ])
    const { orders } = await done('tariff', '/batch', { ...said, goWithout: true, subjects: [byNumber('P13S', '0000000001')] })
    expect(orders).toEqual([])
  })

  test('is issued all at once, or not at all', async () => {
    const none = await say('lead', '/issue-batch', { orderNos: [order, '20260303-999'] })
    expect(none.json()).toMatchObject({ status: 409, code: 'ORDERS_REFUSED', errors: [{ row: 1, orderNo: '20260303-999', code: 'NOT_FOUND' }] })
    expect((await told('view', `/${order}`)).order.status).toBe('draft')
    const { orders } = await done('lead', '/issue-batch', { orderNos: [order, other] })
    expect(orders).toHaveLength(2)
    expect((await say('tariff', '/issue-batch', { orderNos: [order] })).statusCode).toBe(403)
  })
})

describe('a province', () => {
  test('finds its own orders with the time that is left', async () => {
    expect(await numbers('clerk')).toEqual([order])
    expect(await numbers('jibei')).toEqual([other])
    const { orders } = await told('clerk', '?sort=dueAt&direction=asc')
    expect(orders[0]).toMatchObject({
      status: 'issued',
      signDueAt: shanghai('2026-03-03', '17:30'),
      timers: [
        { clock: 'sign', workingMinutesLeft: 450, minutesLeft: 570, overdue: false },
        { clock: 'feedback', workingMinutesLeft: 1350 },
      ],
    })
    expect(await told('clerk', '/counts')).toMatchObject({ issued: 1, draft: 0, signed: 0 })
    expect((await read('jibei', `/${order}`)).statusCode).toBe(404)
    expect((await say('jibei', `/${order}/sign`)).statusCode).toBe(404)
  })

  test('is told in its inbox, and reads it', async () => {
    const [first] = await notices('clerk', '?unread=true')
    expect(first).toMatchObject({ kind: 'order-issued', text: expect.stringContaining(`工单 ${order} 已下发，请于 2026-03-03 17:30 前签收`) })
    expect(await w.done('POST', '/v1/notices/reading', w.people.clerk, { noticeIds: [first!.noticeId, 'of somebody else'] })).toEqual({
      read: 1,
      unread: 0,
      more: false,
    })
    expect(await notices('clerk', '?unread=true')).toEqual([])
    expect(await notices('head', '?unread=true')).toMatchObject([{ readAt: null, readers: [{ by: 'p13s.tariff' }] }])
    expect(await notices('city')).toEqual([])
  })

  test('signs, and assigns to a unit that then sees it', async () => {
    await done('clerk', `/${order}/sign`)
    expect(await numbers('city')).toEqual([])
    expect((await say('clerk', `/${order}/assign`, { toOrg: '13501', dueAt: shanghai('2026-03-05', '12:00') })).json()).toMatchObject({
      code: 'ORG_OUTSIDE_PROVINCE',
    })
    await done('clerk', `/${order}/assign`, { toOrg: '13401', dueAt: shanghai('2026-03-05', '12:00') })
    expect(await numbers('city')).toEqual([order])
    expect(await numbers('otherCity')).toEqual([])
    expect((await read('city', `/${order}`)).statusCode).toBe(200)
    expect((await read('otherCity', `/${order}`)).statusCode).toBe(404)
    expect((await read('city', `/${order}/history`)).statusCode).toBe(200)
    expect((await read('otherCity', `/${order}/history`)).statusCode).toBe(404)
    expect(await notices('city')).toMatchObject([{ kind: 'order-assigned' }])
    expect(await numbers('lead', '?assignedTo=13401')).toEqual([order])
  })

  test('asks, is answered, and each sees that the other has read', async () => {
    await done('head', `/${order}/questions`, { text: '是否含违约金？', questionId: 'q1' })
    expect(await notices('tariff', '?kind=question-asked')).toHaveLength(1)
    expect((await say('head', `/${order}/questions/q1/answer`, { text: '自答' })).json()).toMatchObject({ code: 'OWN_QUESTION' })
    await done('tariff', `/${order}/questions/q1/reading`)
    await done('tariff', `/${order}/questions/q1/answer`, { text: '不含' })
    expect((await told('head', `/${order}`)).order.questions).toMatchObject([{ questionId: 'q1', read: { by: 'hq.tariff' }, answer: { text: '不含' } }])
    expect(await notices('clerk', '?kind=question-answered')).toHaveLength(1)
  })

  test('gets more time', async () => {
    await done('head', `/${order}/extension`, { newDueAt: shanghai('2026-03-10', '17:30'), reason: '客户重组谈判' })
    expect(await notices('lead', '?kind=extension-requested')).toHaveLength(1)
    expect(await numbers('lead', '?extensionAsked=true')).toEqual([order])
    await done('lead', `/${order}/extension/decision`, { granted: true })
    expect((await told('clerk', `/${order}`)).timers).toMatchObject([{ clock: 'feedback', dueAt: shanghai('2026-03-10', '17:30') }])
  })

  test('answers in a form that knows what is owed today', async () => {
    const form = await told('head', `/${order}/feedback-form`)
    expect(form.subjects).toMatchObject([
      {
        subject: { consNo: '0000000001' },
        current: { asOf: '2026-03-02', level: 'II' },
        arrears: '80000000',
        recovered: '0',
        remaining: '80000000',
        lastAnswer: null,
      },
      { subject: { consNo: '0000000002' }, remaining: '10000000' },
    ])
    expect(form.causes[0]).toEqual({ code: 'funds', zh: '资金困难', en: 'Short of funds' })
  })

  test('adds files that were stored before, and nothing else', async () => {
    const send = (payload: Buffer, type: string) =>
      w.app.inject({ method: 'POST', url: '/v1/attachments', payload, headers: { ...w.people.head, 'content-type': type } })
    expect((await send(PDF, 'image/png')).json()).toMatchObject({ status: 422, code: 'ATTACHMENT_MISLABELLED' })
    expect((await send(Buffer.from('MZ'), 'application/x-msdownload')).statusCode).toBe(415)
    expect((await send(Buffer.alloc(100_001, '%PDF-'), 'application/pdf')).statusCode).toBe(413)
    const stored = (await send(PDF, 'application/pdf')).json()
    expect(stored).toMatchObject({ mediaType: 'application/pdf', bytes: PDF.length, repeated: false })
    expect((await send(PDF, 'application/pdf')).json()).toMatchObject({ sha256: stored.sha256, repeated: true })
    const { repeated: _, ...file } = stored
    const feedback = (attachment: object) => say('head', `/${order}/feedback`, { answers, attachments: [attachment] })
    expect((await feedback({ ...file, name: '回单.pdf', sha256: '0'.repeat(64) })).json()).toMatchObject({ status: 422, code: 'ATTACHMENT_UNKNOWN' })
    expect((await feedback({ ...file, name: '回单.pdf', bytes: 1 })).json()).toMatchObject({ code: 'ATTACHMENT_UNKNOWN', sha256: [file.sha256] })
    const url = `/${order}/attachments/${stored.sha256}`
    expect((await read('head', url)).statusCode).toBe(404) // no order carries it yet
    expect((await feedback({ ...file, name: '回单.pdf' })).statusCode).toBe(200)
    const loaded = await read('city', url)
    expect(loaded.rawPayload).toEqual(PDF)
    expect(loaded.headers).toMatchObject({
      'content-type': 'application/pdf',
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent('回单.pdf')}`,
    })
    expect((await read('jibei', url)).statusCode).toBe(404)
    expect((await read('jibei', `/${other}/attachments/${stored.sha256}`)).statusCode).toBe(404)
  })
})

describe('headquarters', () => {
  test('returns an answer, and closes the next; not who drafted', async () => {
    const reasons = [{ consNo: '0000000002', code: 'no-plan', text: '缺少还款计划' }]
    await done('tariff', `/${order}/return`, { reasons, newDueAt: shanghai('2026-03-12', '17:30') })
    const form = await told('head', `/${order}/feedback-form`)
    expect(form).toMatchObject({ returnReasons: reasons, subjects: [{ lastAnswer: { cause: 'funds' } }, {}] })
    const pinned = await say('head', `/${order}/feedback`, { answers }, { 'if-match': '"0"' })
    expect(pinned.statusCode).toBe(412)
    await done('head', `/${order}/feedback`, { answers }, { 'if-match': `"${form.revision}"` })
    expect((await say('tariff', `/${order}/closure`, { result: 'under-plan' })).statusCode).toBe(403)
    expect((await say('lead', `/${order}/closure`, { result: 'under-plan' })).json()).toMatchObject({ status: 422, code: 'FOLLOW_UP_REQUIRED' })
    await done('lead', `/${order}/closure`, { result: 'under-plan', followUpOn: '2026-03-31' })
    expect((await told('clerk', `/${order}`)).order).toMatchObject({ status: 'closed', closings: [{ result: 'under-plan' }] })
    expect((await notices('clerk')).map(({ kind }) => kind).slice(0, 2)).toEqual(['order-closed', 'order-returned'])
  })

  test('urges, escalates, pauses and withdraws', async () => {
    const many = { orderNos: [order, other, '20260303-999', other], channel: 'phone', text: '请尽快签收' }
    const key = { 'idempotency-key': 'urge-many' }
    const urged = await done('lead', '/urge-batch', many, key)
    expect(urged.orders).toMatchObject([
      { orderNo: order, urged: false, code: 'INVALID_STATE' },
      { orderNo: other, urged: true, code: null },
      { orderNo: '20260303-999', urged: false, code: 'NOT_FOUND' },
    ])
    expect((await done('lead', '/urge-batch', many, key)).orders).toEqual(urged.orders)
    expect((await done('tariff', '/urge-batch', many)).orders).toMatchObject([{}, { urged: false, code: 'URGED_TOO_SOON' }, {}])
    expect((await say('head', '/urge-batch', many)).statusCode).toBe(403)
    expect((await say('lead', `/${other}/urging`, { channel: 'phone', text: '请尽快签收' })).json()).toMatchObject({ status: 409, code: 'URGED_TOO_SOON' })
    await done('lead', `/${other}/escalation`, { level: 2, toRole: '省公司分管副总经理' })
    await done('lead', `/${other}/pause`, { reason: '洪灾' })
    expect((await told('jibei', '?paused=true')).orders).toMatchObject([{ orderNo: other, urges: 1, escalation: 2, timers: [{ paused: true }, {}] }])
    await done('lead', `/${other}/resume`)
    await done('lead', `/${other}/withdrawal`, { reason: '客户已结清' })
    await done('lead', `/${order}/reopening`, { reason: '承诺未兑现', newDueAt: shanghai('2026-03-20', '17:30') })
    expect((await notices('jibei')).map(({ kind }) => kind)).toEqual([
      'order-withdrawn',
      'order-resumed',
      'order-paused',
      'order-escalated',
      'order-urged',
      'order-issued',
    ])
  })

  test('appends a customer to an order that is out', async () => {
    const { orderNo } = await done('tariff', '', { ...said, kind: 'verify', province: 'P13S', subjects: [{ consNo: '0000000001', billMonths: ['202601'] }] })
    await done('lead', `/${orderNo}/issue`)
    await done('tariff', `/${orderNo}/subjects`, { subject: { consNo: '0000000002' } })
    expect((await told('view', `/${orderNo}`)).order).toMatchObject({ warned: '60000000', subjects: [{ arrears: '50000000' }, { arrears: '10000000' }] })
    expect((await say('tariff', '/20260303-999/subjects', { subject: { consNo: '0000000002' } })).statusCode).toBe(404)
  })

  test('silences warnings, with an author, a reason and an end', async () => {
    const silences = async (query = '') => (await w.read(`/v1/warning-silences${query}`, w.people.view)).json().silences
    const matcher = { province: 'P13S', kind: 'arrears-warning' }
    await w.done('POST', '/v1/warning-silences', w.people.tariff, { silenceId: 's1', matcher, until: shanghai('2026-03-10', '00:00'), reason: '春节保电' })
    expect(await silences('?state=active')).toMatchObject([{ silenceId: 's1', matcher, by: 'hq.tariff', reason: '春节保电', ended: null }])
    await w.done('POST', '/v1/warning-silences/s1/end', w.people.lead, { reason: '提前结束' })
    expect(await silences()).toMatchObject([{ state: 'ended', ended: { by: 'hq.lead', reason: '提前结束' } }])
    expect((await w.send('POST', '/v1/warning-silences/s9/end', w.people.lead, { reason: 'x' })).json()).toMatchObject({ status: 404, code: 'UNKNOWN_SILENCE' })
    expect((await w.read('/v1/warning-suppressions', w.people.clerk)).json()).toMatchObject({ suppressions: [], next: null })
  })

  test('replays an order, prints it with words beside the codes, and takes lists home', async () => {
    const { events } = await told('view', `/${order}/history?limit=100`)
    expect(events.map(({ type }: { type: string }) => type)).toEqual([
      ...['OrderDrafted', 'OrderIssued', 'OrderSigned', 'OrderAssigned', 'QuestionAsked', 'QuestionRead', 'QuestionAnswered'],
      ...['ExtensionRequested', 'ExtensionGranted', 'FeedbackSubmitted', 'FeedbackReturned', 'FeedbackSubmitted', 'OrderClosed', 'OrderReopened'],
    ])
    expect((await told('view', `/${order}/state?revision=2`)).state).toMatchObject({ status: 'signed' })
    const print = await told('clerk', `/${order}/print`)
    expect(print).toMatchObject({ units: { P13S: 'Unit P13S', '13401': 'Unit 13401' }, labels: { grade: { orange: { zh: '橙色' } } } })
    const csv = await w.read(ORDERS, w.people.view, { accept: 'text/csv' })
    expect(csv.body.trim().split('\r\n')).toHaveLength(4)
    expect(
      (await w.read(ORDERS, w.people.view, { accept: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' })).rawPayload
        .subarray(0, 2)
        .toString(),
    ).toBe('PK')
    expect((await read('view', '?after=nonsense')).json()).toMatchObject({ status: 422, errors: [{ code: 'BAD_CURSOR' }] })
  })
})

test('64 callers at once break nothing: each fact stands once, and the others are told why not', async () => {
  const { orderNo } = await done('tariff', '', { ...said, kind: 'supervision', province: 'P13N', subjects: [{ consNo: '0000000001' }] })
  const race = async (who: Who, path: string, data: (n: number) => object = () => ({})) => {
    const answers = await Promise.all(Array.from({ length: 64 }, (_, n) => say(who, `/${orderNo}${path}`, data(n))))
    const codes = answers.map((one) => (one.statusCode === 200 ? 'done' : one.json().code))
    return Object.fromEntries([...new Set(codes)].map((code) => [code, codes.filter((other_) => other_ === code).length]))
  }
  const one = answer('0000000001', { remaining: '8000000' })
  expect(await race('lead', '/issue')).toEqual({ done: 1, INVALID_STATE: 63 })
  expect(await race('jibei', '/sign')).toEqual({ done: 64 }) // said again, it is already so
  expect(await race('lead', '/urging', (n) => ({ channel: 'system', text: `urge ${n}` }))).toEqual({ done: 1, URGED_TOO_SOON: 63 })
  expect(await race('jibei', '/questions', (n) => ({ text: `question ${n}`, questionId: `q${n}` }))).toEqual({ done: 64 })
  expect(await race('jibei', '/feedback', () => ({ answers: [one] }))).toEqual({ done: 1, INVALID_STATE: 63 })
  expect(await race('lead', '/closure', () => ({ result: 'under-plan', followUpOn: '2026-03-31' }))).toEqual({ done: 1, INVALID_STATE: 63 })
  const { events } = await told('view', `/${orderNo}/history?limit=500`)
  const types = events.map(({ type }: { type: string }) => type)
  for (const type of ['OrderIssued', 'OrderSigned', 'OrderUrged', 'FeedbackSubmitted', 'OrderClosed'])
    expect(
      types.filter((other_: string) => other_ === type),
      type,
    ).toHaveLength(1)
  expect(events.map(({ revision }: { revision: number }) => revision)).toEqual(events.map((_: unknown, index: number) => index))
  // The customer is free again, so the same can be warned of anew.
  await done('tariff', '', { ...said, kind: 'supervision', province: 'P13N', subjects: [{ consNo: '0000000001' }] })
})
