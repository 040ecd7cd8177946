import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Attachments } from '#application/ports/attachments.ts'
import type { Clock } from '#application/ports/clock.ts'
import { ROLES, UNIT_READERS } from '#application/shared/authorise.ts'
import { Attachment, OrderNo } from '#domain/warning-work-order/fields.ts'
import { readBy } from '../access.ts'
import { actorOf } from '../identity.ts'
import { PROBLEMS, Problem, sendProblem } from '../problem.ts'
import { type App, failures, freshnessQuery, readFailures } from '../schemas.ts'

const { sha256, mediaType, bytes } = Attachment.shape
const Stored = z
  .strictObject({ sha256, mediaType, bytes, repeated: z.boolean().describe('The same bytes had been stored before') })
  .meta({ id: 'StoredAttachment' })

export type AttachmentNeeds = {
  readonly attachments: Attachments
  readonly limits: { readonly bytes: number; readonly mediaTypes: readonly string[] }
  readonly clock: Clock
  /** The files that an order carries, when the caller may see it. */
  readonly carriedBy: (request: FastifyRequest, reply: FastifyReply, orderNo: OrderNo) => Promise<readonly Attachment[]>
}

/** 附件: a file first, named by its digest; then the feedback that carries the digest. */
export const attachmentRoutes =
  ({ attachments, limits, clock, carriedBy }: AttachmentNeeds) =>
  async (app: App): Promise<void> => {
    app.addContentTypeParser([...limits.mediaTypes], { bodyLimit: limits.bytes }, (_request, payload, done) => done(null, payload))
    app.post(
      '/v1/attachments',
      {
        bodyLimit: limits.bytes,
        config: { ...readBy([...ROLES.province, ...ROLES.unit, 'SYS'], 'own'), streams: limits.mediaTypes },
        schema: {
          operationId: 'storeAttachment',
          tags: ['warning-work-order'],
          summary: 'Store a file; its digest then goes into the feedback',
          description: `The body is the file, its type in \`Content-Type\`: ${limits.mediaTypes.join(', ')}; the first bytes must fit. At most ${limits.bytes} bytes. The same bytes again are the same file.`,
          response: { 200: Stored, ...failures(400, 401, 403, 413, 415, 422) },
        },
      },
      async (request, reply) => {
        const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? ''
        if (!(request.body instanceof Readable)) throw new Problem('ATTACHMENT_TYPE', { allowed: limits.mediaTypes })
        // A file that is refused half-way leaves the connection whole, so that the answer arrives.
        const content = request.body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>
        const kept = await attachments.keep(content, { mediaType: type, by: actorOf(request).userId, at: clock.now() })
        if (kept.ok) return reply.send({ ...kept.file, repeated: kept.repeated })
        const { code, ...members } = kept.rejection
        return sendProblem(request, reply.header('connection', 'close'), code, PROBLEMS[code], members) as never
      },
    )
    app.get(
      '/v1/warning-work-orders/:orderNo/attachments/:sha256',
      {
        config: readBy(UNIT_READERS, 'own'),
        schema: {
          operationId: 'getWorkOrderAttachment',
          tags: ['warning-work-order'],
          summary: 'A file that the order’s feedback carries, for whoever may see the order',
          params: z.strictObject({ orderNo: OrderNo, sha256 }),
          querystring: z.strictObject(freshnessQuery),
          response: {
            200: { description: 'The file', content: { 'application/octet-stream': { schema: z.string().meta({ format: 'binary' }) } } },
            ...readFailures(),
          },
        },
      },
      async (request, reply) => {
        const carried = await carriedBy(request, reply, request.params.orderNo)
        const name = carried.find((one) => one.sha256 === request.params.sha256)?.name
        const file = name === undefined ? undefined : await attachments.find(request.params.sha256)
        if (name === undefined || !file) throw new Problem('NOT_FOUND')
        // Never shown in place of a page of ours: it is what somebody sent.
        void reply
          .type(file.mediaType)
          .headers({
            'content-length': String(file.bytes),
            'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name).replaceAll(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)}`,
            'x-content-type-options': 'nosniff',
            'cache-control': 'private, max-age=31536000, immutable',
            etag: `"${file.sha256}"`,
          })
          .serializer((body: unknown) => String(body))
        return reply.send(Readable.from(attachments.read(file.sha256), { objectMode: false }) as never)
      },
    )
  }
