/** The first node of a connection string, where the server answers HTTP beside gRPC. */
export type Node = { readonly origin: string; readonly secure: boolean; readonly authorization: string | undefined }

const PATIENCE_MS = 3_000

/** Undefined for what is no connection string of one or more named hosts. */
export const nodeOf = (url: string): Node | undefined => {
  const parts = /^esdb(?:\+discover)?:\/\/(?:(?<user>[^:@/]+):(?<password>[^@/]*)@)?(?<host>[^:/?,]+)(?::(?<port>\d+))?/.exec(url.trim())?.groups
  if (!parts) return undefined
  const secure = !/[?&]tls=false/i.test(url)
  const { user, password, host, port = '2113' } = parts
  const authorization =
    user === undefined ? undefined : `Basic ${Buffer.from(`${decodeURIComponent(user)}:${decodeURIComponent(password ?? '')}`).toString('base64')}`
  return { origin: `${secure ? 'https' : 'http'}://${host}:${port}`, secure, authorization }
}

const get = (node: Node, path: string): Promise<Response | undefined> =>
  fetch(`${node.origin}${path}`, {
    headers: { accept: 'application/json', ...(node.authorization && { authorization: node.authorization }) },
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch(() => undefined)

/** The server's options by lower-case name, where it shows them; only administrators see them on a secured server. */
export const options = async (node: Node): Promise<ReadonlyMap<string, string> | undefined> => {
  const answer = await get(node, '/info/options')
  if (!answer?.ok) return undefined
  const all: unknown = await answer.json().catch(() => undefined)
  if (!Array.isArray(all)) return undefined
  return new Map(all.map((option: { readonly name?: unknown; readonly value?: unknown }) => [String(option.name).toLowerCase(), String(option.value)]))
}

/** How far the server's clock is ahead of ours, to half a second. */
export const clockSkewMs = async (node: Node): Promise<number | undefined> => {
  const sent = Date.now()
  const answer = await get(node, '/')
  const theirs = Date.parse(answer?.headers.get('date') ?? '')
  return Number.isNaN(theirs) ? undefined : theirs + 500 - (sent + Date.now()) / 2
}
