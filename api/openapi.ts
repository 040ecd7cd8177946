import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'

const DESCRIPTION = `Tariff recovery: high-risk users of the provincial companies, reported daily, seen by headquarters.

- Money is fen and electricity kWh, whole numbers as text. Business dates are days in Asia/Shanghai, instants UTC.
- Commands are sub-resources. Each takes \`Idempotency-Key\` (sent again, it is answered as before) and \`If-Match\`, and answers
  \`{revision, position, repeated}\`.
- Reads say as of when they stand (\`asOf\`). \`Prefer: wait=2\` with \`Epm-Position\` (or \`position=\`) waits for one's own write.
- Refusals are \`application/problem+json\` (RFC 9457) with a \`code\`; titles in zh-CN or English by \`Accept-Language\`.
- \`GET /v1/changes\` tells what changes, as server-sent events.
- Lists come as JSON, \`application/x-ndjson\`, \`text/csv\` or XLSX
  (\`application/vnd.openxmlformats-officedocument.spreadsheetml.sheet\`) by \`Accept\`. A workbook's second sheet (说明) says what was asked, as
  of when, by whom; whole numbers are numbers up to 15 digits and text beyond, customer numbers and dates always text.`

const TAGS = [
  { name: 'industry-list', description: '行业清单' },
  { name: 'high-risk-user', description: '高风险用户' },
  { name: 'screening', description: '筛选' },
  { name: 'daily-report', description: '省公司日报' },
  { name: 'statistics', description: '总部高风险用户日统计' },
  { name: 'warning-work-order', description: '预警督办工单' },
  { name: 'supervision', description: '总部预警督办日统计' },
  { name: 'bulletin', description: '通报' },
  { name: 'group-user', description: '集团用户' },
  { name: 'notice', description: '消息通知' },
  { name: 'organisation', description: '组织机构与工作日历' },
  { name: 'extraction', description: '数据抽取' },
  { name: 'replay', description: '审计留痕、案件回放' },
  { name: 'operation', description: '运行' },
  { name: 'demo', description: 'Only in a demonstration' },
]

/** The description of the interface, made from the routes' own schemas. Register before any route. */
export const openapi = async (app: FastifyInstance): Promise<void> => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.1',
      info: { title: 'EPM high-risk users', version: '1.0.0', description: DESCRIPTION },
      tags: TAGS,
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      security: [{ bearer: [] }],
    },
    transform: (document) => {
      const { access, streams } = document.route.config ?? {}
      const transformed = jsonSchemaTransform(document)
      const schema = {
        ...transformed.schema,
        ...(access?.kind === 'public' ? { security: [] } : { 'x-access': access }),
        ...(streams && { consumes: [...streams], body: { type: 'string', format: 'binary' } }),
      }
      return { ...transformed, schema }
    },
    transformObject: jsonSchemaTransformObject,
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: false, // the server's own policy holds, and the page works under it
    uiConfig: { deepLinking: true, docExpansion: 'none', tryItOutEnabled: true, validatorUrl: null },
  })
  app.get('/openapi.json', { schema: { hide: true } }, async (_, reply) => reply.type('application/json; charset=utf-8').send(JSON.stringify(app.swagger())))
}
