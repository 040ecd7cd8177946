import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { type Client, eachOf } from './client.ts'

type Level = 'I' | 'II' | 'III'
/** A customer whom a run named, and why. */
export type Named = {
  readonly province: ProvinceCode
  readonly consNo: string
  readonly level: Level
  readonly score: number
  readonly triggers: readonly string[]
  readonly hits: readonly { readonly text: { readonly zh: string; readonly en: string } }[]
}
type Run = { readonly runId: string; readonly ruleSetVersion: number; readonly customers: number; readonly named: number }
/** What a province's screening came to. */
export type Screened = { readonly province: ProvinceCode; readonly run: Run; readonly named: readonly Named[] }

export type Desk = { readonly as: (persona: string) => Client; readonly provinces: readonly ProvinceCode[] }
export const AT_ONCE = 6
/** As many as a page of candidates holds; no province of the sample names more. */
const PAGE = 500

/** Every province screens all its customers by the rules in force, as of a date: the clerk starts the run and proposes those it named. */
export const screenProvinces = async ({ as, provinces }: Desk, asOf: BusinessDate): Promise<readonly Screened[]> => {
  const screened: Screened[] = []
  await eachOf(provinces, AT_ONCE, async (province) => {
    const clerk = as(`pv-tariff-${province}`)
    const address = `/v1/screening/runs/${province}`
    const run = (await clerk('POST', address, { body: { asOf }, headers: { 'idempotency-key': `demo-screen-${province}-${asOf}` } })).body as Run
    await clerk('POST', `${address}/${run.runId}/proposals`)
    const { candidates } = (await clerk('GET', `${address}/${run.runId}/candidates?limit=${PAGE}`)).body as { readonly candidates: readonly Named[] }
    screened.push({ province, run, named: candidates })
  })
  return screened.toSorted((a, b) => provinces.indexOf(a.province) - provinces.indexOf(b.province))
}

/** The province's lead confirms a candidate, with the run's sentences for a basis: four eyes, as the aggregate wants them. */
export const confirm = async ({ as }: Pick<Desk, 'as'>, { province, consNo, level, hits }: Named, on: BusinessDate): Promise<void> => {
  await as(`pv-lead-${province}`)('POST', `/v1/high-risk-users/${province}/${consNo}/listing`, {
    body: { level, owner: `pv-tariff-${province}`, listedOn: on, basis: hits.slice(0, 3).map(({ text }) => text.zh) },
    headers: { 'idempotency-key': `demo-list-${consNo}-${on}` },
  })
}

const LEVELS: readonly Level[] = ['I', 'II', 'III']
const REASONS = 3

/** How many of how many customers were named, by level, and why the worst of all was. */
export const tellScreened = (screened: readonly Screened[], asOf: BusinessDate): string => {
  const named = screened.flatMap((one) => one.named)
  const customers = screened.reduce((sum, { run }) => sum + run.customers, 0)
  const byLevel = LEVELS.map((level) => `${level} ${named.filter((one) => one.level === level).length}`).join(', ')
  const [worst] = named.toSorted(
    (a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) || b.score - a.score || b.triggers.length - a.triggers.length || (a.consNo < b.consNo ? -1 : 1),
  )
  const reasons = worst?.hits.slice(0, REASONS).flatMap(({ text }) => [`  ${text.zh}`, `  ${text.en}`]) ?? []
  return [
    `筛选  Screening as of ${asOf}: ${customers} customers, ${named.length} named (${byLevel}) by rule set ${screened[0]?.run.ruleSetVersion ?? 0}`,
    ...(worst ? [`最高风险  the worst: ${worst.province} ${worst.consNo}, level ${worst.level}, ${worst.score} points`, ...reasons] : []),
    '',
  ].join('\n')
}
