import { z } from 'zod'
import { command } from '#domain/shared/command.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { Text } from '#domain/shared/identity.ts'
import { Content, VersionNo } from './fields.ts'

export const ScreeningRuleSetCommand = z.discriminatedUnion('type', [
  command('DraftRuleSet', { content: Content, basedOn: VersionNo.optional() }),
  command('ChangeRuleSet', { content: Content }),
  command('DiscardRuleSet', { reason: Text }),
  command('PublishRuleSet', { effectiveFrom: BusinessDate }),
  command('RevokeRuleSet', { version: VersionNo, reason: Text }),
])
export type ScreeningRuleSetCommand = z.output<typeof ScreeningRuleSetCommand>
