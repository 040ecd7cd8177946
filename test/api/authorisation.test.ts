import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Access } from '#api/access.ts'
import { Role } from '#domain/shared/actor.ts'
import { type World, world } from '#test/support/http.ts'

type Route = { readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'; readonly path: string; readonly access: Exclude<Access, { kind: 'public' }> }

let w: World
let routes: readonly Route[]
beforeAll(async () => {
  w = await world({ changes: { lifeMs: 0 } })
  const document = (await w.app.inject('/openapi.json')).json() as { paths: Record<string, Record<string, { 'x-access'?: Route['access'] }>> }
  routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { 'x-access': access }]) => (access ? [{ method: method.toUpperCase() as Route['method'], path, access }] : [])),
  )
})
afterAll(() => w.app.close())

const HQ_ROLES: ReadonlySet<Role> = new Set(['HQ_TARIFF', 'HQ_LEAD', 'HQ_GROUP', 'HQ_VIEW', 'HQ_AUDIT'])
const HOMES: readonly (readonly [org: string, province: string | undefined, level: 'HQ' | 'PROVINCE' | 'CITY'])[] = [
  ['HQ', undefined, 'HQ'],
  ['P13S', 'P13S', 'PROVINCE'],
  ['P13N', 'P13N', 'PROVINCE'],
  ['13401', 'P13S', 'CITY'],
]
const VALUES: Readonly<Record<string, string>> = {
  province: 'P13S',
  date: '2026-03-02',
  consNo: '0012345678',
  version: '1',
  code: '13401',
  name: 'national-day',
  correctionId: '00000000-0000-4000-8000-000000000001',
}

/** What the table of roles says, worked out once more by hand: 'in', 'out' (403), 'hidden' (404), or 'either' where only the command's data decide. */
const expected = ({ access }: Route, role: Role, [org, province, level]: (typeof HOMES)[number]): 'in' | 'out' | 'hidden' | 'either' => {
  if (!access.roles.includes(role)) return 'out'
  if (access.scope === 'own') return 'in'
  const refused = access.hidden ? 'hidden' : 'out'
  const atHome = HQ_ROLES.has(role) ? org === 'HQ' : role === 'SYS' || role === 'ADMIN' ? true : org !== 'HQ'
  if (access.scope === 'nation') return atHome && org === 'HQ' ? 'in' : refused
  if (org !== 'HQ' && province !== VALUES.province) return refused
  if (access.kind === 'command') return 'either'
  return atHome && level !== 'CITY' ? 'in' : refused
}

test('every role at every kind of unit, at every route: in, out, or told that there is nothing', async () => {
  expect(routes.length).toBeGreaterThan(50)
  const counted = { in: 0, out: 0, hidden: 0, either: 0 }
  for (const role of Role.options) {
    for (const home of HOMES) {
      const headers = await w.bearer(`u.${role}`, home[0], role)
      for (const route of routes) {
        const url = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => VALUES[name] ?? '1')
        const answer = await w.app.inject({ method: route.method, url, headers, ...(route.method !== 'GET' && { payload: {} }) })
        const verdict = expected(route, role, home)
        counted[verdict]++
        const where = `${role} at ${home[0]}: ${route.method} ${url} -> ${answer.statusCode}`
        if (verdict === 'out') expect(answer.statusCode, where).toBe(403)
        else if (verdict === 'hidden') expect(answer.json(), where).toMatchObject({ status: 404, code: 'NOT_FOUND' })
        else if (verdict === 'in') expect([401, 403], where).not.toContain(answer.statusCode)
      }
    }
  }
  expect(Math.min(counted.in, counted.out, counted.hidden, counted.either)).toBeGreaterThan(20)
}, 120_000)

test('nobody gets anywhere without a token', async () => {
  for (const { method, path } of routes) {
    const answer = await w.app.inject({ method, url: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => VALUES[name] ?? '1') })
    expect(answer.statusCode, `${method} ${path}`).toBe(401)
  }
})
