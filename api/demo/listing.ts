import { addDays, type BusinessDate, instantAt } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { showProgress } from '../commands/progress.ts'
import { type Client, eachOf } from './client.ts'
import type { DemoClock } from './clock.ts'
import type { Listing, Sample } from './sample.ts'

type Desk = { readonly sample: Sample; readonly as: (persona: string) => Client; readonly clock: DemoClock }
const AT_ONCE = 12
const address = ({ province, consNo }: Listing): string => `/v1/high-risk-users/${province}/${consNo}`

/** The industry list that ships with a release: drafted and published by headquarters, acknowledged by every province. */
export const publishIndustryList = async ({ as, sample }: Desk, provinces: readonly ProvinceCode[], entries: readonly unknown[]): Promise<void> => {
  const { versions } = (await as('hq-view')('GET', '/v1/industry-list/versions')).body as { readonly versions: readonly unknown[] }
  const progress = showProgress('industry list')
  if (versions.length > 0) return progress.end('published and acknowledged before')
  await as('hq-tariff')('POST', '/v1/industry-list/draft', { body: {}, headers: { 'idempotency-key': 'demo-list-draft' } })
  for (const [i, entry] of entries.entries()) {
    await as('hq-tariff')('POST', '/v1/industry-list/draft/entries', { body: { entry }, headers: { 'idempotency-key': `demo-list-entry-${i}` } })
    progress.to(i + 1, entries.length)
  }
  const { from } = sample.manifest.window
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

/** Everybody listed before the first report. */
export const listUsers = async (desk: Desk): Promise<void> => {
  const progress = showProgress('high-risk users')
  const first = desk.sample.listing.filter(({ listedOn }) => listedOn < desk.sample.manifest.window.from)
  let listed = 0
  await eachOf(first, AT_ONCE, async (user) => {
    await listUser(desk, user)
    progress.to(++listed, first.length)
  })
  progress.end(`${listed} nominated and confirmed`)
}

/** The province's clerk nominates, its lead confirms: four eyes, as the aggregate wants them. */
const listUser = async ({ sample, as }: Desk, user: Listing): Promise<void> => {
  const profile = sample.profiles.get(`${user.province}/${user.consNo}`)
  if (!profile) throw new Error(`${user.province}/${user.consNo} is listed but no customer`)
  await as(`pv-tariff-${user.province}`)('POST', `${address(user)}/nomination`, {
    body: { profile, proposedLevel: user.level, reason: 'sample: arrears and late payments of the last year' },
    headers: { 'idempotency-key': `demo-nominate-${user.consNo}` },
  })
  await as(`pv-lead-${user.province}`)('POST', `${address(user)}/listing`, {
    body: { level: user.level, owner: `pv-tariff-${user.province}`, listedOn: user.listedOn, basis: ['sample: listed by the rule stated in data/README.md'] },
    headers: { 'idempotency-key': `demo-list-${user.consNo}` },
  })
}

/** Arrivals, level changes and departures of one day. */
export const changeRegister = async (desk: Desk, date: BusinessDate): Promise<void> => {
  for (const user of desk.sample.listing) {
    if (user.listedOn === date && date >= desk.sample.manifest.window.from) await listUser(desk, user)
    if (user.changedOn === date && user.newLevel) await changeLevel(desk, user, user.newLevel)
    if (user.delistedOn === date) await delist(desk, user)
  }
}

const changeLevel = async ({ as }: Desk, user: Listing, to: string): Promise<void> => {
  await as(`pv-lead-${user.province}`)('POST', `${address(user)}/level`, {
    body: { to, on: user.changedOn, reason: 'arrears grew over the quarter' },
    headers: { 'idempotency-key': `demo-level-${user.consNo}` },
  })
}

const delist = async ({ as }: Desk, user: Listing): Promise<void> => {
  await as(`pv-tariff-${user.province}`)('POST', `${address(user)}/delisting-proposal`, {
    body: { basis: 'settled in full', arrears: '0', cleanMonths: 3 },
    headers: { 'idempotency-key': `demo-delist-propose-${user.consNo}` },
  })
  await as(`pv-lead-${user.province}`)('POST', `${address(user)}/delisting`, {
    body: { on: user.delistedOn },
    headers: { 'idempotency-key': `demo-delist-${user.consNo}` },
  })
}
