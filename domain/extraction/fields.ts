import { z } from 'zod'
import { ConsNo } from '#domain/shared/identity.ts'
import { Fen, Kwh } from '#domain/shared/quantities.ts'

/** What is extracted from a provincial marketing system (数据抽取). */
export const Source = z.enum(['customers', 'bills', 'payments', 'daily-kwh'])
export type Source = z.output<typeof Source>
/** The source as it stands in a stream name, which has no dash. */
export const sourceInStreamName = (source: Source): string => source.replace('-', '')

/** Sums by which what was sent and what was stored are reconciled. */
export const ExtractionTotals = z.strictObject({ rows: z.int().min(0), amount: Fen.optional(), electricity: Kwh.optional() })
export type ExtractionTotals = z.output<typeof ExtractionTotals>

export const UnmappedCode = z.strictObject({ field: z.string(), code: z.string(), rows: z.int().min(1), example: ConsNo.optional() })

/** Receivable kinds of instalment transfers (分次划拨): not arrears, because the month's own bill holds the same money. */
export const INSTALMENT_KINDS: readonly string[] = ['04', '11', '12']
