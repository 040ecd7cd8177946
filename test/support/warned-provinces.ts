import { wireJson } from '#api/wire.ts'
import { openAttachments } from '#infrastructure/postgres/attachments.ts'
import { openNoticeOutbox } from '#infrastructure/postgres/notice-outbox.ts'
import { billedTo } from '#projections/daily-report/billed.queries.ts'
import { testSealing } from '#test/support/supervision.ts'
import { bill, row } from './arbitraries/daily-report.ts'
import { cons } from './arbitraries/values.ts'
import { runningWorld } from './running.ts'

export const PDF = Buffer.from('%PDF-1.7 a receipt')
const MEDIA_TYPES = ['application/pdf', 'image/png']

const profile = (name: string, orgCode: string) => ({
  ...{ name, orgCode, standard: 'GB/T 4754-2017', tradeCode: '3110', contractCapacity: '1000', runningCapacity: '800' },
})

/** Two provinces with listed users whose sealed reports of 2 March show what they owe; everybody who acts on work orders is at hand. */
export const warnedProvinces = async () => {
  const closing: (() => Promise<void>)[] = []
  let record: ReturnType<typeof openNoticeOutbox> | undefined
  const w = await runningWorld(({ databaseUrl, pool }) => {
    const limits = { bytes: 100_000, mediaTypes: MEDIA_TYPES }
    const store = openAttachments(databaseUrl, limits)
    record = openNoticeOutbox(databaseUrl, 'postgres', testSealing)
    closing.push(store.close, record.close)
    return {
      attachments: { store, limits },
      notices: record.record,
      orders: { billed: (province, consNos, date) => billedTo(pool, province, consNos, date) },
    }
  })
  const people = {
    tariff: await w.bearer('hq.tariff', 'HQ', 'HQ_TARIFF'),
    lead: await w.bearer('hq.lead', 'HQ', 'HQ_LEAD'),
    view: await w.bearer('hq.view', 'HQ', 'HQ_VIEW'),
    admin: await w.bearer('admin', 'HQ', 'ADMIN'),
    clerk: await w.bearer('p13s.tariff', 'P13S', 'PV_TARIFF'),
    head: await w.bearer('p13s.lead', 'P13S', 'PV_LEAD'),
    jibei: await w.bearer('p13n.lead', 'P13N', 'PV_TARIFF', 'PV_LEAD'),
    city: await w.bearer('13401.tariff', '13401', 'CT_TARIFF'),
    otherCity: await w.bearer('13402.tariff', '13402', 'CT_TARIFF'),
  }
  const list = async (province: string, consNo: string, name: string, orgCode: string) => {
    const user = `/v1/high-risk-users/${province}/${consNo}`
    const nomination = { profile: profile(name, orgCode), proposedLevel: 'II', reason: 'arrears' }
    await w.done('POST', `${user}/nomination`, await w.bearer('clerk', province, 'PV_TARIFF'), nomination)
    await w.done('POST', `${user}/listing`, await w.bearer('head', province, 'PV_LEAD'), {
      level: 'II',
      owner: 'owner',
      listedOn: '2026-03-01',
      basis: ['arrears'],
    })
  }
  await list('P13S', '0000000001', '钢厂', '13401')
  await list('P13S', '0000000002', '水泥厂', '13402')
  await list('P13N', '0000000001', '纸厂', '13501')
  w.listed.set('P13S', [cons('0000000001'), cons('0000000002')])
  w.listed.set('P13N', [cons('0000000001')])
  const seal = async (province: string, day: string, rows: readonly object[]) => {
    const sealer = await w.bearer('sealer', province, 'PV_TARIFF', 'PV_LEAD')
    await w.done('PUT', `/v1/daily-reports/${province}/${day}/day?seal=true`, sealer, rows.map(wireJson).join('\n'))
  }
  await seal('P13S', '2026-03-02', [
    row('0000000001', { bills: [bill('202601', 500_000_00n), bill('202602', 300_000_00n)] }),
    row('0000000002', { orgCode: '13402' as never, bills: [bill('202601', 120_000_00n, 20_000_00n)] }),
  ])
  await seal('P13N', '2026-03-02', [row('0000000001', { orgCode: '13501' as never, bills: [bill('202602', 80_000_00n)] })])
  return {
    ...w,
    people,
    record: record!,
    seal,
    close: async () => {
      await w.close()
      for (const close of closing) await close()
    },
  }
}
export type WarnedProvinces = Awaited<ReturnType<typeof warnedProvinces>>
