import { beforeEach, describe, expect, test } from 'vitest'
import { claim } from '#application/warning-work-order/claims.ts'
import type { BillMonth } from '#domain/shared/dates.ts'
import { fen } from '#domain/shared/quantities.ts'
import type { OrderNo } from '#domain/warning-work-order/fields.ts'
import { openAlone } from '#infrastructure/postgres/alone.ts'
import { cons, day, province, shanghai } from '#test/support/arbitraries/values.ts'
import { openWorld } from './support.ts'

const w = await openWorld()

let next = 10
let P = 'P11'
beforeEach(() => {
  P = `P${next++}`
  w.clock.at = shanghai('2026-03-03', '10:00')
})

const bills = [{ billMonth: '202601' as BillMonth, open: fen(5n) }]
const claimed = (consNo: string, orderNo: string) =>
  claim(w.store, [{ province: province(P), consNo: cons(consNo), kind: 'supervision', grade: 'red', orderNo: orderNo as OrderNo, bills, origin: 'manual' }], {
    ...w.byClerk(),
    role: 'HQ_TARIFF',
  })
const drafted = async (...consNos: readonly string[]): Promise<OrderNo> => {
  const subjects = consNos.map((consNo) => ({ consNo: cons(consNo), name: 'Works', bills, arrears: fen(5n), asOf: day('2026-03-02'), reasons: [] }))
  const { orderNo } = await w.orders.draft(
    { province: province(P), kind: 'supervision', grade: 'red', origin: { kind: 'manual' }, subjects, text: 'look' },
    w.byClerk(),
  )
  return orderNo!
}
const holders = async (...consNos: readonly string[]) =>
  Promise.all(consNos.map(async (consNo) => (await w.subject(consNo, P)).claims.get('supervision')?.orderNo))
const letGo = () => w.tick('claims let go')

describe('a customer is let go of', () => {
  test('when the order for which he was claimed was never drafted, but not while it may still be', async () => {
    await claimed('1', '20260303-900')
    await letGo()
    expect(await holders('1')).toEqual(['20260303-900'])
    w.clock.at = shanghai('2026-03-03', '10:16')
    expect(await letGo()).toBe(1)
    expect(await holders('1')).toEqual([undefined])
    expect(await letGo()).toBe(0)
  })

  test('when the order does not name him, and those it names stay', async () => {
    const orderNo = await drafted('1')
    await claimed('2', orderNo)
    w.clock.at = shanghai('2026-03-03', '10:16')
    await letGo()
    expect(await holders('1', '2')).toEqual([orderNo, undefined])
  })

  test('when the order has ended and who ended it died before letting go', async () => {
    const orderNo = await drafted('1', '2')
    await w.must(orderNo, { type: 'WithdrawOrder', data: { reason: 'mistaken' } })
    expect(await holders('1', '2')).toEqual([undefined, undefined])
    await claimed('1', orderNo) // as it stood before he was let go of
    expect(await letGo()).toBe(1)
    expect(await holders('1')).toEqual([undefined])
  })
})

test('a turn is one worker’s, is given back, and is everybody’s again when a worker dies', async () => {
  const [one, two] = [openAlone(w.database.url), openAlone(w.database.url)]
  let inside = 0
  let most = 0
  const work = async (): Promise<string> => {
    most = Math.max(most, ++inside)
    await Promise.all([two.alone('key', async () => 'both'), one.alone('key', async () => 'again'), one.alone('other', async () => 'other')]).then((told) =>
      expect(told).toEqual([undefined, undefined, 'other']),
    )
    inside--
    return 'done'
  }
  expect(await one.alone('key', work)).toBe('done')
  expect(await two.alone('key', async () => 'mine')).toBe('mine')
  await expect(one.alone('key', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  expect(await two.alone('key', async () => 'mine')).toBe('mine')
  const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const held = one.alone('key', async () => {
    begun.resolve()
    await ended.promise
  })
  await begun.promise
  expect(await two.alone('key', async () => 'free')).toBeUndefined()
  await one.close()
  let got: string | undefined
  while (got === undefined) got = await two.alone('key', async () => 'taken over')
  ended.resolve()
  await held
  expect(most).toBe(1)
  await Promise.all([one.close(), two.close()])
})
