import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { catalogue } from '#domain/catalogue.ts'
import { canonicalJson } from '#domain/shared/canonical-json.ts'
import { type Catalogue, decode, encode } from '#domain/shared/catalogue.ts'
import { eventsPage } from '../../docs/generate-events.ts'

const folder = new URL('../golden/events/', import.meta.url)
const files = await readdir(folder)
const kinds = Object.values(catalogue).flatMap((events: Catalogue) => Object.entries(events).map(([type, spec]) => ({ type, spec, events })))

test('every version of every event ever written has its frozen payload, and nothing else has', () => {
  const expected = kinds.flatMap(({ type, spec }) => Array.from({ length: spec.version }, (_, index) => `${type}.v${index + 1}.json`))
  expect(files.toSorted()).toEqual(expected.toSorted())
})

test('an event has one name in all the log', () => {
  expect(new Set(kinds.map(({ type }) => type)).size).toBe(kinds.length)
})

test.each(files)('%s still reads', async (file) => {
  const [, type = '', version = ''] = /^(\w+)\.v(\d+)\.json$/.exec(file) ?? []
  const kind = kinds.find((one) => one.type === type)!
  const data: unknown = JSON.parse(await readFile(new URL(file, folder), 'utf8'))
  const event = decode(kind.events, { type, version: Number(version), data })
  const written = encode(kind.events, event)
  expect(decode(kind.events, { type, version: written.version, data: JSON.parse(written.json) })).toEqual(event)
  if (written.version === Number(version)) expect(written.json).toBe(canonicalJson(data))
})

test('docs/events.md says what the catalogue says; `node docs/generate-events.ts` writes it', async () => {
  expect(await readFile(new URL('../../docs/events.md', import.meta.url), 'utf8')).toBe(await eventsPage())
})
