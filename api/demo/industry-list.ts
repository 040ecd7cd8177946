import { addDays, instantAt } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { showProgress } from '../commands/progress.ts'
import { type Client, eachOf } from './client.ts'
import { eveOf, type Sample } from './sample.ts'

const AT_ONCE = 12

/** The industry list that ships with a release: drafted and published by headquarters, acknowledged by every province. */
export const publishIndustryList = async (
  { as, sample }: { readonly sample: Sample; readonly as: (persona: string) => Client },
  provinces: readonly ProvinceCode[],
  entries: readonly unknown[],
): Promise<void> => {
  const { versions } = (await as('hq-view')('GET', '/v1/industry-list/versions')).body as { readonly versions: readonly unknown[] }
  const progress = showProgress('industry list')
  if (versions.length > 0) return progress.end('published and acknowledged before')
  await as('hq-tariff')('POST', '/v1/industry-list/draft', { body: {}, headers: { 'idempotency-key': 'demo-list-draft' } })
  for (const [i, entry] of entries.entries()) {
    await as('hq-tariff')('POST', '/v1/industry-list/draft/entries', { body: { entry }, headers: { 'idempotency-key': `demo-list-entry-${i}` } })
    progress.to(i + 1, entries.length)
  }
  // In force on the day of the first screening, which asks for it.
  const from = eveOf(sample)
  await as('hq-lead')('POST', '/v1/industry-list/draft/publication', {
    body: { effectiveFrom: from, ackDueAt: instantAt(addDays(from, 5), 1050) },
    headers: { 'idempotency-key': 'demo-list-publish' },
  })
  await eachOf(provinces, AT_ONCE, async (province) => {
    await as(`pv-lead-${province}`)('POST', `/v1/industry-list/versions/1/acknowledgements/${province}`, {
      headers: { 'idempotency-key': `demo-ack-${province}` },
    })
  })
  progress.end(`${entries.length} trades published, acknowledged by ${provinces.length} provinces`)
}
