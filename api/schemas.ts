import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { ProblemDetails } from './problem.ts'

/** A Fastify instance whose routes are typed by their zod schemas. */
export type App = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>

type Status = 400 | 401 | 403 | 404 | 406 | 409 | 412 | 413 | 415 | 422 | 429 | 500 | 503
const WHY: Readonly<Record<Status, string>> = {
  400: 'The request cannot be read',
  401: 'No valid token',
  403: 'Not for your role or unit',
  404: 'Not found, or not for you to know',
  406: 'None of the accepted formats can be given',
  409: 'Refused by the business; `code` says why',
  412: 'The revision in If-Match is no longer the current one',
  413: 'Larger than allowed',
  415: 'Content type not taken here',
  422: 'The data does not hold; `errors` points at each fault',
  429: 'Too many at once',
  500: 'Something broke inside; `instance` names it in our logs',
  503: 'Not available, or the outcome is unknown: repeat with the same Idempotency-Key',
}
type ProblemResponse = { readonly description: string; readonly content: { readonly 'application/problem+json': { readonly schema: typeof ProblemDetails } } }

/** The problems a route may answer with; 500 and 503 always. */
export const failures = <S extends Status>(...statuses: readonly S[]): Record<S | 500 | 503, ProblemResponse> =>
  Object.fromEntries(
    [...statuses, 500 as const, 503 as const].map((status) => [
      status,
      { description: WHY[status], content: { 'application/problem+json': { schema: ProblemDetails } } },
    ]),
  ) as Record<S | 500 | 503, ProblemResponse>

/** The problems of a read for identified callers. */
export const readFailures = () => failures(400, 401, 403, 404, 406, 422)
/** The problems of a command. */
export const commandFailures = () => failures(400, 401, 403, 404, 409, 412, 413, 415, 422)

export const PlainText = { description: 'Text', content: { 'text/plain': { schema: z.string() } } } as const

/** What a command comes to: the stream's revision (also the ETag), and where it stands in the log, to wait for in a later read. */
export const Receipt = z
  .strictObject({
    revision: z.int().nullable(),
    position: z.string().nullable(),
    repeated: z.boolean().describe('Carried out before under the same Idempotency-Key'),
  })
  .meta({ id: 'Receipt' })
export type Receipt = z.output<typeof Receipt>

/** How fresh an answer from a read model is. */
export const AsOf = z
  .strictObject({
    position: z.string().nullable().describe('Everything up to this place in the log is in the answer'),
    instant: Instant.nullable().describe('When the last of it happened'),
    lag: z.int().describe('Events of the log that are not in the answer yet'),
    stale: z.boolean().describe('The position asked for was not reached in time'),
  })
  .meta({ id: 'AsOf' })
export type AsOf = z.output<typeof AsOf>

export const OfUser = z.strictObject({ province: ProvinceCode, consNo: ConsNo })
export const OfReport = z.strictObject({ province: ProvinceCode, date: BusinessDate })

/** Query members of every read from a read model. */
export const freshnessQuery = {
  position: z.string().max(64).optional().describe('With `Prefer: wait=N`: answer when this position is in, or stale after N seconds'),
}
/** One or several in a query, separated by commas. */
export const several = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (typeof value === 'string' ? value.split(',') : value), z.array(schema).min(1).max(50)).optional()
