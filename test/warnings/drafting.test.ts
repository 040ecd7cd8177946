import { sql } from 'slonik'
import { beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { warningProcesses } from '#api/warning-work-order/processes.ts'
import { warn } from '#application/warning-work-order/warnings.ts'
import type { Row } from '#domain/daily-report/fields.ts'
import { addDays } from '#domain/shared/dates.ts'
import { fen } from '#domain/shared/quantities.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import { OrderNo, type SilenceId } from '#domain/warning-work-order/fields.ts'
import { suppressedWarnings } from '#projections/warning-work-order/warned.queries.ts'
import { warned } from '#projections/warning-work-order/warned.ts'
import { bill, corrected, dump, listed, row, sealed } from '#test/projections/national-day.fixtures.ts'
import { cons, day, province, shanghai, uuid } from '#test/support/arbitraries/values.ts'
import { type Log, tablesOf } from '#test/support/projections.ts'
import { openWorld, PROVINCE, PROVINCE_LEAD } from './support.ts'

const w = await openWorld()

let next = 10
let P = 'P11'
beforeEach(() => {
  P = `P${next++}` // a province of its own for each test
  w.clock.at = shanghai('2026-03-03', '10:00')
})

const MILLION = 100_000_000n
const owes = (consNo: string, open: bigint, due = '2026-02-20') => row(consNo, [bill('202601', 4n * MILLION, 4n * MILLION - open, { due })])
const DRAFTING = 'warnings drafted'
/** Seals a day and lets the rules judge it the morning after. */
const report = async (date: string, rows: readonly Row[]): Promise<number> => {
  await w.write(sealed(P, date, rows))
  w.clock.at = shanghai(addDays(day(date), 1), '10:00')
  return w.tick(DRAFTING)
}
const Drafted = z.object({ orderNo: OrderNo, status: z.string(), kind: z.string(), grade: z.string(), subjects: z.array(z.string()) })
const ordersOf = async () => {
  await w.settled()
  return w.pool.any(sql.type(Drafted)`
    select o.order_no as "orderNo", o.status, o.kind, o.grade, array_agg(s.cons_no order by s.cons_no) as subjects
    from read_model.work_order o join read_model.work_order_subject s using (order_no) where o.province = ${P} and o.status <> 'withdrawn' group by o.order_no, o.status, o.kind, o.grade, o.day, o.seq order by o.day, o.seq`)
}
/** Headquarters gives out what was drafted. */
const issueAll = async (): Promise<void> => {
  for (const { orderNo, status } of await ordersOf()) if (status === 'draft') await w.must(orderNo, { type: 'IssueOrder', data: {} })
}
const told = async () => (await ordersOf()).map(({ kind, grade, subjects }) => `${kind} ${grade}: ${subjects.join(' ')}`)
const suppressed = async () => {
  await w.settled()
  const page = await suppressedWarnings(w.pool, { provinces: [province(P)] })
  return page === 'BAD_CURSOR'
    ? []
    : page.rows.map(({ consNo, kind, grade, why, reportDate }) => `${reportDate} ${consNo} ${kind} ${grade} ${why}`).toReversed()
}

describe('a sealed report', () => {
  test('drafts one order a kind and grade for headquarters’ queue, with the bills and why each user is named', async () => {
    await w.write([listed(P, '3', '2026-03-01', { level: 'I' })])
    expect(await report('2026-03-02', [owes('1', 2n * MILLION), owes('2', MILLION + 1n), owes('3', 1_000_000n), owes('4', 25_000_000n), owes('5', 100n)])).toBe(
      3,
    )
    expect(await told()).toEqual(['arrears-warning red: 1 2', 'arrears-warning orange: 3', 'arrears-warning yellow: 4'])
    const [{ orderNo } = { orderNo: '' as OrderNo }] = await ordersOf()
    expect(await w.order(orderNo)).toMatchObject({
      status: 'draft',
      draftedBy: 'warnings',
      origin: { kind: 'rules', rulesVersion: 1, reportDate: '2026-03-02', reportVersion: 1 },
      subjects: [
        {
          consNo: '1',
          bills: [{ billMonth: '202601', open: 2n * MILLION }],
          arrears: 2n * MILLION,
          asOf: '2026-03-02',
          reasons: [{ rule: 'arrears-amount', text: { en: 'Arrears past due of 2,000,000.00 yuan' } }],
        },
        { consNo: '2' },
      ],
    })
  })

  test('is not judged while a read model is being built from the start, for the newest it shows is then an old one', async () => {
    await w.write(sealed(P, '2026-03-02', [owes('1', 2n * MILLION)]))
    await w.settled()
    for (const behind of ['national-day', 'warned']) {
      const processing = { ...w.processing, caughtUp: (model: string) => (model === behind ? async () => false : w.processing.caughtUp(model)) }
      expect(await w.tick(DRAFTING, warningProcesses(processing))).toBe(0)
    }
    expect(await w.tick(DRAFTING)).toBe(1)
  })

  test('is judged once, however often and by however many workers', async () => {
    // Side by side, with nothing between them that would keep them from each other's work; one begins later than the other.
    for (const turns of [0, 10, 30, 60, 120]) {
      P = `P${next++}`
      await w.write(sealed(P, '2026-03-02', [owes('1', 2n * MILLION), owes('2', 25_000_000n), owes('3', 25_000_000n)]))
      await w.settled()
      const found = { province: province(P), reportDate: day('2026-03-02'), reportVersion: 1 }
      const begun = async (after: number): Promise<void> => {
        for (let turn = 0; turn < after; turn++) await new Promise((done) => setImmediate(done))
        await warn(w.needs.warnings.warnings, found, w.clock.at)
      }
      await Promise.all([begun(0), begun(turns), begun(2 * turns)])
      expect(await told()).toEqual(['arrears-warning red: 1', 'arrears-warning yellow: 2 3'])
      expect(await w.tick(DRAFTING)).toBe(0)
      expect(await w.tick(DRAFTING, warningProcesses(w.processing))).toBe(0)
      expect(await told()).toHaveLength(2)
      expect(await suppressed()).toEqual([])
    }
  })

  test('of a user whose order is open says so once, however many days go by', async () => {
    for (const date of ['2026-03-02', '2026-03-03', '2026-03-04', '2026-03-05']) {
      await report(date, [owes('1', 2n * MILLION)])
      await issueAll()
    }
    expect(await told()).toEqual(['arrears-warning red: 1'])
    expect(await suppressed()).toEqual(['2026-03-03 1 arrears-warning red duplicate'])
  })

  test('raises a warning that got worse: it is supervised', async () => {
    await report('2026-03-02', [owes('1', 25_000_000n)])
    await issueAll()
    await report('2026-03-03', [owes('1', 2n * MILLION)])
    await issueAll()
    await report('2026-03-04', [owes('1', 2n * MILLION)])
    expect(await told()).toEqual(['arrears-warning yellow: 1', 'supervision red: 1'])
    expect(await suppressed()).toEqual(['2026-03-04 1 arrears-warning red duplicate'])
  })

  test('is judged anew when it is corrected', async () => {
    await report('2026-03-02', [owes('1', 100n), owes('2', 25_000_000n)])
    await w.write([corrected(P, '2026-03-02', 2, [owes('1', 2n * MILLION)], { all: [owes('1', 2n * MILLION), owes('2', 25_000_000n)] })])
    expect(await w.tick(DRAFTING)).toBe(2)
    expect(await told()).toEqual(['arrears-warning red: 1', 'arrears-warning yellow: 2'])
  })

  test('takes back what an earlier one drafted and nobody issued: who settled is let go of, the rest is drafted with its figures', async () => {
    await report('2026-03-02', [owes('1', 2n * MILLION), owes('2', 2n * MILLION), owes('3', 25_000_000n)])
    const before = await ordersOf()
    await report('2026-03-03', [owes('1', 100n), owes('2', 3n * MILLION), owes('3', 25_000_000n)])
    expect(await told()).toEqual(['arrears-warning red: 2', 'arrears-warning yellow: 3'])
    const [{ orderNo } = { orderNo: '' as OrderNo }] = await ordersOf()
    expect(await w.order(orderNo)).toMatchObject({ status: 'draft', subjects: [{ consNo: '2', arrears: 3n * MILLION, asOf: '2026-03-03' }] })
    for (const one of before) {
      expect((await w.order(one.orderNo)).status).toBe('withdrawn')
      const page = await w.pool.one(sql.type(z.object({ by: z.string(), reason: z.string() }))`
        select document #>> '{withdrawn,by}' as by, document #>> '{withdrawn,reason}' as reason from read_model.work_order where order_no = ${one.orderNo}`)
      expect(page).toEqual({ by: 'warnings', reason: '已按 2026-03-03 日报重新研判\njudged anew by the report of 2026-03-03' })
    }
    const holders = await Promise.all(['1', '2', '3'].map(async (consNo) => (await w.subject(consNo, P)).claims.get('arrears-warning')?.orderNo))
    expect(holders).toEqual([undefined, ...(await ordersOf()).map((order) => order.orderNo)])
    expect(await suppressed()).toEqual([])
  })

  test('leaves what headquarters issues at that moment, and what a person drafted', async () => {
    await report('2026-03-02', [owes('1', 2n * MILLION), owes('2', 25_000_000n)])
    const [red, yellow] = await ordersOf()
    const seen = [red!.orderNo, yellow!.orderNo]
    await w.must(red!.orderNo, { type: 'IssueOrder', data: {} })
    await w.write(sealed(P, '2026-03-03', [owes('1', 2n * MILLION), owes('2', 25_000_000n)]))
    await w.settled()
    const found = { province: province(P), reportDate: day('2026-03-03'), reportVersion: 1 }
    await warn({ ...w.needs.warnings.warnings, draftsBefore: async () => seen }, found, shanghai('2026-03-04', '10:00'))
    expect((await w.order(red!.orderNo)).status).toBe('issued')
    expect((await w.order(yellow!.orderNo)).status).toBe('withdrawn')
    expect(await told()).toEqual(['arrears-warning red: 1', 'arrears-warning yellow: 2'])
    const [, byRule] = await ordersOf()
    await w.must(byRule!.orderNo, { type: 'WithdrawOrder', data: { reason: 'by hand instead' } })
    const subject = { consNo: cons('2'), name: 'Works', bills: [], arrears: fen(0n), asOf: day('2026-03-03'), reasons: [] }
    const asked = w.byClerk()
    await w.orders.draft(
      { province: province(P), kind: 'arrears-warning', grade: 'yellow', origin: { kind: 'manual' }, subjects: [subject], text: 'look' },
      asked,
    )
    await report('2026-03-04', [owes('1', 2n * MILLION), owes('2', 25_000_000n)])
    expect(await told()).toEqual(['arrears-warning red: 1', 'arrears-warning yellow: 2'])
    expect(await suppressed()).toEqual(['2026-03-03 1 arrears-warning red duplicate', '2026-03-04 2 arrears-warning yellow duplicate'])
  })

  test('of a day before the newest says nothing', async () => {
    await report('2026-03-02', [owes('1', 100n)])
    await w.write(sealed(P, '2026-03-01', [owes('1', 2n * MILLION)]))
    expect(await w.tick(DRAFTING)).toBe(0)
    expect(await told()).toEqual([])
  })

  test('compares with the day and the week before', async () => {
    await w.write(sealed(P, '2026-02-23', [owes('1', 100n), owes('2', 100n), owes('3', 100n)]))
    await w.write(sealed(P, '2026-03-01', [owes('1', 100n), owes('2', 15_000_000n)]))
    await report('2026-03-02', [owes('1', 19_000_000n), owes('2', 19_999_999n), owes('3', 19_999_999n)])
    expect(await told()).toEqual([])
    await report('2026-03-03', [owes('1', 45_000_000n), owes('2', 19_999_999n)])
    const [order] = await ordersOf()
    expect((await w.order(order!.orderNo)).subjects[0]!.reasons.map(({ rule }) => rule)).toEqual(['arrears-amount', 'arrears-rise-day'])
  })
})

describe('a warning is not given', () => {
  test('beside a graver open order', async () => {
    await w.write([...broken('1', 'p1'), ...broken('1', 'p2')])
    await report('2026-03-02', [owes('1', 25_000_000n)])
    expect(await told()).toEqual(['supervision red: 1'])
    expect(await suppressed()).toEqual(['2026-03-02 1 arrears-warning yellow inhibited'])
  })

  test('that a silence covers, until the silence ends', async () => {
    const asked = { actor: { userId: 'lead', roles: ['HQ_LEAD'], orgCode: 'HQ' } as never, commandId: uuid(next), correlationId: uuid(next), at: w.clock.at }
    const matcher = { province: province(P), rule: 'arrears-amount' }
    const until = shanghai('2026-03-05', '00:00')
    await w.orders.silence({ type: 'Silence', data: { silenceId: `s-${P}` as SilenceId, matcher, until, reason: 'merger under way' } }, asked)
    await report('2026-03-02', [owes('1', 2n * MILLION)])
    await report('2026-03-03', [owes('1', 2n * MILLION)])
    expect(await told()).toEqual([])
    expect(await suppressed()).toEqual(['2026-03-02 1 arrears-warning red silenced'])
    await report('2026-03-04', [owes('1', 2n * MILLION)])
    expect(await told()).toEqual(['arrears-warning red: 1'])
  })

  test('before the day of follow-up of an order that was closed, unless it got worse', async () => {
    const due = { due: '2026-02-20' }
    const small = row('1', [bill('202601', 25_000_000n, 0n, due)])
    await report('2026-03-02', [small])
    const [{ orderNo } = { orderNo: '' as OrderNo }] = await ordersOf()
    await w.must(orderNo, { type: 'IssueOrder', data: {} })
    await w.must(orderNo, { type: 'SignOrder', data: {} }, [PROVINCE[0], PROVINCE[1], P])
    const answer = { consNo: small.consNo, cause: 'funds', measures: ['M01'], recovered: 0n, remaining: 25_000_000n, planDate: day('2026-04-01'), level: 'II' }
    await w.must(orderNo, { type: 'SubmitFeedback', data: { answers: [answer as never], attachments: [] } }, [PROVINCE_LEAD[0], PROVINCE_LEAD[1], P])
    await w.must(orderNo, { type: 'AcceptAndClose', data: { result: 'under-plan', followUpOn: day('2026-03-05') } })
    await report('2026-03-03', [small])
    expect(await told()).toHaveLength(1)
    await report('2026-03-04', [owes('1', 2n * MILLION)])
    expect(await told()).toEqual(['arrears-warning yellow: 1', 'arrears-warning red: 1'])
    expect(await suppressed()).toEqual(['2026-03-03 1 arrears-warning yellow duplicate'])
  })
})

const broken = (consNo: string, promiseId: string): Log => {
  const say = (type: string, data: object): Log[number] => [
    streamName('HighRiskUser', P, consNo),
    { type, data: { at: shanghai('2026-02-10', '10:00'), by: 'lead', province: P, consNo, promiseId, ...data } },
  ]
  const first = promiseId === 'p1' ? [listed(P, consNo, '2026-02-01', { level: 'III' })] : []
  return [
    ...nominated(consNo, promiseId === 'p1'),
    ...first,
    say('PromiseMade', { bills: ['202601'], amount: 5n, dueOn: day('2026-02-15'), receivedBefore: 0n }),
    say('PromiseBroken', { reportDate: day('2026-02-16'), reportVersion: 1, shortfall: 5n }),
  ]
}
const nominated = (consNo: string, wanted: boolean): Log =>
  wanted
    ? [
        [
          streamName('HighRiskUser', P, consNo),
          {
            type: 'CandidateNominated',
            data: {
              ...{ at: shanghai('2026-02-01', '10:00'), by: 'clerk', province: P, consNo, proposedLevel: 'III', reason: 'owes', evidence: [] },
              profile: { name: 'A works', orgCode: '11401', standard: 'GB/T 4754-2017', tradeCode: '3110', contractCapacity: 1n, runningCapacity: 1n },
            },
          },
        ],
      ]
    : []

test('a member of a group with another at level I is to be verified', async () => {
  const linked = (consNo: string): Log =>
    (['LinkProposed', 'LinkConfirmed'] as const).map((type) => [
      streamName('GroupLink', P, consNo),
      {
        type,
        data: {
          ...{ at: shanghai('2026-02-01', '10:00'), by: 'lead', province: P, consNo, linkId: `l${consNo}`, groupNo: `G${P}`, effectiveFrom: day('2026-02-01') },
          ...(type === 'LinkProposed' && { basis: 'equity', evidence: [] }),
        },
      },
    ])
  await w.write([...linked('1'), ...linked('2'), ...linked('3'), listed(P, '2', '2026-02-01', { level: 'I' })])
  await report('2026-03-02', [owes('1', 100n), owes('2', 100n), owes('4', 100n)])
  expect(await told()).toEqual(['verify yellow: 1'])
})

test('more users than one order may name go into several', async () => {
  const rows = Array.from({ length: 401 }, (_, index) => owes(String(1000 + index), 2n * MILLION))
  expect(await report('2026-03-02', rows)).toBe(3)
  expect((await ordersOf()).map(({ subjects }) => subjects.length)).toEqual([200, 200, 1])
})

test('a run that broke off anywhere is finished by running again, and nothing is drafted twice', async () => {
  const rows = [owes('1', 2n * MILLION), owes('2', 2n * MILLION), owes('3', 25_000_000n)]
  const { store } = w
  for (let after = 0, finished = false; !finished; after++) {
    P = `P${next++}`
    await w.write(sealed(P, '2026-03-02', rows))
    await w.settled()
    const found = { province: province(P), reportDate: day('2026-03-02'), reportVersion: 1 }
    let left = after
    const dies = <A extends unknown[], R>(work: (...args: A) => R) => {
      return (...args: A): R => {
        if (left-- <= 0) throw new Error('killed')
        return work(...args)
      }
    }
    // Each append of a group is lost by itself: those before it stand.
    const append = dies(store.append)
    const dying = {
      ...store,
      append,
      appendMany: async (all: Parameters<typeof store.appendMany>[0]) => {
        const answers = []
        for (const one of all) answers.push(await append(one))
        return answers
      },
    }
    finished = await warn({ ...w.needs.warnings.warnings, store: dying }, found, w.clock.at).then(
      () => true,
      () => false,
    )
    await w.settled()
    await warn(w.needs.warnings.warnings, found, w.clock.at)
    expect(await told()).toEqual(['arrears-warning red: 1 2', 'arrears-warning yellow: 3'])
    expect(await suppressed()).toEqual([])
    if (finished) expect(after).toBeGreaterThan(5)
  }
})

test('what the processes work from is the same however it is built', async () => {
  await w.settled()
  const built = await dump(w.pool, warned.publishes)
  const events = []
  for (let at: Awaited<ReturnType<typeof w.log.feed.read>>[number]['position'] | undefined; ; ) {
    const page = await w.log.feed.read(at, 1000)
    events.push(...page)
    at = page.at(-1)?.position
    if (page.length === 0) break
  }
  await w.running.stop()
  for (const table of warned.publishes) await w.pool.query(sql.unsafe`drop view ${sql.identifier(['read_model', table])}`)
  const again = await tablesOf(w.pool, warned, 'rm_again')
  await again.apply(events, 7)
  await again.apply(events, 100)
  expect(await dump(w.pool, warned.publishes)).toEqual(built)
})
