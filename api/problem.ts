import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { AppendTooLarge, LogUnavailable, OutcomeUnknown } from '#application/ports/event-store.ts'
import { NotRecordable } from '#domain/shared/canonical-json.ts'
import { UnreadableEvent } from '#domain/shared/catalogue.ts'
import { languageOf, type Wording } from './language.ts'

export type Refusal = { readonly status: number; readonly title: Wording }
const refusal = (status: number, zh: string, en: string): Refusal => ({ status, title: { 'zh-CN': zh, en } })

/** What goes wrong between the wire and the use cases; what the business refuses stands in refusals.ts. */
export const PROBLEMS = {
  BAD_REQUEST: refusal(400, '请求无法解析', 'The request cannot be read'),
  BAD_IF_MATCH: refusal(400, 'If-Match 不是本系统给出的版本标记', 'If-Match is not a tag this system gave out'),
  BAD_IDEMPOTENCY_KEY: refusal(400, 'Idempotency-Key 应为 1 至 128 个可见字符', 'Idempotency-Key must be 1 to 128 visible characters'),
  BAD_POSITION: refusal(400, '位置标记无法识别', 'The position is not one this system gave out'),
  UNAUTHENTICATED: refusal(401, '未登录或令牌无效', 'No valid token'),
  FORBIDDEN_ROLE: refusal(403, '当前角色无权执行此操作', 'None of your roles may do this'),
  FORBIDDEN_SCOPE: refusal(403, '超出本单位管辖范围', 'This belongs to another unit'),
  NOT_FOUND: refusal(404, '未找到', 'Not found'),
  METHOD_NOT_ALLOWED: refusal(405, '不支持该方法', 'This resource does not take that method'),
  NOT_ACCEPTABLE: refusal(406, '无法以所要求的格式作答', 'None of the accepted formats can be given'),
  CONFLICT: refusal(409, '他人正在同时修改，请重试', 'Others were changing the same thing; try again'),
  ORDERS_REFUSED: refusal(409, '有工单不能办理，均未执行', 'Some of the orders are refused; nothing was done'),
  HORIZON_NOT_OVER: refusal(409, '观察期尚未结束，后续缴费情况未知', 'Figures do not reach to the end of the months looked at'),
  REVISION_STALE: refusal(412, '数据已被他人更新，请刷新后重试', 'It has changed since you read it'),
  TOO_LARGE: refusal(413, '请求超出允许的大小', 'The request is larger than allowed'),
  UNSUPPORTED_MEDIA_TYPE: refusal(415, '不支持的内容类型', 'This content type is not taken here'),
  ATTACHMENT_TYPE: refusal(415, '不支持的附件类型', 'Attachments of that type are not taken'),
  ATTACHMENT_EMPTY: refusal(422, '附件为空', 'The attachment is empty'),
  ATTACHMENT_TOO_LARGE: refusal(413, '附件超出允许的大小', 'The attachment is larger than allowed'),
  ATTACHMENT_MISLABELLED: refusal(422, '附件内容与所称类型不符', 'The attachment is not what its type says'),
  VALIDATION_FAILED: refusal(422, '数据校验未通过', 'The data does not hold'),
  ROWS_INVALID: refusal(422, '日报存在错误行，未保存任何数据', 'Rows of the day are wrong; nothing was kept'),
  TOO_MANY_STREAMS: refusal(429, '同时打开的通知连接过多', 'Too many streams are open at once'),
  NOMINATIONS_INVALID: refusal(422, '提名存在错误行，未保存任何数据', 'Rows of the nominations are wrong; nothing was kept'),
  LINKS_INVALID: refusal(422, '关联关系存在错误行，未保存任何数据', 'Rows of the links are wrong; nothing was kept'),
  INTERNAL: refusal(500, '系统内部错误', 'Something broke inside'),
  UNREADABLE_EVENT: refusal(500, '历史事件无法读取，请联系运维', 'The log holds something that cannot be read; operators have been told'),
  NOTICE_KEY_MISSING: refusal(
    503,
    '未配置密钥（NOTICE_SECRET_KEYS），无法保存 Webhook 密钥',
    'No key is configured (NOTICE_SECRET_KEYS) by which the secret of a webhook could be kept',
  ),
  UNAVAILABLE: refusal(503, '服务暂不可用', 'Not available now'),
  OUTCOME_UNKNOWN: refusal(
    503,
    '结果未知：请以相同的 Idempotency-Key 重发，不会重复执行',
    'Outcome unknown: repeat with the same Idempotency-Key; it is never carried out twice',
  ),
} as const satisfies Readonly<Record<string, Refusal>>
export type ProblemCode = keyof typeof PROBLEMS

