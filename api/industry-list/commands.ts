import { z } from 'zod'
import { type IndustryListUseCases, industryListRoles } from '#application/industry-list/use-cases.ts'
import { IndustryListCommand } from '#domain/industry-list/commands.ts'
import { VersionNo } from '#domain/industry-list/fields.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { commandRoutes } from '../command-route.ts'
import { bodyOf } from '../command-schema.ts'
import { industryListRefusals } from '../refusals.ts'
import type { App } from '../schemas.ts'

export const URL = '/v1/industry-list'
/** The read model that tells of the list. */
export const IN_FORCE = 'industry-list-in-force'
const Nothing = z.strictObject({})
export const OfVersion = z.strictObject({ version: z.coerce.number().pipe(VersionNo) })

/** Headquarters drafts and publishes; provinces acknowledge. */
export const industryListCommands =
  ({ execute }: IndustryListUseCases) =>
  async (app: App): Promise<void> => {
    const command = commandRoutes(app, 'industry-list', industryListRefusals)
    const national = { params: Nothing, scope: 'nation' } as const
    command({
      ...national,
      url: `${URL}/draft`,
      operationId: 'draftIndustryList',
      summary: 'Begin a draft, empty or from a published version',
      roles: industryListRoles.DraftVersion,
      body: bodyOf(IndustryListCommand, 'DraftVersion'),
      run: (_, data, asked) => execute({ type: 'DraftVersion', data }, asked),
    })
    command({
      ...national,
      url: `${URL}/draft/entries`,
      operationId: 'addIndustryListEntry',
      summary: 'Put a trade on the draft',
      roles: industryListRoles.AddEntry,
      body: bodyOf(IndustryListCommand, 'AddEntry'),
      run: (_, data, asked) => execute({ type: 'AddEntry', data }, asked),
    })
    command({
      ...national,
      method: 'PUT',
      url: `${URL}/draft/entries`,
      operationId: 'changeIndustryListEntry',
      summary: 'Change a trade on the draft',
      roles: industryListRoles.ChangeEntry,
      body: bodyOf(IndustryListCommand, 'ChangeEntry'),
      run: (_, data, asked) => execute({ type: 'ChangeEntry', data }, asked),
    })
    command({
      ...national,
      url: `${URL}/draft/entries/removal`,
      operationId: 'removeIndustryListEntry',
      summary: 'Take a trade off the draft',
      roles: industryListRoles.RemoveEntry,
      body: bodyOf(IndustryListCommand, 'RemoveEntry'),
      run: (_, data, asked) => execute({ type: 'RemoveEntry', data }, asked),
    })
    command({
      ...national,
      url: `${URL}/draft/publication`,
      operationId: 'publishIndustryList',
      summary: 'Publish the draft (下发)',
      roles: industryListRoles.PublishVersion,
      body: bodyOf(IndustryListCommand, 'PublishVersion'),
      run: (_, data, asked) => execute({ type: 'PublishVersion', data }, asked),
    })
    command({
      url: `${URL}/versions/:version/acknowledgements/:province`,
      operationId: 'acknowledgeIndustryList',
      summary: 'A province has taken note (签收确认)',
      scope: 'province',
      roles: industryListRoles.AcknowledgeVersion,
      params: OfVersion.extend({ province: ProvinceCode }),
      run: (data, _, asked) => execute({ type: 'AcknowledgeVersion', data }, asked),
    })
    command({
      url: `${URL}/versions/:version/revocation`,
      operationId: 'revokeIndustryList',
      summary: 'Take a version back before it is in force (撤回)',
      scope: 'nation',
      roles: industryListRoles.RevokeVersion,
      params: OfVersion,
      body: bodyOf(IndustryListCommand, 'RevokeVersion', 'version'),
      run: ({ version }, data, asked) => execute({ type: 'RevokeVersion', data: { ...data, version } }, asked),
    })
  }
