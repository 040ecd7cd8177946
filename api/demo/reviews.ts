import { addDays, type BusinessDate } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { eachOf } from './client.ts'
import { AT_ONCE, confirm, type Desk, type Named, type Screened, screenProvinces } from './screening.ts'

type Listed = { readonly consNo: string; readonly level: 'I' | 'II' | 'III' }
type Bill = { readonly billMonth: string; readonly dueDate: BusinessDate; readonly arrears: string; readonly penaltyReceivable: string }
type Row = { readonly consNo: string; readonly bills: readonly Bill[] }

/** A candidate at level III who is not listed is looked at again after so many days. */
const RECHECK_DAYS = 60
const CLEAN_MONTHS = 3
const RANK = { I: 0, II: 1, III: 2 } as const

/**
 * Customers are screened again, with what was known the evening before. Newly named ones are listed, or put off when they are
 * only at level III and `all` are not wanted; the levels of those on the list are reviewed. A higher level takes
 * effect at once, a lower one after as many reviews as the rules want, and never over a hard trigger.
 */
export const screenAgain = async (desk: Desk, { date, all }: { readonly date: BusinessDate; readonly all: boolean }): Promise<void> => {
  const screened = await screenProvinces(desk, addDays(date, -1))
  await eachOf(screened, AT_ONCE, async (one) => {
    const { users } = (
      await desk.as(`pv-lead-${one.province}`)('GET', `/v1/high-risk-users?province=${one.province}&status=listed&limit=1000`, {
        headers: { prefer: 'wait=10' },
      })
    ).body as { readonly users: readonly Listed[] }
    const listed = new Map(users.map((user) => [user.consNo, user]))
    for (const candidate of one.named)
      if (!listed.has(candidate.consNo)) await (all || candidate.level !== 'III' ? confirm(desk, candidate, date) : putOff(desk, candidate, date))
    await desk.as(`pv-lead-${one.province}`)('POST', `/v1/screening/runs/${one.province}/${one.run.runId}/level-reviews`)
    for (const user of users) await changeLevel(desk, one, user, date)
  })
}

const putOff = async ({ as }: Desk, { province, consNo }: Named, date: BusinessDate): Promise<void> => {
  await as(`pv-lead-${province}`)('POST', `/v1/high-risk-users/${province}/${consNo}/dismissal`, {
    body: { reason: 'sample: at level III, watched without being listed', recheckAfter: addDays(date, RECHECK_DAYS) },
    headers: { 'idempotency-key': `demo-dismiss-${consNo}-${date}` },
  })
}

const changeLevel = async ({ as }: Desk, { province, named }: Screened, { consNo, level }: Listed, date: BusinessDate): Promise<void> => {
  const to = named.find((one) => one.consNo === consNo)?.level ?? 'III'
  if (to === level) return
  const reason = RANK[to] < RANK[level] ? 'screened again: the risk has grown' : 'screened again: the risk has fallen for two reviews'
  // 409: it is too soon to lower him, or something still speaks against it; 422: a later review has come to something else.
  await as(`pv-lead-${province}`)('POST', `/v1/high-risk-users/${province}/${consNo}/level`, {
    body: { to, on: date, reason },
    headers: { 'idempotency-key': `demo-level-${consNo}-${date}` },
    allow: [409, 422],
  })
}

/** Those leave the list who owe nothing and have paid three months' bills by their due dates: the clerk proposes it, the lead approves. */
export const takeOff = async ({ as, provinces }: Desk, date: BusinessDate): Promise<void> => {
  await eachOf(provinces, AT_ONCE, async (province) => {
    const rows = await rowsOf({ as, provinces }, province, addDays(date, -1))
    for (const { consNo, bills } of rows) {
      if (bills.some(({ arrears }) => arrears !== '0') || cleanMonths(bills, date) < CLEAN_MONTHS) continue
      const address = `/v1/high-risk-users/${province}/${consNo}`
      const proposed = await as(`pv-tariff-${province}`)('POST', `${address}/delisting-proposal`, {
        body: { basis: 'settled in full, three months in a row paid by their due dates', arrears: '0', cleanMonths: CLEAN_MONTHS },
        headers: { 'idempotency-key': `demo-delist-propose-${consNo}` },
        allow: [409],
      })
      if (proposed.status === 409) continue // an earlier bill was paid late within these months
      await as(`pv-lead-${province}`)('POST', `${address}/delisting`, { body: { on: date }, headers: { 'idempotency-key': `demo-delist-${consNo}` } })
    }
  })
}

const rowsOf = async ({ as }: Desk, province: ProvinceCode, date: BusinessDate): Promise<readonly Row[]> =>
  ((await as(`pv-tariff-${province}`)('GET', `/v1/daily-reports/${province}/${date}/rows`)).body as { readonly rows: readonly Row[] }).rows

/** How many of the latest bills that have fallen due bore no penalty (违约金), that is, were paid in time. */
const cleanMonths = (bills: readonly Bill[], date: BusinessDate): number => {
  const due = bills.filter(({ dueDate }) => dueDate < date).toSorted((a, b) => (a.dueDate < b.dueDate ? 1 : -1))
  const dirty = due.findIndex(({ penaltyReceivable }) => penaltyReceivable !== '0')
  return dirty < 0 ? due.length : dirty
}
