import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import pg from 'pg'
import { type ImportAsked, type ImportDeps, type ImportOutcome, importFile } from '#application/extraction/import.ts'
import type { ImportResult } from '#application/extraction/keep-part.ts'
import { extractionStream } from '#application/extraction/keep-part.ts'
import type { Source } from '#domain/extraction/fields.ts'
import { OrgUnit } from '#domain/organisation/fields.ts'
import { isWithin, provinceOf, provincesOn, treeOf, unitOn } from '#domain/organisation/tree.ts'
import type { Actor } from '#domain/shared/actor.ts'
import type { BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { ProvinceCode, Uuid } from '#domain/shared/identity.ts'
import { csvLines } from '#infrastructure/csv-lines.ts'
import { sha256Digesting } from '#infrastructure/digest.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { createSourceStore } from '#infrastructure/postgres/source-store.ts'
import { loadReferenceData, tradeTable } from '#infrastructure/reference-data.ts'

export const reference = loadReferenceData()
export const trades = tradeTable(reference.trades)
const tree = treeOf(reference.organisation.map((unit) => OrgUnit.parse(unit)))

const NOW = '2026-11-24T01:00:00.000Z' as Instant
export const DATE = '2026-03-02' as BusinessDate
const SYSTEM = { userId: 'extraction', roles: ['SYS'], orgCode: 'HQ' } as unknown as Actor
export const tariffOf = (province: string): Actor => ({ userId: `tariff.${province}`, roles: ['PV_TARIFF'], orgCode: province }) as unknown as Actor

const scope = {
  refresh: async () => undefined,
  isWithin: (unit: string, ancestor: string, date: BusinessDate) => isWithin(tree, unit as ProvinceCode, ancestor as ProvinceCode, date),
  provinceOf: (unit: string, date: BusinessDate) => provinceOf(tree, unit as ProvinceCode, date),
}

export const depsOn = (url: string): ImportDeps => ({
  store: createMemoryEventLog({ now: () => NOW }).store,
  clock: { now: () => NOW },
  scope,
  sources: createSourceStore(url),
  readLines: csvLines(),
  digest: sha256Digesting,
  provinces: (date) => new Set(provincesOn(tree, date).map(({ code }) => code as string as ProvinceCode)),
  known: {
    trade: trades.knows,
    unit: (code, province, date) => unitOn(tree, code, date) !== undefined && provinceOf(tree, code, date) === province,
    receivableKinds: new Set(Object.keys(reference.codes.receivableKinds)),
    hecClasses: new Set(Object.keys(reference.codes.hecClasses)),
    electTypes: new Set(reference.codes.electTypes),
    voltages: new Set(reference.codes.voltages),
    statuses: new Set(reference.codes.statuses),
  },
})

export async function* bytesOf(content: string | Uint8Array, size = 64 * 1024): AsyncGenerator<Uint8Array> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

export const bring = (
  deps: ImportDeps,
  source: Source,
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
  { actor = SYSTEM, date = DATE, ...rest }: Partial<Omit<ImportAsked, 'request' | 'source' | 'stream'>> & { readonly actor?: Actor } = {},
): Promise<ImportOutcome> => {
  const commandId = randomUUID() as Uuid
  const stream = typeof content === 'string' || content instanceof Uint8Array ? bytesOf(content) : content
  return importFile(deps, { source, date, stream, request: { actor, commandId, correlationId: commandId }, ...rest })
}

export const resultsOf = (outcome: ImportOutcome): readonly ImportResult[] => {
  if (outcome.kind !== 'imported') throw new Error(`not imported: ${JSON.stringify(outcome)}`)
  return outcome.results
}

/** The names of the events of an extraction, in order. */
export const eventsOf = async (deps: ImportDeps, province: string, source: Source, date = DATE): Promise<readonly string[]> => {
  const types: string[] = []
  for await (const page of deps.store.readStream(extractionStream({ province: province as ProvinceCode, date, source })))
    types.push(...page.map(({ type }) => type))
  return types
}

export const connect = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client(url)
  await client.connect()
  return client
}

export const rowsOf = async (client: pg.Client, statement: string): Promise<readonly Record<string, unknown>[]> =>
  (await client.query<Record<string, unknown>>(statement)).rows

/** A file of the sample, unpacked; only a province's lines when one is named. */
export const sampleText = (name: string, province?: string): string => {
  const text = gunzipSync(readFileSync(new URL(`../../data/sample/${name}.gz`, import.meta.url))).toString('utf8')
  if (province === undefined) return text
  const [header = '', ...lines] = text.trim().split('\n')
  return `${[header, ...lines.filter((line) => line.startsWith(`${province},`))].join('\n')}\n`
}
