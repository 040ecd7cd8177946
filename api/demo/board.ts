import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import type { Client } from './client.ts'

/** What one report looks like from outside. */
type Standing = { readonly province: ProvinceCode; readonly state: string; readonly version: number }

export const boardOf = async ({ as }: { readonly as: (persona: string) => Client }, date: BusinessDate): Promise<ReadonlyMap<ProvinceCode, Standing>> => {
  const { body } = await as('hq-view')('GET', `/v1/daily-reports?date=${date}`)
  return new Map((body as { readonly reports: readonly Standing[] }).reports.map((one) => [one.province, one]))
}

export const isSettled = (standing: Standing | undefined, how?: 'even missing'): boolean =>
  standing !== undefined && (standing.version > 0 || (how === undefined && standing.state === 'missing'))
