import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { type ImportOutcome, importFile } from '#application/extraction/import.ts'
import { Source } from '#domain/extraction/fields.ts'
import { BusinessDate, type Instant } from '#domain/shared/dates.ts'
import type { Platform } from '../compose.ts'
import { showProgress } from './progress.ts'
import { UsageError } from './run.ts'
import { withPlatform } from './session.ts'
import { asSystem, setUp } from './set-up.ts'
import { formatTable, tenThousandKwh, tenThousandYuan } from './table.ts'

export const runImport = (file: string, options: { readonly source: string; readonly date: string }): Promise<void> =>
  withPlatform(async (platform, config) => {
    const date = BusinessDate.safeParse(options.date)
    if (!date.success) throw new UsageError(`--date ${options.date}: ${date.error.issues[0]?.message}`)
    await setUp(platform, config) // whose customers are these? The organisation has to be known first
    const outcome = await importWithProgress(platform, file, Source.parse(options.source), date.data)
    process.stdout.write(tellImport(outcome))
    if (outcome.kind !== 'imported' || outcome.results.some(({ outcome: ended }) => ended === 'failed')) process.exitCode = 1
  })

/** Imports one file as the system, showing how far it is. Throws UsageError when the file cannot be opened. */
export const importWithProgress = async (platform: Platform, file: string, source: Source, date: BusinessDate, at?: Instant): Promise<ImportOutcome> => {
  const size = await stat(file).then(
    ({ size }) => size,
    () => undefined,
  )
  if (size === undefined) throw new UsageError(`${file}: no such file`)
  const progress = showProgress(`import ${source}`)
  const outcome = await importFile(platform.importing, {
    source,
    date,
    stream: createReadStream(file),
    fileName: basename(file),
    request: { ...asSystem(), ...(at !== undefined && { at }) },
    onProgress: ({ bytes, lines, provinces }) =>
      progress.to(provinces ? size + provinces.done : bytes, provinces ? size + provinces.of : size, `${lines} lines`),
  })
  progress.end(summaryOf(outcome))
  return outcome
}

const summaryOf = (outcome: ImportOutcome): string => {
  if (outcome.kind !== 'imported') return outcome.kind
  const { results } = outcome
  const sum = (of: (result: (typeof results)[number]) => number): number => results.reduce((total, result) => total + of(result), 0)
  const unchanged = outcome.results.filter(({ outcome: ended }) => ended === 'unchanged').length
  if (unchanged === outcome.results.length) return 'unchanged since the last run'
  return `${sum(({ received }) => received)} lines of ${outcome.results.length} provinces, ${sum(({ quarantined }) => quarantined) + outcome.unattributed} set aside`
}

const tellImport = (outcome: ImportOutcome): string => {
  switch (outcome.kind) {
    case 'forbidden':
      return 'You may not import.\n'
    case 'unreadable':
      return `The file cannot be read, nothing was kept: ${outcome.reason}\n`
    case 'bad-header':
      return `The header does not fit. Missing: ${outcome.missing.join(', ') || '-'}; unknown: ${outcome.unknown.join(', ') || '-'}; repeated: ${outcome.repeated.join(', ') || '-'}\n`
    case 'imported':
      return formatTable(
        [
          { title: 'province' },
          { title: 'outcome' },
          { title: 'run', align: 'right' },
          { title: 'lines', align: 'right' },
          { title: 'stored', align: 'right' },
          { title: 'set aside', align: 'right' },
          { title: '万元', align: 'right' },
          { title: '万千瓦时', align: 'right' },
          { title: 'remarks' },
        ],
        outcome.results.map((result) => [
          result.province,
          result.outcome,
          String(result.run),
          String(result.received),
          result.outcome === 'stored' ? String(result.stored) : '',
          String(result.quarantined),
          result.outcome === 'stored' && result.amount !== undefined ? tenThousandYuan(result.amount) : '',
          result.outcome === 'stored' && result.electricity !== undefined ? tenThousandKwh(result.electricity) : '',
          [
            ...(result.outcome === 'failed' ? [`${result.code}: ${result.reason}`] : []),
            ...result.unmapped.map(({ field, code, rows }) => `${field} ${code} unknown (${rows})`),
          ].join('; '),
        ]),
      )
  }
}
