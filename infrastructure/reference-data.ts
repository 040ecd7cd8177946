import { readFileSync } from 'node:fs'

/** Reference data as it lies in `data/reference`, not yet judged: the composition root parses each part with the domain's own schema. */
export type ReferenceData = {
  /** OrgUnit values: headquarters, the 27 companies, city units, and county units that are made up and say so in their names. */
  readonly organisation: readonly Readonly<Record<string, string>>[]
  readonly trades: readonly { readonly standard: string; readonly code: string; readonly name: string; readonly section?: string }[]
  readonly industryListEntries: readonly unknown[]
  readonly reportSchedules: readonly unknown[]
  readonly listingRules: readonly unknown[]
  readonly caseRules: readonly unknown[]
  readonly cutOffRules: readonly unknown[]
  readonly measureCatalogues: readonly unknown[]
  readonly penaltyRules: readonly unknown[]
  readonly slaRules: readonly unknown[]
  readonly warningRules: readonly unknown[]
  readonly supervisionScores: readonly unknown[]
  readonly screeningRetention: readonly unknown[]
  readonly listScreening: readonly unknown[]
  readonly calendars: readonly unknown[]
  readonly groupReleaseRules: readonly unknown[]
  readonly codes: {
    /** Receivable kind to its meaning: `instalment` ones stay out of the arrears. */
    readonly receivableKinds: Readonly<Record<string, string>>
    readonly hecClasses: Readonly<Record<string, string>>
    readonly electTypes: readonly string[]
    readonly voltages: readonly string[]
    readonly statuses: readonly string[]
  }
}

type Json = Record<string, never>
const text = (name: string): string => readFileSync(new URL(`../data/reference/${name}`, import.meta.url), 'utf8')
const json = <T = Json>(name: string): T => JSON.parse(text(name)) as T

/** A file of ours: a header, no quoting, empty for absent. */
const table = (name: string): readonly Readonly<Record<string, string>>[] => {
  const [header = '', ...lines] = text(name).trim().split('\n')
  const names = header.split(',')
  return lines.map((line) => Object.fromEntries(line.split(',').flatMap((value, index) => (value === '' ? [] : [[names[index] ?? '', value]]))))
}

const unitOf = (row: Readonly<Record<string, string>>): Readonly<Record<string, string>> => ({
  code: row.code ?? '',
  level: row.level ?? '',
  ...(row.parent !== undefined && { parent: row.parent }),
  name: row.name ?? '',
  shortName: row.short_name ?? '',
  ...(row.english_name !== undefined && { englishName: row.english_name }),
  ...(row.gb !== undefined && { gb: row.gb }),
  ...(row.sg_org_no !== undefined && { sgOrgNo: row.sg_org_no }),
  validFrom: row.valid_from ?? '',
})

const trade = (standard: string) => (row: Readonly<Record<string, string>>) => ({
  standard: row.standard ?? standard,
  code: row.code ?? '',
  name: row.name ?? '',
  ...(row.section !== undefined && { section: row.section }),
})

/** Reads the whole of `data/reference`; throws when a file is missing or broken, because nothing works without it. */
export const loadReferenceData = (): ReferenceData => ({
  organisation: table('organisation.csv').map(unitOf),
  trades: [...table('gbt4754-2017.csv').map(trade('GB/T 4754-2017')), ...table('gbt4754-older.csv').map(trade(''))],
  industryListEntries: json<{ entries: unknown[] }>('industry-list.json').entries,
  reportSchedules: json<{ schedules: unknown[] }>('report-schedule.json').schedules,
  listingRules: json<{ rules: unknown[] }>('listing-rules.json').rules,
  caseRules: json<{ rules: unknown[] }>('case-rules.json').rules,
  cutOffRules: json<{ rules: unknown[] }>('cut-off-rules.json').rules,
  measureCatalogues: json<{ catalogues: unknown[] }>('measures.json').catalogues,
  penaltyRules: json<{ rules: unknown[] }>('penalty-rates.json').rules,
  slaRules: json<{ rules: unknown[] }>('sla-rules.json').rules,
  warningRules: json<{ rules: unknown[] }>('warning-rules.json').rules,
  supervisionScores: json<{ scores: unknown[] }>('supervision-score.json').scores,
  listScreening: json<{ rules: unknown[] }>('list-screening.json').rules,
  screeningRetention: json<{ rules: unknown[] }>('screening-retention.json').rules,
  calendars: [json('work-calendar-2025.json'), json('work-calendar-2026.json')],
  groupReleaseRules: json<{ rules: unknown[] }>('group-release.json').rules,
  codes: json<ReferenceData['codes']>('codes.json'),
})

/**
 * Whether a standard has a code. Codes are asked for as `3140` or with their section, `C3140`. Of the editions of 2002 and
 * 2011 only the few codes are known that the table carries.
 */
export const tradeTable = (
  trades: ReferenceData['trades'],
): { readonly knows: (standard: string, code: string) => boolean; readonly nameOf: (standard: string, code: string) => string | undefined } => {
  const names = new Map(
    trades.flatMap(({ standard, code, name, section }) =>
      [`${code}`, ...(section !== undefined && section !== code ? [`${section}${code}`] : [])].map((key) => [`${standard}/${key}`, name] as const),
    ),
  )
  return { knows: (standard, code) => names.has(`${standard}/${code}`), nameOf: (standard, code) => names.get(`${standard}/${code}`) }
}
