import { once } from 'node:events'
import { Agent, type IncomingMessage, request as send } from 'node:http'
import { text as textOf } from 'node:stream/consumers'

/** What a server answered: the parsed body when it was JSON, else its text. */
type Answer = { readonly status: number; readonly body: unknown }

type Call = {
  readonly body?: unknown
  /** A body sent as it is, with its media type. */
  readonly raw?: { readonly type: string; readonly text: string }
  readonly accept?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Statuses besides 2xx that the caller deals with. */
  readonly allow?: readonly number[]
}

/** A client as any other: it knows the address, a persona's token, and nothing of the inside. */
export type Client = (method: 'GET' | 'POST' | 'PUT', path: string, call?: Call) => Promise<Answer>

/** Clients of one server by persona; each fetches its token once. On the signal what is under way fails at once. */
export const clientsOf = (address: string, signal: AbortSignal): ((persona: string) => Client) => {
  const agent = new Agent({ keepAlive: true })
  signal.addEventListener('abort', () => agent.destroy(), { once: true })
  const ask = async (method: string, path: string, headers: Readonly<Record<string, string>>, body?: string) => {
    signal.throwIfAborted()
    const length = body !== undefined && { 'content-length': Buffer.byteLength(body) }
    const asked = send(`${address}${path}`, { method, agent, headers: { ...headers, ...length } })
    asked.end(body)
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    return { status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text: await textOf(response) }
  }
  const tokens = new Map<string, Promise<string>>()
  const tokenOf = (persona: string): Promise<string> => {
    const known = tokens.get(persona) ?? ask('GET', `/v1/demo/tokens/${persona}`, {}).then(({ text }) => text)
    tokens.set(persona, known)
    return known
  }
  return (persona) =>
    async (method, path, { body, raw, accept = 'application/json', headers = {}, allow = [] } = {}) => {
      const sent = raw ?? (body === undefined ? undefined : { type: 'application/json', text: JSON.stringify(body) })
      const { status, type, text } = await ask(
        method,
        path,
        { authorization: `Bearer ${await tokenOf(persona)}`, accept, 'accept-language': 'en', ...(sent && { 'content-type': sent.type }), ...headers },
        sent?.text,
      )
      if ((status < 200 || status > 299) && !allow.includes(status)) throw new Error(`${method} ${path} as ${persona}: ${status} ${text.slice(0, 600)}`)
      return { status, body: /[/+]json\b/.test(type) ? (JSON.parse(text) as unknown) : text }
    }
}

/** Works through items with so many at a time; the first error ends it: nothing more is begun. */
export const eachOf = async <T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> => {
  const waiting = [...items]
  const one = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  const ended = Array.from({ length: Math.min(atOnce, items.length) }, () =>
    one().catch((error: unknown) => {
      waiting.length = 0
      throw error
    }),
  )
  await Promise.all(ended)
}