/** One fault of the input: where it is (JSON Pointer, RFC 6901, or a row of the file) and which rule it breaks. */
export const Fault = z.strictObject({
  pointer: z.string().optional(),
  row: z.int().optional(),
  consNo: z.string().optional(),
  field: z.string().optional(),
  code: z.string(),
  message: z.string(),
})
export type Fault = z.output<typeof Fault>

/** RFC 9457 problem details. `code` is the business's word for it, `instance` names the request in our logs. */
export const ProblemDetails = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    instance: z.string(),
    detail: z.string().optional(),
    errors: z.array(Fault).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' })

export type ProblemContext = {
  readonly detail?: string
  readonly errors?: readonly Fault[]
  readonly headers?: Readonly<Record<string, string>>
  readonly [member: string]: unknown
}

/** Ends a request with a problem of the transport; the error handler turns it into an answer. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  readonly context: ProblemContext
  constructor(code: ProblemCode, context: ProblemContext = {}) {
    super(code)
    this.code = code
    this.context = context
  }
}

/** Answers with problem+json in the caller's language. bigint members leave as text. */
export const sendProblem = (
  request: FastifyRequest,
  reply: FastifyReply,
  code: string,
  { status, title }: Refusal,
  context: ProblemContext = {},
): FastifyReply => {
  const { headers = {}, ...members } = context
  const language = languageOf(request.headers['accept-language'])
  const body = { ...members, type: `urn:epm:problem:${code}`, title: title[language], status, code, instance: `urn:epm:request:${request.id}` }
  const json = JSON.stringify(body, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
  return reply
    .code(status)
    .headers(headers)
    .header('content-language', language)
    .header('cache-control', 'no-store')
    .type('application/problem+json; charset=utf-8')
    .serializer((text: unknown) => String(text))
    .send(json)
}

const pointerOf = (context: string | undefined, path: string): string =>
  `${context === undefined || context === 'body' ? '' : `/${context}`}${path === '/' ? '' : path}`

/** Zod's findings with JSON Pointers. Codes are zod's: invalid_type, unrecognized_keys, invalid_format, too_big … */
export const faultsOf = (issues: readonly z.core.$ZodIssue[], base = ''): readonly Fault[] =>
  issues.map((issue) => ({
    pointer: `${base}${issue.path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`,
    code: issue.code,
    message: issue.message,
  }))

const fromFramework = (error: FastifyError): Problem | undefined => {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const where = error.validationContext
    return new Problem('VALIDATION_FAILED', {
      errors: error.validation.map(({ instancePath, keyword, message = '' }) => ({ pointer: pointerOf(where, instancePath), code: keyword, message })),
    })
  }
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem('TOO_LARGE')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Problem('UNSUPPORTED_MEDIA_TYPE')
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_BAD_URL':
      return new Problem('BAD_REQUEST', { detail: error.message })
    default:
      return (error.statusCode ?? 500) < 500 ? new Problem('BAD_REQUEST', { detail: error.message }) : undefined
  }
}

/** What an exception means to a caller: never what is inside, always an id by which operators find it. */
const problemOf = (error: FastifyError | Error): Problem => {
  if (error instanceof Problem) return error
  if (error instanceof AppendTooLarge) return new Problem('TOO_LARGE', { detail: error.message })
  if (error instanceof OutcomeUnknown) return new Problem('OUTCOME_UNKNOWN', { headers: { 'retry-after': '1' } })
  if (error instanceof LogUnavailable) return new Problem('UNAVAILABLE', { headers: { 'retry-after': '1' } })
  if (error instanceof UnreadableEvent) return new Problem('UNREADABLE_EVENT')
  if (error instanceof NotRecordable) return new Problem('VALIDATION_FAILED', { detail: error.message })
  return fromFramework(error as FastifyError) ?? new Problem('INTERNAL')
}

/** The one error handler. Server faults are logged with their cause; the answer carries only the request's id. */
export const answerError = (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const problem = problemOf(error)
  const row = PROBLEMS[problem.code]
  if (row.status >= 500) request.log.error({ err: error, cause: causeOf(error) }, problem.code)
  return sendProblem(request, reply, problem.code, row, problem.context)
}

const causeOf = (error: Error): string | undefined => (error.cause instanceof Error ? error.cause.message : undefined)

export const answerNotFound = (request: FastifyRequest, reply: FastifyReply): FastifyReply => sendProblem(request, reply, 'NOT_FOUND', PROBLEMS.NOT_FOUND)
