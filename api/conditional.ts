import type { FastifyRequest } from 'fastify'
import type { ExpectedRevision } from '#application/ports/event-store.ts'
import { Problem } from './problem.ts'

/** The entity tag of a stream at a revision. */
export const etagOf = (revision: ExpectedRevision): string => `"${revision}"`

/**
 * What the caller saw, from `If-Match` (RFC 9110 13.1.1): `"12"` a revision, `"absent"` no stream yet. Nothing pinned when the
 * header is left out or `*`. Throws a Problem for a tag that was never given out.
 */
export const pinnedBy = (request: FastifyRequest): ExpectedRevision | undefined => {
  const header = request.headers['if-match']?.trim()
  if (header === undefined || header === '*') return undefined
  const tag = /^(?:W\/)?"(\d{1,18}|absent)"$/.exec(header)?.[1]
  if (tag === undefined) throw new Problem('BAD_IF_MATCH', { header: 'If-Match' })
  return tag === 'absent' ? 'absent' : BigInt(tag)
}
