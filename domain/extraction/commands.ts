import { z } from 'zod'
import { command } from '#domain/shared/command.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { ProvinceCode, Text } from '#domain/shared/identity.ts'
import { ExtractionTotals, Source, UnmappedCode } from './fields.ts'

export const ExtractionCommand = z.discriminatedUnion('type', [
  command('StartExtraction', { province: ProvinceCode, date: BusinessDate, source: Source, fileName: Text.optional() }),
  command('CompleteExtraction', {
    received: ExtractionTotals,
    stored: ExtractionTotals,
    quarantined: z.int().min(0),
    unmapped: z.array(UnmappedCode).max(200),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  command('FailExtraction', { reason: Text }),
])
export type ExtractionCommand = z.output<typeof ExtractionCommand>
