import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { addDays, BusinessDate, daysBetween } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'

const folder = new URL('../../data/sample/', import.meta.url)
export const sampleFile = (name: string): string => fileURLToPath(new URL(name, folder))
const bytes = (name: string): Buffer => readFileSync(new URL(name, folder))

const lines = (text: string): readonly Readonly<Record<string, string>>[] => {
  const [header = '', ...rest] = text.trim().split('\n')
  const names = header.split(',')
  return rest.map((line) => Object.fromEntries(line.split(',').flatMap((value, i) => (value === '' ? [] : [[names[i] ?? '', value]]))))
}

const Manifest = z.object({
  what: z.string(),
  window: z.object({ from: BusinessDate, to: BusinessDate }),
  /** When customers are screened again, and when those who have settled leave the list. */
  screenedAgainOn: z.array(BusinessDate),
  settledOn: BusinessDate,
  extractedOn: BusinessDate,
})

const Group = z
  .object({ group_no: z.string(), name: z.string(), uscc: z.string(), kind: z.string(), parent: z.string().optional() })
  .transform(({ group_no: groupNo, ...rest }) => ({ groupNo, ...rest }))
export type Group = z.output<typeof Group>
const GroupLink = z
  .object({ group_no: z.string(), province: ProvinceCode, cons_no: ConsNo, basis: z.string(), effective_from: BusinessDate })
  .transform((row) => ({ groupNo: row.group_no, province: row.province, consNo: row.cons_no, basis: row.basis, from: row.effective_from }))

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
  incidents: z.array(Incident).parse((JSON.parse(bytes('incidents.json').toString()) as { incidents: unknown }).incidents),
  groups: z.array(Group).parse(lines(bytes('groups.csv').toString())),
  groupLinks: z.array(GroupLink).parse(lines(bytes('group-links.csv').toString())),
})
const shortened = (manifest: z.output<typeof Manifest>, days: number | undefined): z.output<typeof Manifest> => {
  const { from, to } = manifest.window
  return days === undefined || days > daysBetween(from, to) ? manifest : { ...manifest, window: { from, to: addDays(from, days - 1) } }
}

export type Sample = ReturnType<typeof readSample>

/** The day before the first report: customers are screened, and those named are listed. */
export const eveOf = ({ manifest }: Pick<Sample, 'manifest'>): BusinessDate => addDays(manifest.window.from, -1)
