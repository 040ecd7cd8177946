import { createHmac } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { channels } from '#infrastructure/notice/channels.ts'
import { smtp } from '#infrastructure/notice/smtp.ts'
import { type WebhookOptions, webhook } from '#infrastructure/notice/webhook.ts'
import { delivery, mailServer, notice, now, receiver } from './support.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})
const open = async (...told: Parameters<typeof receiver>) => {
  const opened = await receiver(...told)
  closing.push(opened.close)
  return opened
}
const LOCAL = ['127.0.0.0/8']
const hook = (over: Partial<WebhookOptions> = {}) => webhook({ allowed: LOCAL, timeoutMs: 5000, ...over })

describe('a webhook', () => {
  test('is told in JSON, under an id, signed with the shared secret over time and body', async () => {
    const { calls, url } = await open()
    expect(await hook()(delivery(url), now)).toEqual({ ok: true })
    const { headers, body } = calls[0]!
    expect(JSON.parse(body)).toMatchObject({
      id: 'e1.0.s1',
      kind: 'order-issued',
      orderNo: '20260303-1',
      text: { zh: expect.stringContaining('2026-03-03 11:30') },
    })
    expect(headers['epm-notice-id']).toBe('e1.0.s1')
    const seconds = Date.parse(now) / 1000
    const expected = createHmac('sha256', 'a shared secret').update(`${seconds}.${body}`).digest('hex')
    expect(headers['epm-signature']).toBe(`t=${seconds},v1=${expected}`)
  })

  test('in a private network is not called unless that network is allowed', async () => {
    const { calls, url, port } = await open()
    const closed = { ok: false, fault: 'the address is not one that may be called', again: false }
    const strict = hook({ allowed: [] })
    for (const target of [url, `http://localhost:${port}/`, `http://[::ffff:127.0.0.1]:${port}/`, `http://2130706433:${port}/`, `http://0x7f.1:${port}/`])
      expect(await strict(delivery(target), now), target).toEqual(closed)
    expect(await hook({ allowed: ['10.0.0.0/8'] })(delivery(url), now)).toEqual(closed)
    expect(calls).toEqual([])
  })

  test('is called at the address that was looked at, and resolved once: a name that turns elsewhere leads nowhere', async () => {
    const { calls, port } = await open()
    let asked = 0
    const turning = async () => [{ address: ++asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }]
    expect(await hook({ resolve: turning })(delivery(`http://rebinding.test:${port}/`), now)).toEqual({ ok: true })
    expect(asked).toBe(1)
    expect(calls.map(({ headers }) => headers.host)).toEqual([`rebinding.test:${port}`])
    expect(await hook({ resolve: turning })(delivery(`http://rebinding.test:${port}/`), now)).toMatchObject({ again: false })
    expect(calls.length).toBe(1)
  })

  test('is not called when one of several addresses is closed, nor when there is none', async () => {
    const { calls, port } = await open()
    const mixed = async () => [
      { address: '127.0.0.1', family: 4 },
      { address: '169.254.169.254', family: 4 },
    ]
    for (const resolve of [mixed, async () => []]) expect(await hook({ resolve })(delivery(`http://mixed.test:${port}/`), now)).toMatchObject({ again: false })
    expect(calls).toEqual([])
  })

  test('that redirects is not followed', async () => {
    const elsewhere = await open()
    const { url } = await open(() => ({ status: 307, headers: { location: elsewhere.url } }))
    expect(await hook()(delivery(url), now)).toEqual({ ok: false, fault: 'answered 307; redirects are not followed', again: true })
    expect(elsewhere.calls).toEqual([])
  })

  test('that is gone is not tried again; one that fails or is silent is', async () => {
    expect(await hook()(delivery((await open(() => ({ status: 410 }))).url), now)).toEqual({ ok: false, fault: 'answered 410', again: false })
    expect(await hook()(delivery((await open(() => ({ status: 500 }))).url), now)).toEqual({ ok: false, fault: 'answered 500', again: true })
    expect(await hook({ timeoutMs: 100 })(delivery((await open(() => 'silence')).url), now)).toEqual({
      ok: false,
      fault: 'no answer within 100 ms',
      again: true,
    })
  })

  test('that cannot be reached is told about without its address, in which a token may stand', async () => {
    const { url, close } = await open()
    await close()
    expect(await hook()(delivery(url), now)).toEqual({ ok: false, fault: 'ECONNREFUSED', again: true })
    const failing = async () => Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND hook.test'), { code: 'ENOTFOUND' }))
    expect(await hook({ resolve: failing })(delivery('http://hook.test/t0ken'), now)).toEqual({ ok: false, fault: 'ENOTFOUND', again: true })
  })
})

describe('a mail', () => {
  const to = (target: string) => delivery(target, { channel: 'smtp', secret: undefined })
  const opened = async (...told: Parameters<typeof mailServer>) => {
    const server = await mailServer(...told)
    const send = smtp({ url: server.url, from: 'EPM <epm@hq.test>', timeoutMs: 5000 })
    closing.push(send.close, server.close)
    return { ...server, send }
  }

  test('says it in both languages, under one Message-ID however often it is sent', async () => {
    const { mails, send } = await opened()
    expect([await send(to('clerk@p13s.test'), now), await send(to('clerk@p13s.test'), now)]).toEqual([{ ok: true }, { ok: true }])
    expect(mails.map(({ from, to: whom, user }) => [from, whom, user])).toEqual(Array(2).fill(['epm@hq.test', ['clerk@p13s.test'], 'epm']))
    for (const { data } of mails) expect(data).toContain('Message-ID: <e1.0.s1@hq.test>')
    const body = mails[0]?.data.split('\n\n').at(-1) ?? ''
    const text = Buffer.from(body, /base64/.test(mails[0]?.data ?? '') ? 'base64' : 'utf8').toString()
    expect(text.replaceAll(/=\n/g, '')).toContain('Order 20260303-1 is issued')
  })
  test('cannot be given other recipients or headers by its address', async () => {
    const { mails, send } = await opened()
    await send(to('a@p13s.test, b@p13s.test\r\nBcc: c@p13s.test'), now)
    expect(mails.flatMap(({ to: whom }) => whom).filter((whom) => whom !== 'a@p13s.test' && /^[abc]@p13s\.test$/.test(whom))).toEqual([])
    expect(mails.every(({ data }) => !/^Bcc:/m.test(data))).toBe(true)
  })
  test('that the server will never take is given up; one that it will not take now is tried again', async () => {
    expect(await (await opened(() => 550)).send(to('nobody@p13s.test'), now)).toEqual({ ok: false, fault: 'the mail server answered 550', again: false })
    expect(await (await opened(() => 451)).send(to('later@p13s.test'), now)).toEqual({ ok: false, fault: 'the mail server answered 451', again: true })
  })
  test('waits while there is no mail server', async () => {
    const { send, close } = await opened()
    await close()
    expect(await send(to('clerk@p13s.test'), now)).toMatchObject({ ok: false, again: true })
    expect(await channels({})(to('clerk@p13s.test'), now)).toEqual({ ok: false, fault: 'the channel smtp is not set up', again: true })
  })
})

test('a notice for another channel goes by that channel', async () => {
  const by = channels({ webhook: async () => ({ ok: true }), smtp: async () => ({ ok: false, fault: 'by mail', again: false }) })
  expect(await by({ ...delivery('x'), notice }, now)).toEqual({ ok: true })
  expect(await by(delivery('x', { channel: 'smtp' }), now)).toMatchObject({ fault: 'by mail' })
})
