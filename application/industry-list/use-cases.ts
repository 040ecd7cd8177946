import type { IndustryListCommand } from '#domain/industry-list/commands.ts'
import { industryList } from '#domain/industry-list/decider.ts'
import { industryListEvents } from '#domain/industry-list/events.ts'
import type { IndustryListRejection } from '#domain/industry-list/rejections.ts'
import type { Role } from '#domain/shared/actor.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import type { KnowsTrade } from '#domain/shared/trade.ts'
import type { Asked, Unsigned } from '../shared/asked.ts'
import { NATION, ofProvince } from '../shared/authorise.ts'
import type { Outcome } from '../shared/outcome.ts'
import { perform, type Working } from '../shared/perform.ts'

export const INDUSTRY_LIST = streamName('IndustryList', 'national')

export const industryListRoles: Readonly<Record<IndustryListCommand['type'], readonly Role[]>> = {
  DraftVersion: ['HQ_TARIFF'],
  AddEntry: ['HQ_TARIFF'],
  ChangeEntry: ['HQ_TARIFF'],
  RemoveEntry: ['HQ_TARIFF'],
  PublishVersion: ['HQ_LEAD'],
  AcknowledgeVersion: ['PV_LEAD'],
  RecordScreening: ['SYS'],
  RevokeVersion: ['HQ_LEAD'],
}

export const industryListAggregate = (knowsTrade: KnowsTrade) => ({ catalogue: industryListEvents, decider: industryList(knowsTrade) })

export type IndustryListUseCases = {
  readonly execute: (command: Unsigned<IndustryListCommand>, asked: Asked) => Promise<Outcome<IndustryListRejection>>
}

/** Headquarters drafts and publishes the list (行业清单); each province acknowledges for itself, and only one that exists reaches that. */
export const industryListUseCases = (working: Working & { readonly knowsTrade: KnowsTrade }): IndustryListUseCases => {
  const aggregate = industryListAggregate(working.knowsTrade)
  return {
    execute: (command, asked) => {
      const subject = command.type === 'AcknowledgeVersion' || command.type === 'RecordScreening' ? ofProvince(command.data.province) : NATION
      return perform(working, aggregate, industryListRoles, { stream: INDUSTRY_LIST, subject }, command, asked)
    },
  }
}
