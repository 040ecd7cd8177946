import { createHash } from 'node:crypto'
import { generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import type { DatabasePool } from 'slonik'
import { buildHttp, type HttpNeeds, useCasesOf } from '#api/http.ts'
import { bearerIdentity } from '#api/identity.ts'
import type { App } from '#api/schemas.ts'
import type { Casework } from '#application/high-risk-user/bring.ts'
import { listReader, listVersionInForce } from '#application/industry-list/read.ts'
import { openDirectory } from '#application/organisation/directory.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import type { GroupIndex, KnownCustomers } from '#application/ports/groups.ts'
import { SYSTEM } from '#application/shared/authorise.ts'
import { openOrdersOf } from '#application/warning-work-order/claims.ts'
import type { OrgUnit } from '#domain/organisation/fields.ts'
import type { Role } from '#domain/shared/actor.ts'
import type { ConsNo, OrgCode, Uuid } from '#domain/shared/identity.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { schedule } from './arbitraries/daily-report.ts'
import { casework, rules } from './arbitraries/high-risk-user.ts'
import { day, shanghai } from './arbitraries/values.ts'
import { filesInMemory, noNotices, orderSources, supervisionScores } from './supervision.ts'

const unit = (code: string, level: OrgUnit['level'], parent?: string): OrgUnit => ({
  code: code as OrgCode,
  level,
  ...(parent !== undefined && { parent: parent as OrgCode }),
  name: `Unit ${code}`,
  shortName: code,
  validFrom: day('2020-01-01'),
})

const UNITS: readonly OrgUnit[] = [
  unit('HQ', 'HQ'),
  unit('P13S', 'PROVINCE', 'HQ'),
  unit('P13N', 'PROVINCE', 'HQ'),
  unit('P11', 'PROVINCE', 'HQ'),
  unit('13401', 'CITY', 'P13S'),
  unit('13402', 'CITY', 'P13S'),
  unit('1340101', 'COUNTY', '13401'),
  unit('13501', 'CITY', 'P13N'),
]

const ISSUER = 'https://id.test'
const keys = await generateKeyPair('ES256')
const others = await generateKeyPair('ES256')
/** A token as an identity provider would issue it; `claims` may spoil it. */
export const tokenOf = async (userId: string, orgCode: string, roles: readonly Role[], claims: JWTPayload & { forged?: boolean } = {}): Promise<string> => {
  const { forged = false, ...own } = claims
  const payload: JWTPayload = { iss: ISSUER, aud: 'epm', sub: userId, org: orgCode, roles: [...roles], iat: now(), exp: now() + 600, ...own }
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256' }).sign(forged ? others.privateKey : keys.privateKey)
}
const now = (): number => Math.floor(Date.now() / 1000)

export type TestClock = { at: ReturnType<typeof shanghai>; readonly now: () => ReturnType<typeof shanghai> }
export const testClock = (): TestClock => {
  const clock: TestClock = { at: shanghai('2026-03-03', '08:00'), now: () => clock.at }
  return clock
}

export type World = {
  readonly app: App
  readonly store: EventStore
  readonly feed: Feed
  readonly clock: TestClock
  readonly listed: Map<string, readonly ConsNo[]>
  readonly bearer: (userId: string, orgCode: string, ...roles: Role[]) => Promise<Record<string, string>>
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
const NO_POOL = new Proxy({}, { get: () => () => Promise.reject(new Error('there are no read models here')) }) as DatabasePool

const NO_GROUPS: GroupIndex = { openLinks: async () => [], unfinished: async () => [], strays: async () => [] }

/** The whole interface over a log in memory; give it a pool and a way to wait when a test reads from read models. */
export const world = async (
  over: Partial<Pick<HttpNeeds, 'pool' | 'waitFor' | 'operations' | 'uploadBytes' | 'more' | 'prefill' | 'changes' | 'notices' | 'attachments'>> & {
    readonly log?: { store: EventStore; feed: Feed }
    readonly rows?: number
    readonly orders?: Partial<ReturnType<typeof orderSources>>
    readonly casework?: Casework
    readonly groups?: GroupIndex
    /** All there are, where nothing is said. */
    readonly customers?: KnownCustomers
  } = {},
): Promise<World> => {
  const clock = testClock()
  const { store, feed } = over.log ?? createMemoryEventLog(clock)
  const directory = await openDirectory(store, clock)
  const listed = new Map<string, readonly ConsNo[]>()
  const working: HttpNeeds['working'] = {
    store,
    clock,
    scope: directory,
    listedUsers: async (province, date) => listed.get(`${province} ${date}`) ?? listed.get(province) ?? [],
    listVersionOn: listVersionInForce(listReader(store)),
    schedules: [schedule],
    listingRules: [rules],
    casework: over.casework ?? { ...casework, openWorkOrders: (key) => openOrdersOf(store, key) },
    ...orderSources(store, clock),
    ...over.orders,
    knowsTrade: (_, code) => code !== '9799',
    digest,
    groups: over.groups ?? NO_GROUPS,
    customers: over.customers ?? (async (_, consNos) => new Set(consNos)),
  }
  const useCases = useCasesOf(working, { rows: over.rows ?? 5_000 })
  const command = { actor: SYSTEM, commandId: '00000000-0000-4000-8000-0000000000aa' as Uuid, correlationId: '00000000-0000-4000-8000-0000000000aa' as Uuid }
  const registered = await useCases.organisation.execute({ type: 'RegisterUnits', data: { units: [...UNITS] } }, command)
  if (registered.kind !== 'done') throw new Error(`the organisation was not registered: ${JSON.stringify(registered)}`)
  const app = await buildHttp({
    identify: bearerIdentity(async () => keys.publicKey, { issuer: ISSUER, audience: 'epm' }),
    working,
    useCases,
    feed,
    pool: over.pool ?? NO_POOL,
    waitFor: over.waitFor ?? (async () => ({ reached: false })),
    prefill: over.prefill ?? (async () => ({ rows: [], unknown: [], warnings: [] })),
    operations: over.operations ?? { status: async () => [], rebuild: async () => false, release: async () => false },
    uploadBytes: over.uploadBytes ?? 8_000_000,
    notices: over.notices ?? noNotices,
    supervisionScores,
    attachments: over.attachments ?? filesInMemory(),
    ...(over.more && { more: over.more }),
    ...(over.changes && { changes: over.changes }),
  })
  await app.ready()
  return {
    app,
    store,
    feed,
    clock,
    listed,
    bearer: async (userId, orgCode, ...roles) => ({ authorization: `Bearer ${await tokenOf(userId, orgCode, roles)}` }),
  }
}
