import { z } from 'zod'
import { command } from '#domain/shared/command.ts'
import { BusinessDate, Instant } from '#domain/shared/dates.ts'
import { ProvinceCode, Text } from '#domain/shared/identity.ts'
import { Entry, EntryKey, Screened, VersionNo } from './fields.ts'

export const IndustryListCommand = z.discriminatedUnion('type', [
  command('DraftVersion', { basedOn: VersionNo.optional() }),
  command('AddEntry', { entry: Entry }),
  command('ChangeEntry', { entry: Entry }),
  command('RemoveEntry', { entry: EntryKey }),
  command('PublishVersion', { effectiveFrom: BusinessDate, ackDueAt: Instant }),
  command('AcknowledgeVersion', { version: VersionNo, province: ProvinceCode }),
  command('RecordScreening', { version: VersionNo, province: ProvinceCode, ...Screened.shape }),
  command('RevokeVersion', { version: VersionNo, reason: Text }),
])
export type IndustryListCommand = z.output<typeof IndustryListCommand>
