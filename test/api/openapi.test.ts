import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { App } from '#api/schemas.ts'
import { type World, world } from '#test/support/http.ts'

type Operation = {
  readonly operationId?: string
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly { readonly in: string; readonly name: string }[]
  readonly requestBody?: { readonly content: Record<string, unknown> }
  readonly responses: Record<string, { readonly content?: Record<string, unknown> }>
  readonly 'x-access'?: unknown
  readonly security?: readonly unknown[]
}
type Document = {
  readonly openapi: string
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, unknown> }
  readonly tags: readonly { readonly name: string }[]
}

let w: World
let document: Document
let operations: readonly (readonly [string, string, Operation])[]
beforeAll(async () => {
  w = await world()
  document = (await w.app.inject('/openapi.json')).json()
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [method, path, operation] as const),
  )
})
afterAll(() => w.app.close())

describe('the description of the interface', () => {
  test('is OpenAPI 3.1 and holds every route of the server', () => {
    expect(document.openapi).toMatch(/^3\.1\./)
    expect(operations.length).toBeGreaterThan(50)
  })

  test('cannot lack a route: one that does not say who may call it, or has no operationId, keeps the server from starting', async () => {
    const config = { access: { kind: 'public' } } as const
    const undeclared = [
      async (app: App) => void app.get('/v1/secret', { schema: { operationId: 'getSecret' } }, async () => 1),
      async (app: App) => void app.get('/v1/secret', { config }, async () => 1),
    ]
    for (const route of undeclared) await expect(world({ more: [route] })).rejects.toThrow('/v1/secret does not say')
  })

  test('names, sums up, groups and guards every operation, and says how it may fail', () => {
    const names = operations.map(([, , { operationId }]) => operationId)
    expect(new Set(names).size).toBe(names.length)
    const tags = new Set(document.tags.map(({ name }) => name))
    for (const [method, path, operation] of operations) {
      const where = `${method} ${path}`
      expect(operation.operationId, where).toMatch(/^[a-z][A-Za-z]+$/)
      expect(operation.summary, where).toBeTruthy()
      expect(
        operation.tags?.every((tag) => tags.has(tag)),
        where,
      ).toBe(true)
      const failing = Object.entries(operation.responses).filter(([status]) => Number(status) >= 400)
      expect(failing.length, where).toBeGreaterThan(0)
      if (!path.startsWith('/health')) for (const [, { content }] of failing) expect(Object.keys(content ?? {}), where).toEqual(['application/problem+json'])
      if (path.startsWith('/v1/') && !path.startsWith('/v1/demo')) {
        expect(operation['x-access'], where).toBeTruthy()
        expect(Object.keys(operation.responses), where).toEqual(expect.arrayContaining(['401', '403', '500', '503']))
      }
    }
  })

  test('declares each parameter of each path, and resolves every reference', () => {
    for (const [method, path, { parameters = [] }] of operations) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      expect(
        parameters
          .filter((one) => one.in === 'path')
          .map(({ name }) => name)
          .toSorted(),
        `${method} ${path}`,
      ).toEqual(named.toSorted((a, b) => (a! < b! ? -1 : 1)))
    }
    for (const [, reference] of JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)) {
      const name = /^#\/components\/schemas\/(.+)$/.exec(reference!)?.[1]
      expect(document.components.schemas, reference).toHaveProperty([name!])
    }
  })

  test('takes a day as NDJSON or CSV, and money as text', () => {
    const day = document.paths['/v1/daily-reports/{province}/{date}/day']?.put
    expect(Object.keys(day?.requestBody?.content ?? {})).toEqual(['application/x-ndjson', 'text/csv'])
    expect(JSON.stringify(document.paths['/v1/daily-reports/{province}/{date}/rows/{consNo}']?.get?.responses['200'])).toContain('Money in fen')
  })
})

describe('its page', () => {
  test('loads from here alone, under the policy of the server', async () => {
    const page = await w.app.inject('/docs/')
    expect(page.statusCode).toBe(200)
    expect(page.headers['content-security-policy']).toContain("script-src 'self'")
    expect(page.headers['content-security-policy']).not.toContain('unsafe-eval')
    const sources = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address!)
    expect(sources.filter((address) => /^(https?:)?\/\//.test(address))).toEqual([])
    expect(page.body).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>[^<\s]/)
    for (const address of sources.filter((one) => one.endsWith('.js') || one.endsWith('.css')))
      expect((await w.app.inject(new URL(address, 'http://here/docs/').pathname)).statusCode, address).toBe(200)
  })
})
