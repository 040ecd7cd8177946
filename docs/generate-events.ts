import { readFile, writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import * as bulletin from '#domain/bulletin/fields.ts'
import { catalogue } from '#domain/catalogue.ts'
import * as dailyReport from '#domain/daily-report/fields.ts'
import * as extraction from '#domain/extraction/fields.ts'
import * as groupUser from '#domain/group-user/fields.ts'
import * as highRiskUser from '#domain/high-risk-user/fields.ts'
import * as industryList from '#domain/industry-list/fields.ts'
import * as organisation from '#domain/organisation/fields.ts'
import * as screening from '#domain/screening/fields.ts'
import * as dates from '#domain/shared/dates.ts'
import * as identity from '#domain/shared/identity.ts'
import * as level from '#domain/shared/level.ts'
import * as quantities from '#domain/shared/quantities.ts'
import * as workOrder from '#domain/warning-work-order/fields.ts'

// Writes docs/events.md from the event catalogue: `node docs/generate-events.ts`. A test holds the page to the catalogue.

type JsonSchema = z.core.JSONSchema.JSONSchema
type Of = (typeof MODULES)[number]

const MODULES = [
  dates,
  identity,
  level,
  quantities,
  bulletin,
  dailyReport,
  extraction,
  groupUser,
  highRiskUser,
  industryList,
  organisation,
  screening,
  workOrder,
] as const
const FILES = {
  IndustryList: 'industry-list',
  DailyReport: 'daily-report',
  HighRiskUser: 'high-risk-user',
  Organisation: 'organisation',
  WorkCalendar: 'organisation',
  Extraction: 'extraction',
  ScreeningRuleSet: 'screening',
  WarningWorkOrder: 'warning-work-order',
  WarningSubject: 'warning-work-order',
  WarningSilences: 'warning-work-order',
  OrderNumbers: 'warning-work-order',
  WarningRun: 'warning-work-order',
  Bulletin: 'bulletin',
  GroupUser: 'group-user',
  GroupRegister: 'group-user',
  GroupLink: 'group-user',
  GroupRelease: 'group-user',
} as const satisfies Record<keyof typeof catalogue, string>

/** Every shape under the name it is exported by. */
const names = z.registry<Record<string, unknown> & { id: string }>()
for (const module of MODULES)
  for (const [name, schema] of Object.entries(module) as [string, Of[keyof Of]][])
    if ((schema as unknown) instanceof z.ZodType) names.add(schema, { ...(schema as z.ZodType).meta(), id: name })

const jsonSchema = (schema: z.ZodType): JsonSchema => z.toJSONSchema(schema, { metadata: names, io: 'input', unrepresentable: 'any' })

/** The page, as it should stand in docs/events.md. */
export const eventsPage = async (): Promise<string> => {
  const shapes = new Map<string, JsonSchema>()
  const sections: string[] = []
  for (const [category, events] of Object.entries(catalogue)) {
    const source = await readFile(new URL(`../domain/${FILES[category as keyof typeof FILES]}/events.ts`, import.meta.url), 'utf8')
    sections.push(`## ${category}`)
    for (const [type, { version, schema }] of Object.entries(events)) {
      const { $defs = {}, ...body } = jsonSchema(schema)
      for (const [name, shape] of Object.entries($defs)) shapes.set(name, shape as JsonSchema)
      sections.push(`### ${type} · v${version}`, commentBefore(source, `  ${type}: `), fieldList(body))
    }
  }
  return `${[INTRODUCTION, ...sections, '## Shapes', ...shapesIn(shapes)].filter((part) => part !== '').join('\n\n')}\n`
}

const INTRODUCTION = `# Events

Every event the log may hold, by the category of the streams it stands in, in the version in which it is written today.
Made from the catalogue (\`node docs/generate-events.ts\`); a test fails while page and catalogue differ.

Payloads are canonical JSON (RFC 8785). \`at\` is when it was decided, \`by\` who decided it; command, correlation, causation,
role and unit stand beside the payload, in the metadata. Quantities are whole numbers as text.`

/** The comment that stands before a declaration, as running text. */
const commentBefore = (source: string, declaration: string): string => {
  const before = source.slice(0, source.indexOf(declaration)).trimEnd()
  if (!before.endsWith('*/')) return ''
  return before
    .slice(before.lastIndexOf('/**') + 3, -2)
    .replaceAll(/\s*\n\s*\*?\s*/g, ' ')
    .trim()
}

const fieldList = ({ properties = {}, required = [] }: JsonSchema): string =>
  Object.entries(properties)
    .map(([name, shape]) => `- \`${name}\`${required.includes(name) ? '' : ', optional'}: ${typeName(shape as JsonSchema)}`)
    .join('\n')

const shapesIn = (shapes: ReadonlyMap<string, JsonSchema>): readonly string[] =>
  [...shapes].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, shape]) => `### ${name}\n\n${shape.properties ? fieldList(shape) : typeName(shape)}`)

const typeName = (shape: JsonSchema): string => {
  if (shape.$ref) return `[${shape.$ref.split('/').at(-1)}](#${shape.$ref.split('/').at(-1)?.toLowerCase()})`
  if (shape.enum) return shape.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ')
  if (shape.anyOf) return shape.anyOf.map((one) => typeName(one as JsonSchema)).join(' or ')
  if (shape.type === 'array') return `list of ${typeName(shape.items as JsonSchema)}${limits(shape.minItems, shape.maxItems)}`
  if (shape.properties)
    return `{ ${Object.entries(shape.properties)
      .map(([name, one]) => `${name}: ${typeName(one as JsonSchema)}`)
      .join(', ')} }`
  if (shape.type === 'object') return 'named texts'
  if (shape.type === 'integer') return `whole number${limits(shape.minimum, shape.maximum)}`
  if (Array.isArray(shape.type)) return shape.type.map((type) => (type === 'string' ? 'text' : type)).join(' or ')
  if (shape.format === 'date') return 'a date in Asia/Shanghai, such as 2026-02-28'
  if (shape.type === 'string')
    return `${shape.description ?? 'text'}${limits(shape.minLength, shape.maxLength)}${shape.pattern ? ` \`${shape.pattern.replaceAll('|', '\\|')}\`` : ''}`
  return shape.type ?? 'anything'
}

const limits = (least: number | undefined, most: number | undefined): string => {
  const bounds = [
    least === undefined || Math.abs(least) >= Number.MAX_SAFE_INTEGER ? '' : `${least}`,
    most === undefined || most >= Number.MAX_SAFE_INTEGER ? '' : `${most}`,
  ]
  return bounds.every((bound) => bound === '') ? '' : ` (${bounds.join('..')})`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await writeFile(new URL('events.md', import.meta.url), await eventsPage())
