import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { MEDIA_TYPES } from './media-types.ts'
import { isNetwork } from './notice/networks.ts'
import { readSealingKeys } from './notice/sealing.ts'

const BUSINESS_DATE = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a date such as 2026-01-31')
const port = z.coerce.number().int().min(0).max(65_535)

/** Every setting, by the name of its environment variable. `<NAME>_FILE` reads the value from a file, so that secrets need not stand in the environment. */
const settings = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
    .optional()
    .describe('PostgreSQL for the event log and the read models; without it an embedded one starts'),
  EVENTSTORE_URL: z
    .string()
    .regex(/^(esdb|kurrentdb|kdb)(\+discover)?:\/\//, 'must begin with esdb://')
    .optional()
    .describe('EventStoreDB or KurrentDB for the event log; without it the log is in PostgreSQL'),
  EPM_HOME: z.string().default('.epm').describe('where the embedded PostgreSQL keeps its data'),
  HOST: z.string().default('127.0.0.1').describe('address to listen on'),
  PORT: port.default(3000).describe('port to listen on; 0 takes a free one'),
  OIDC_ISSUER: z.url().optional().describe('issuer of the bearer tokens; without it only `epm demo` can serve'),
  OIDC_AUDIENCE: z.string().default('epm').describe('audience the tokens must name'),
  OIDC_ROLES_CLAIM: z.string().default('roles').describe('claim that lists the roles'),
  OIDC_ORG_CLAIM: z.string().default('org').describe('claim that names the unit of the organisation'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info').describe('least severe message that is logged'),
  EPM_ROLE: z.enum(['all', 'api', 'worker']).default('all').describe('what this process does: serve, keep read models and timers going, or both'),
  REPORTING_SINCE: BUSINESS_DATE.optional().describe(
    'first date whose reports are opened, called late or missing; without it the day on which the organisation was first registered',
  ),
  UPLOAD_MAX_BYTES: z.coerce.number().int().min(1024).default(67_108_864).describe('bytes that one upload of a day may hold'),
  ATTACHMENT_MAX_BYTES: z.coerce.number().int().min(1).max(268_435_456).default(10_485_760).describe('bytes that one attachment may hold'),
  ATTACHMENT_TYPES: z
    .string()
    .default(
      'application/pdf,image/jpeg,image/png,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet,application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    )
    .transform((text) => text.split(',').map((type) => type.trim()))
    .refine((types) => types.every((type) => MEDIA_TYPES.includes(type)), `must be some of ${MEDIA_TYPES.join(', ')}`)
    .describe('media types that an attachment may have, separated by commas; its first bytes must fit'),
  NOTICE_ALLOWED_NETWORKS: z
    .string()
    .default('')
    .transform((text) => text.split(',').flatMap((network) => (network.trim() === '' ? [] : [network.trim()])))
    .refine((networks) => networks.every(isNetwork), 'must be networks such as 10.20.0.0/16')
    .describe('private networks that webhooks may be in, separated by commas; without it only public addresses are called'),
  NOTICE_SECRET_KEYS: z
    .string()
    .default('')
    .transform((text, context) => {
      const keys = readSealingKeys(text)
      if (!keys)
        context.addIssue({ code: 'custom', message: 'must be keys such as 2026a:<32 bytes in base64>, each with a name of its own, separated by commas' })
      return keys ?? []
    })
    .describe(
      'keys by which secrets of webhooks lie sealed in the database, the first seals; without it webhooks cannot be subscribed to (an embedded PostgreSQL has a key of its own)',
    ),
  NOTICE_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(60_000)
    .default(10_000)
    .describe('milliseconds after which a webhook or mail server has not answered'),
  NOTICE_ATTEMPTS: z.coerce.number().int().min(1).max(100).default(16).describe('tries, at growing pauses up to six hours, before a notice is given up'),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, 'must begin with smtp:// or smtps://')
    .optional()
    .describe('mail server for notices, smtp://user:password@host:port; without it none go by mail'),
  SMTP_FROM: z.string().default('epm@localhost').describe('sender of notices by mail'),
  UPLOAD_MAX_ROWS: z.coerce.number().int().min(1).default(20_000).describe('rows that one upload of a day may hold'),
})
export type Config = Readonly<z.output<typeof settings>>

/** The environment does not make a configuration; the message names each setting and what is wrong with it. */
export class BadConfiguration extends Error {
  override readonly name = 'BadConfiguration'
}

/** The only reader of the environment. Throws BadConfiguration. */
export const readConfig = (environment: Readonly<Record<string, string | undefined>>): Config => {
  const given: Record<string, string> = {}
  for (const name of Object.keys(settings.shape)) {
    const value = environment[name] ?? fromFile(name, environment[`${name}_FILE`])
    if (value !== undefined && value !== '') given[name] = value
  }
  const { success, data, error } = settings.safeParse(given)
  if (!success)
    throw new BadConfiguration(`The environment does not fit:\n${error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`).join('\n')}`)
  return Object.freeze(data)
}

const fromFile = (name: string, path: string | undefined): string | undefined => {
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (cause) {
    throw new BadConfiguration(`${name}_FILE: cannot read ${path}`, { cause })
  }
}

/** What is in force, for a person to read: name, value with passwords hidden, whether it was set, and what it means. */
export const describeConfig = (
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): readonly { readonly name: string; readonly value: string; readonly set: boolean; readonly meaning: string }[] =>
  Object.entries(settings.shape).map(([name, schema]) => {
    const value = config[name as keyof Config]
    const set = environment[name] !== undefined || environment[`${name}_FILE`] !== undefined
    return { name, value: value === undefined ? '-' : shown(value), set, meaning: schema.description ?? '' }
  })

/** Without passwords; of keys only the names. */
const shown = (value: NonNullable<Config[keyof Config]>): string =>
  Array.isArray(value)
    ? value.map((one) => (typeof one === 'string' ? one : `${one.id}:***`)).join(',')
    : String(value).replace(/:\/\/([^:@/]+):[^@]*@/, '://$1:***@')
