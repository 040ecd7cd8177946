import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { addDays, BusinessDate, daysBetween } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { Level } from '#domain/shared/level.ts'

const folder = new URL('../../data/sample/', import.meta.url)
export const sampleFile = (name: string): string => fileURLToPath(new URL(name, folder))
const bytes = (name: string): Buffer => readFileSync(new URL(name, folder))

const lines = (text: string): readonly Readonly<Record<string, string>>[] => {
  const [header = '', ...rest] = text.trim().split('\n')
  const names = header.split(',')
  return rest.map((line) => Object.fromEntries(line.split(',').flatMap((value, i) => (value === '' ? [] : [[names[i] ?? '', value]]))))
}

const Manifest = z.object({ what: z.string(), window: z.object({ from: BusinessDate, to: BusinessDate }), extractedOn: BusinessDate })

const Listing = z
  .object({
    province: ProvinceCode,
    cons_no: ConsNo,
    level: Level,
    listed_on: BusinessDate,
    level_changed_on: BusinessDate.optional(),
    new_level: Level.optional(),
    delisted_on: BusinessDate.optional(),
  })
  .transform((row) => ({
    province: row.province,
    consNo: row.cons_no,
    level: row.level,
    listedOn: row.listed_on,
    changedOn: row.level_changed_on,
    newLevel: row.new_level,
    delistedOn: row.delisted_on,
  }))
export type Listing = z.output<typeof Listing>

const Incident = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('missing'), province: ProvinceCode, date: BusinessDate, why: z.string(), sentOn: BusinessDate }),
  z.object({ kind: z.literal('late'), province: ProvinceCode, date: BusinessDate, why: z.string(), sentAtMinute: z.int() }),
  z.object({
    kind: z.literal('correction'),
    province: ProvinceCode,
    date: BusinessDate,
    place: z.int(),
    field: z.literal('electricityDay'),
    percent: z.int(),
    correctedOn: BusinessDate,
    why: z.string(),
  }),
])
export type Incident = z.output<typeof Incident>

/** The composite sample as the demonstration follows it, the whole window or its first days. */
export const readSample = (days?: number) => ({
  manifest: shortened(Manifest.parse(JSON.parse(bytes('sample.json').toString())), days),
  listing: z.array(Listing).parse(lines(bytes('listing.csv').toString())),
  incidents: z.array(Incident).parse((JSON.parse(bytes('incidents.json').toString()) as { incidents: unknown }).incidents),
  profiles: profilesOf(lines(gunzipSync(bytes('customers.csv.gz')).toString())),
})
const shortened = (manifest: z.output<typeof Manifest>, days: number | undefined): z.output<typeof Manifest> => {
  const { from, to } = manifest.window
  return days === undefined || days > daysBetween(from, to) ? manifest : { ...manifest, window: { from, to: addDays(from, days - 1) } }
}

export type Sample = ReturnType<typeof readSample>

/** Capacities are kVA with three decimals in the file and VA in a profile. */
const va = (kva: string | undefined): string =>
  (kva ?? '0').replace(/^(\d+)(?:\.(\d{1,3}))?$/, (_, whole: string, part = '') => String(BigInt(whole + String(part).padEnd(3, '0'))))

const profilesOf = (rows: readonly Readonly<Record<string, string>>[]): ReadonlyMap<string, Readonly<Record<string, string>>> =>
  new Map(
    rows.map((row) => [
      `${row.province}/${row.cons_no}`,
      {
        name: row.name ?? '',
        orgCode: row.org_code ?? '',
        standard: row.trade_standard ?? '',
        tradeCode: row.trade_code ?? '',
        ...(row.hec_class && { hecClass: row.hec_class }),
        ...(row.elect_type && { electType: row.elect_type }),
        ...(row.voltage && { voltage: row.voltage }),
        contractCapacity: va(row.contract_kva),
        runningCapacity: va(row.running_kva),
      },
    ]),
  )
