/** What a server answered: the parsed body when it was JSON, else its text. */
type Answer = { readonly status: number; readonly body: unknown; readonly text: string; readonly headers: Headers }

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

/** Clients of one server by persona; each fetches its token once. */
export const clientsOf = (address: string): ((persona: string) => Client) => {
  const tokens = new Map<string, Promise<string>>()
  const tokenOf = (persona: string): Promise<string> => {
    const known = tokens.get(persona) ?? fetch(`${address}/v1/demo/tokens/${persona}`).then((response) => response.text())
    tokens.set(persona, known)
    return known
  }
  return (persona) =>
    async (method, path, { body, raw, accept = 'application/json', headers = {}, allow = [] } = {}) => {
      const response = await fetch(`${address}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${await tokenOf(persona)}`,
          accept,
          'accept-language': 'en',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(raw && { 'content-type': raw.type }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(raw && { body: raw.text }),
      })
      const text = await response.text()
      const parsed: unknown = /[/+]json\b/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text
      if (!response.ok && !allow.includes(response.status)) throw new Error(`${method} ${path} as ${persona}: ${response.status} ${text.slice(0, 600)}`)
      return { status: response.status, body: parsed, text, headers: response.headers }
    }
}

/** Works through items with so many at a time; the first error ends it. */
export const eachOf = async <T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> => {
  const waiting = [...items]
  const one = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, one))
}
