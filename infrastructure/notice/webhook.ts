import { createHmac } from 'node:crypto'
import { lookup as resolve } from 'node:dns/promises'
import { request as http, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as https } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { Deliver, Delivered, Delivery } from '#application/ports/notice.ts'
import { epochOf, type Instant } from '#domain/shared/dates.ts'
import { sentenceOf } from '#domain/shared/notice.ts'
import { reachableThrough } from './networks.ts'

export type WebhookOptions = {
  /** Networks that may be called though they are private. */
  readonly allowed: readonly string[]
  /** For the whole of a call. */
  readonly timeoutMs: number
  /** Resolves a host name, once a call. */
  readonly resolve?: (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>
}

class NotAllowed extends Error {
  override readonly name = 'NotAllowed'
}

/**
 * Notices to a webhook: POST of JSON, signed with HMAC-SHA256 over `<unix seconds>.<body>` in `Epm-Signature: t=…,v1=…`.
 * The host is resolved once, every address it has must be allowed, and the call goes to one of those addresses: a name that
 * answers differently the next time leads nowhere else. Redirects are not followed. 2xx is delivered, all else is not.
 */
export const webhook = ({ allowed, timeoutMs, resolve: byName = (host) => resolve(host, { all: true }) }: WebhookOptions): Deliver => {
  const reachable = reachableThrough(allowed)
  return async (delivery, now) => {
    const body = bodyOf(delivery)
    const signal = AbortSignal.timeout(timeoutMs)
    try {
      const url = new URL(delivery.target)
      const addresses = await within(signal, addressesOf(url, byName))
      if (addresses.length === 0 || !addresses.every(({ address }) => reachable(address))) throw new NotAllowed()
      return answered(await call(url, body, headersOf(delivery, body, now), pinned(addresses), signal))
    } catch (error) {
      if (error instanceof NotAllowed) return { ok: false, fault: 'the address is not one that may be called', again: false }
      return { ok: false, fault: signal.aborted ? `no answer within ${timeoutMs} ms` : faultOf(error), again: true }
    }
  }
}

const within = <T>(signal: AbortSignal, work: Promise<T>): Promise<T> =>
  Promise.race([
    work,
    new Promise<never>((_, fail) => {
      signal.addEventListener('abort', () => fail(new Error('timeout')), { once: true })
    }),
  ])

const bodyOf = ({ deliveryId, notice }: Delivery): string => JSON.stringify({ id: deliveryId, ...notice, text: sentenceOf(notice) })

const headersOf = ({ deliveryId, secret }: Delivery, body: string, now: Instant): Record<string, string> => ({
  'content-type': 'application/json; charset=utf-8',
  'content-length': String(Buffer.byteLength(body)),
  'user-agent': 'epm-notices',
  'epm-notice-id': deliveryId,
  ...(secret !== undefined && { 'epm-signature': signatureOf(secret, body, Math.floor(epochOf(now) / 1000)) }),
})

/** What a receiver works out as well: HMAC-SHA256 of `<seconds>.<body>` under the shared secret. */
const signatureOf = (secret: string, body: string, seconds: number): string =>
  `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`

type Address = { readonly address: string; readonly family: number }

const addressesOf = async (url: URL, byName: NonNullable<WebhookOptions['resolve']>): Promise<readonly Address[]> => {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const family = isIP(host)
  return family === 0 ? byName(host) : [{ address: host, family }]
}

/** Answers with the addresses that were looked at, whatever the name says by now. */
const pinned =
  (addresses: readonly Address[]): LookupFunction =>
  (_, options, done) => {
    const [first] = addresses
    if (options.all === true) done(null, [...addresses])
    else done(null, first?.address ?? '', first?.family ?? 4)
  }

const call = (url: URL, body: string, headers: Record<string, string>, lookup: LookupFunction, signal: AbortSignal): Promise<IncomingMessage> =>
  new Promise((done, fail) => {
    const options: RequestOptions = { method: 'POST', headers, lookup, signal, agent: false }
    const request = (url.protocol === 'https:' ? https : http)(url, options, done)
    request.on('error', fail)
    request.end(body)
  })

/** Nobody here reads what a receiver says, only whether he took it. */
const answered = (response: IncomingMessage): Delivered => {
  const status = response.statusCode ?? 0
  response.destroy()
  if (status >= 200 && status < 300) return { ok: true }
  return { ok: false, fault: status >= 300 && status < 400 ? `answered ${status}; redirects are not followed` : `answered ${status}`, again: status !== 410 }
}

/** The kind of failure without the address, in whose path a token may stand. */
const faultOf = (error: unknown): string => {
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' ? code : 'the call failed'
}
