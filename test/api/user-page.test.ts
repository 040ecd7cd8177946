import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type WarnedProvinces, warnedProvinces } from '#test/support/warned-provinces.ts'

let w: WarnedProvinces
const KEY = 'P13S/0000000001'
const page = async (who: keyof WarnedProvinces['people'], key = KEY) => {
  const answer = await w.read(`/v1/high-risk-users/${key}/case`, w.people[who])
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json()
}
const orders = async (who: keyof WarnedProvinces['people']) =>
  (await page(who)).orders.map(({ orderNo, status }: { orderNo: string; status: string }) => `${orderNo} ${status}`)
let orderNo: string

beforeAll(async () => {
  w = await warnedProvinces()
})
afterAll(() => w?.close())

describe('the page of a user', () => {
  test('shows the orders that name him, open and past, to whoever may see them', async () => {
    await w.read('/v1/statistics/daily?date=2026-03-02', w.people.view) // the report is in
    expect((await page('clerk')).orders).toEqual([])
    const said = { kind: 'arrears-warning', grade: 'orange', text: '请核实', province: 'P13S', subjects: [{ consNo: '0000000001' }] }
    orderNo = (await w.done('POST', '/v1/warning-work-orders', w.people.tariff, said)).orderNo
    expect(await orders('view')).toEqual([`${orderNo} draft`])
    expect(await orders('clerk'), 'drafts are headquarters’ own').toEqual([])
    const say = (who: keyof WarnedProvinces['people'], path: string, data: object = {}) =>
      w.done('POST', `/v1/warning-work-orders/${orderNo}/${path}`, w.people[who], data)
    await say('lead', 'issue')
    expect(await orders('clerk')).toEqual([`${orderNo} issued`])
    expect(await orders('city'), 'nothing is assigned to it').toEqual([])
    const proposal = { basis: 'paid', arrears: '0', cleanMonths: 3 }
    const refused = await w.send('POST', `/v1/high-risk-users/${KEY}/delisting-proposal`, w.people.clerk, proposal)
    expect(refused.json()).toMatchObject({ status: 409, code: 'OPEN_WORK_ORDER', orders: [orderNo] })
    await say('lead', 'withdrawal', { reason: 'not him' })
    expect(await orders('clerk'), 'past orders, too').toEqual([`${orderNo} withdrawn`])
    expect((await page('clerk', 'P13S/0000000002')).orders).toEqual([])
  })

  test('shows his group with the worst level of the members whom the reader may see', async () => {
    const group = await w.bearer('hq.group', 'HQ', 'HQ_GROUP')
    expect((await page('view')).group).toBeNull()
    await w.done('POST', '/v1/groups/G000000001/registration', group, { profile: { name: '阿尔法集团', kind: 'private' } })
    const link = async (province: string, consNo: string) => {
      const url = `/v1/group-links/${province}/${consNo}/L-${province}`
      const said = { groupNo: 'G000000001', basis: 'equity', effectiveFrom: '2026-03-01', reason: 'shares' }
      await w.done('POST', `${url}/proposal`, await w.bearer('clerk', province, 'PV_TARIFF'), said)
      await w.done('POST', `${url}/confirmation`, await w.bearer('head', province, 'PV_LEAD'), {})
    }
    await link('P13S', '0000000001')
    await link('P13N', '0000000001')
    const change = { to: 'I', on: '2026-03-03', reason: 'stopped production' }
    await w.done('POST', '/v1/high-risk-users/P13N/0000000001/level', w.people.jibei, change)
    const own = { groupNo: 'G000000001', name: '阿尔法集团', since: '2026-03-01' }
    expect((await page('view')).group).toEqual({ ...own, members: 2, listed: 2, worstLevel: 'I' })
    expect((await page('clerk')).group, 'its own members').toEqual({ ...own, members: 1, listed: 1, worstLevel: 'II' })
    expect((await page('city')).group, 'links are the province’s').toBeNull()
    expect((await page('view', 'P13S/0000000002')).group).toBeNull()
  })
})
