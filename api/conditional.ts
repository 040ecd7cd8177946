import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { ExpectedRevision } from '#application/ports/event-store.ts'
import { Problem } from './problem.ts'

/** The entity tag of a stream at a revision. */
export const etagOf = (revision: ExpectedRevision): string => `"${revision}"`

/** The entity tag of an answer: another one whenever its text is. Weak, for where it stands is told beside it. */
export const etagOfText = (text: string): string => `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`

/** Whether the caller has this answer already, from `If-None-Match` (RFC 9110 13.1.2), compared weakly. */
export const hasAlready = (request: FastifyRequest, etag: string): boolean => {
  const header = request.headers['if-none-match']
  return header !== undefined && (header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag.replace(/^W\//, '')))
}

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
