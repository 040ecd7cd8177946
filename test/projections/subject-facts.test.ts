import { expect, test } from 'vitest'
import { streamName } from '#domain/shared/stream-name.ts'
import { billedTo } from '#projections/daily-report/billed.queries.ts'
import { nationalDay } from '#projections/daily-report/national-day.ts'
import { statusesAmong } from '#projections/high-risk-user/known.queries.ts'
import { register } from '#projections/high-risk-user/register.ts'
import { key } from '#test/support/arbitraries/high-risk-user.ts'
import { cons, day, province } from '#test/support/arbitraries/values.ts'
import { nominated } from '#test/support/high-risk-user.ts'
import { ownDatabase } from '#test/support/postgres.ts'
import { record, tablesOf } from '#test/support/projections.ts'
import { bill, corrected, row, sealed } from './national-day.fixtures.ts'

const { pool } = await ownDatabase()

test('a province knows who has a record with it, in whatever state', async () => {
  const users = await tablesOf(pool, register)
  await users.apply(record([[streamName('HighRiskUser', key.province, key.consNo), nominated]]))
  expect(await statusesAmong(pool, key.province, [key.consNo, cons('9')])).toEqual(new Map([[key.consNo, 'candidate']]))
  expect(await statusesAmong(pool, province('P37'), [key.consNo])).toEqual(new Map())
  expect(await statusesAmong(pool, key.province, [])).toEqual(new Map())
})

test('what was billed is as the last sealed report of each customer has it, in its latest version', async () => {
  const days = await tablesOf(pool, nationalDay)
  const owes = (consNo: string, billMonth: string, receivable: bigint) => row(consNo, [bill(billMonth, receivable, 0n)])
  await days.apply(
    record([
      ...sealed('P11', '2026-03-02', [owes('1', '202602', 5n), owes('2', '202602', 7n)]),
      ...sealed('P11', '2026-03-03', [owes('1', '202602', 6n)]),
      corrected('P11', '2026-03-03', 2, [owes('1', '202602', 8n)], { all: [owes('1', '202602', 8n)] }),
    ]),
  )
  const billed = (date: string, ...consNos: string[]) => billedTo(pool, province('P11'), consNos.map(cons), day(date))
  expect(await billed('2026-03-03', '1', '2', '3')).toEqual([
    { consNo: '1', billMonth: '202602', receivable: 8n },
    { consNo: '2', billMonth: '202602', receivable: 7n },
  ])
  expect(await billed('2026-03-02', '1')).toEqual([{ consNo: '1', billMonth: '202602', receivable: 5n }])
  expect(await billed('2026-03-01', '1')).toEqual([])
})
