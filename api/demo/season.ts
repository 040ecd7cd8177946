import { closeDays, type DayCloseNeeds } from '#application/processes/day-close.ts'
import type { FirstReportNeeds } from '#application/processes/first-reports.ts'
import type { PromiseNeeds } from '#application/processes/promises.ts'
import { addDays, type BusinessDate, daysBetween, instantAt } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { showProgress } from '../commands/progress.ts'
import { boardOf, isSettled } from './board.ts'
import { screenAgain, takeOff } from './reviews.ts'
import type { Incident } from './sample.ts'
import { type WarningDesk, workOnWarnings } from './warnings.ts'

/** 08:40 of the next morning: reports go out in good time, but for the incidents. */
const MORNING = 520
const EARLY = 31
const NOON = 720
const END = 1441

export type Season = WarningDesk & {
  readonly dayClose: DayCloseNeeds
  readonly promises: PromiseNeeds
  readonly reported: FirstReportNeeds
}

/** Sends every province's report of every day, in order, through the same interface as anybody's; goes on from what is there. */
export const runSeason = async (season: Season, signal: AbortSignal): Promise<void> => {
  const { from, to } = season.sample.manifest.window
  const days = daysBetween(from, to) + 1
  const progress = showProgress('daily reports')
  let sent = 0
  for (let date = from; date <= to; date = addDays(date, 1)) {
    signal.throwIfAborted()
    sent += await reportDay(season, date)
    progress.to(daysBetween(from, date) + 1, days, `${date}, ${sent} sent`)
  }
  await settleIncidents(season, addDays(to, 2))
  progress.end(`${days} days of ${season.provinces.length} provinces, ${sent} reports sent`)
}

const reportDay = async (season: Season, date: BusinessDate): Promise<number> => {
  const { clock, provinces, sample } = season
  const morning = addDays(date, 1)
  const standings = await boardOf(season, date)
  const awaited = provinces.filter((province) => !isSettled(standings.get(province)))
  if (awaited.length > 0) {
    clock.standAt(instantAt(date, NOON))
    await changeRegister(season, date)
    clock.standAt(instantAt(morning, EARLY))
    const held = new Map(
      sample.incidents.flatMap((incident) => (incident.kind !== 'correction' && incident.date === date ? [[incident.province, incident] as const] : [])),
    )
    clock.standAt(instantAt(morning, MORNING))
    // Each province has its own clerk, and all of them send at the same time of the morning.
    await Promise.all(awaited.filter((province) => !held.has(province)).map((province) => sendDay(season, province, date)))
    for (const incident of held.values()) await holdBack(season, incident)
  }
  await workOnWarnings(season, date)
  await settleIncidents(season, morning)
  return awaited.length
}

/** Arrivals, level changes and departures of one day. */
const changeRegister = async (season: Season, date: BusinessDate): Promise<void> => {
  const { screenedAgainOn, settledOn } = season.sample.manifest
  const time = screenedAgainOn.indexOf(date)
  if (time >= 0) await screenAgain(season, { date, all: time === 0 })
  if (date === settledOn) await takeOff(season, date)
}

/** Late: day close says so at the due time, then the report comes. Missing: nothing comes before the cut-off. */
const holdBack = async (season: Season, incident: Exclude<Incident, { kind: 'correction' }>): Promise<void> => {
  const { clock, dayClose } = season
  const morning = addDays(incident.date, 1)
  clock.standAt(instantAt(morning, incident.kind === 'late' ? incident.sentAtMinute : END))
  await closeDays(dayClose, clock.now(), incident.date, incident.date)
  if (incident.kind === 'late') await sendDay(season, incident.province, incident.date)
}

/** What was to be mended by this date: reports that come days later, and corrections. */
const settleIncidents = async (season: Season, today: BusinessDate): Promise<void> => {
  for (const incident of season.sample.incidents) {
    if (incident.date > season.sample.manifest.window.to) continue
    if (incident.kind === 'missing' && incident.sentOn <= today) {
      if (!isSettled((await boardOf(season, incident.date)).get(incident.province), 'even missing')) await sendDay(season, incident.province, incident.date)
    }
    if (incident.kind === 'correction' && incident.correctedOn <= today) await correct(season, incident)
  }
}

type Row = { readonly consNo: string; readonly comment?: string; readonly remark?: string }
type Prefilled = { readonly rows: readonly Row[]; readonly warnings: readonly { readonly consNo: string; readonly code: string }[] }

/** A province's clerk: takes what was extracted, answers what the checks will ask about, and sends the day. */
const sendDay = async ({ as }: Pick<Season, 'as'>, province: ProvinceCode, date: BusinessDate): Promise<void> => {
  const client = as(`pv-lead-${province}`)
  const address = `/v1/daily-reports/${province}/${date}`
  const { rows, warnings } = (await client('GET', `${address}/prefill`)).body as Prefilled
  const asked = Map.groupBy(warnings, ({ consNo }) => consNo)
  const answered = rows.map((row) => {
    const own = asked.get(row.consNo)
    return JSON.stringify(own ? { ...row, comment: `as extracted, looked at: ${[...new Set(own.map(({ code }) => code))].join(', ')}` } : row)
  })
  await client('PUT', `${address}/day?seal=true`, {
    raw: { type: 'application/x-ndjson', text: answered.join('\n') },
    headers: { 'idempotency-key': `demo-${province}-${date}` },
  })
}

const correct = async ({ as, clock }: Season, incident: Extract<Incident, { kind: 'correction' }>): Promise<void> => {
  const client = as(`pv-lead-${incident.province}`)
  const address = `/v1/daily-reports/${incident.province}/${incident.date}`
  const report = (await client('GET', address)).body as { readonly version: number | null }
  if (report.version !== 1) return
  clock.standAt(instantAt(incident.correctedOn, MORNING))
  const { rows } = (await client('GET', `${address}/rows`)).body as {
    readonly rows: readonly (Row & { readonly electricityDay: string | null; readonly electricityMonthToDate: string })[]
  }
  const row = rows.filter(({ electricityDay }) => electricityDay !== null && electricityDay !== '0')[incident.place]
  if (!row || row.electricityDay === null) throw new Error(`${incident.province} has no row to correct on ${incident.date}`)
  const day = (BigInt(row.electricityDay) * BigInt(incident.percent)) / 100n
  const monthToDate = BigInt(row.electricityMonthToDate) + day - BigInt(row.electricityDay)
  await client('POST', `${address}/corrections`, {
    body: { rows: [{ ...row, electricityDay: String(day), electricityMonthToDate: String(monthToDate), comment: incident.why }], reason: incident.why },
    headers: { 'idempotency-key': `demo-correction-${incident.province}-${incident.date}` },
  })
}
