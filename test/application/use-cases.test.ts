import { beforeEach, describe, expect, test } from 'vitest'
import { readReport } from '#application/daily-report/read.ts'
import { dailyReportStream, type Reporting, reportAggregate } from '#application/daily-report/report.ts'
import { type DailyReportUseCases, dailyReportUseCases, type ReportCommand } from '#application/daily-report/use-cases.ts'
import type { UserCommand } from '#application/high-risk-user/bring.ts'
import { highRiskUserUseCases, type Listing } from '#application/high-risk-user/use-cases.ts'
import { listReader, listVersionInForce } from '#application/industry-list/read.ts'
import { industryListUseCases } from '#application/industry-list/use-cases.ts'
import { openDirectory } from '#application/organisation/directory.ts'
import { organisationUseCases } from '#application/organisation/use-cases.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import { SYSTEM } from '#application/shared/authorise.ts'
import type { Profile } from '#domain/high-risk-user/fields.ts'
import { Actor, type Role } from '#domain/shared/actor.ts'
import { kwh, va } from '#domain/shared/quantities.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { bill, digest, row, schedule } from '#test/support/arbitraries/daily-report.ts'
import { casework, rules } from '#test/support/arbitraries/high-risk-user.ts'
import { cons, day, org, province, shanghai, trade, uuid } from '#test/support/arbitraries/values.ts'

const KEY = { province: province('P13S'), date: day('2026-03-02') }
const NEXT = { ...KEY, date: day('2026-03-03') }
const unit = (code: string, level: 'HQ' | 'PROVINCE' | 'CITY', parent?: string) => ({
  ...{ code: org(code), level, name: code, shortName: code, validFrom: day('2020-01-01') },
  ...(parent !== undefined && { parent: org(parent) }),
})

let clock: { at: ReturnType<typeof shanghai>; now: () => ReturnType<typeof shanghai> }
let store: EventStore
let working: Reporting & Listing
let reports: DailyReportUseCases
let asked = 100
const by = (orgCode: string, ...roles: Role[]) => {
  const commandId = uuid(asked++)
  return { actor: Actor.parse({ userId: `u.${orgCode}`, orgCode, roles }), commandId, correlationId: commandId }
}
const lead = () => by('P13S', 'PV_TARIFF', 'PV_LEAD')
const say = (command: ReportCommand, who = lead(), key = KEY) => reports.execute(key, command, who)
const last = async (key = KEY) => {
  let found: unknown
  for await (const page of store.readStream(dailyReportStream(key))) found = page.at(-1)
  return found as { type: string; data: Record<string, unknown>; metadata: Record<string, unknown> }
}
const open = (key = KEY) => say({ type: 'OpenReport', data: { sourceMode: 'manual' } }, { ...by('HQ', 'SYS') }, key)
const put = (rows: ReturnType<typeof row>[], key = KEY) => say({ type: 'PutRows', data: { chunkNo: 0, rows } }, lead(), key)
const seal = (key = KEY) => say({ type: 'SubmitReport', data: { nil: false, excused: [] } }, lead(), key)

beforeEach(async () => {
  clock = { at: shanghai('2026-03-03', '08:00'), now: () => clock.at }
  ;({ store } = createMemoryEventLog(clock))
  const scope = await openDirectory(store, clock)
  await organisationUseCases({ store, clock, scope }).execute(
    {
      type: 'RegisterUnits',
      data: {
        units: [unit('HQ', 'HQ'), unit('P13S', 'PROVINCE', 'HQ'), unit('P13N', 'PROVINCE', 'HQ'), unit('13401', 'CITY', 'P13S'), unit('13501', 'CITY', 'P13N')],
      },
    },
    { actor: SYSTEM, commandId: uuid(1), correlationId: uuid(1) },
  )
  working = {
    store,
    clock,
    scope,
    listedUsers: async () => [cons('1'), cons('2')],
    listVersionOn: listVersionInForce(listReader(store)),
    schedules: [schedule],
    casework: { ...casework, figures: async () => null },
    listingRules: [rules, { ...rules, version: 2, effectiveFrom: day('2026-06-01'), lowerReviews: 3, cleanMonths: 6 }],
    knowsTrade: () => true,
    digest,
  }
  reports = dailyReportUseCases(working)
})

describe('a daily report', () => {
  test('is opened with whoever is listed, the list and the schedule in force', async () => {
    const list = industryListUseCases(working)
    clock.at = shanghai('2026-03-01', '08:00')
    await list.execute({ type: 'DraftVersion', data: {} }, by('HQ', 'HQ_TARIFF'))
    await list.execute(
      { type: 'AddEntry', data: { entry: { standard: 'GB/T 4754-2017', code: trade('3110'), includeChildren: false, category: 'HIGH_ENERGY' } } },
      by('HQ', 'HQ_TARIFF'),
    )
    await list.execute({ type: 'PublishVersion', data: { effectiveFrom: day('2026-03-02'), ackDueAt: shanghai('2026-03-09', '08:00') } }, by('HQ', 'HQ_LEAD'))
    clock.at = shanghai('2026-03-03', '08:00')
    expect(await open()).toMatchObject({ kind: 'done', recorded: 1 })
    expect((await last()).data).toMatchObject({
      expectedUsers: ['1', '2'],
      listVersion: 1,
      sourceMode: 'manual',
      rules: { scheduleVersion: 1, dueAt: shanghai('2026-03-03', '10:00') },
    })
    expect(await working.listVersionOn(day('2026-03-01'))).toBe(0)
  })

  test('of a day for which no schedule says when it is due is refused', async () => {
    reports = dailyReportUseCases({ ...working, schedules: [] })
    expect(await open()).toEqual({ kind: 'rejected', rejection: { code: 'NO_SCHEDULE', date: '2026-03-02' } })
  })

  test('of a province that was none that day never comes to be', async () => {
    const nowhere = { ...KEY, province: province('P99') }
    const refused = { kind: 'rejected', rejection: { code: 'UNKNOWN_PROVINCE', province: 'P99', date: '2026-03-02' } }
    expect(await open(nowhere)).toEqual(refused)
    expect(await say({ type: 'WaiveReport', data: { reason: 'typhoon' } }, by('HQ', 'HQ_LEAD'), nowhere)).toEqual(refused)
    expect(await open({ province: province('P13S'), date: day('2019-12-31') })).toMatchObject({ rejection: { code: 'UNKNOWN_PROVINCE' } })
    expect(await put([row('1')], nowhere)).toEqual({ kind: 'forbidden', code: 'FORBIDDEN_SCOPE' })
  })

  test('is checked against the latest version of the day before', async () => {
    await open()
    await put([row('1'), row('2')])
    await seal()
    clock.at = shanghai('2026-03-04', '08:00')
    await say({
      type: 'CorrectReport',
      data: { rows: [row('1', { electricityMonthToDate: kwh(1_500n), comment: 'misread' })], removed: [], reason: 'misread' },
    })
    expect((await last()).type).toBe('ReportCorrected')
    await open(NEXT)
    const low = (monthToDate: bigint) => put([row('1', { electricityMonthToDate: kwh(monthToDate) })], NEXT)
    expect(await low(1_499n)).toMatchObject({ kind: 'rejected', rejection: { code: 'VALIDATION_FAILED', issues: [{ code: 'MTD_BELOW_YESTERDAY' }] } })
    expect(await low(1_500n)).toMatchObject({ kind: 'done' })
  })

  test('does not take rows of units of another province', async () => {
    await open()
    expect(await put([row('1'), row('2', { orgCode: org('13501') })])).toMatchObject({
      kind: 'rejected',
      rejection: { code: 'VALIDATION_FAILED', issues: [{ code: 'ORG_OUTSIDE_PROVINCE', consNo: '2', detail: { orgCode: '13501' } }] },
    })
  })

  test('is sealed with the totals of its rows when none are declared, and refused when wrong ones are', async () => {
    await open()
    await put([row('1', { bills: [bill('202602', 7n)] }), row('2')])
    const totals = { users: 2, electricity: kwh(2_000n), receivable: 7n, received: 0n, arrears: 7n, penaltyReceivable: 0n, penaltyReceived: 0n } as never
    expect(await say({ type: 'SubmitReport', data: { totals, nil: false, excused: [] } })).toMatchObject({
      kind: 'rejected',
      rejection: { code: 'TOTALS_MISMATCH' },
    })
    expect(await seal()).toMatchObject({ kind: 'done' })
    expect((await last()).data).toMatchObject({ totals: { arrears: '100007', users: 2 }, onTime: true })
    expect((await last()).metadata).toMatchObject({ actor: { role: 'PV_LEAD', userId: 'u.P13S', orgCode: 'P13S' } })
  })

  test('is corrected in the role in which the caller acts, and headquarters decides what is large', async () => {
    await open()
    await put([row('1'), row('2')])
    await seal()
    const who = lead()
    await say(
      {
        type: 'CorrectReport',
        data: { rows: [row('1', { bills: [bill('202602', 1_000_000n)], comment: 'found' })], removed: [], reason: 'a bill was missing' },
      },
      who,
    )
    expect(await last()).toMatchObject({
      type: 'CorrectionProposed',
      data: { correctionId: who.commandId, cause: 'LARGE_CHANGE' },
      metadata: { reason: 'a bill was missing' },
    })
    const view = await readReport(store, reportAggregate(working))(KEY)
    expect(view?.proposal).toEqual({ correctionId: who.commandId, proposedBy: 'u.P13S', reason: 'a bill was missing', users: ['1'] })
    expect(await say({ type: 'ApproveCorrection', data: { correctionId: who.commandId } }, lead())).toEqual({ kind: 'forbidden', code: 'FORBIDDEN_ROLE' })
    expect(await say({ type: 'ApproveCorrection', data: { correctionId: who.commandId } }, by('HQ', 'HQ_LEAD'))).toMatchObject({ kind: 'done' })
    expect((await readReport(store, reportAggregate(working))(KEY))?.totals.arrears).toBe(1_100_000n)
  })

  test('said twice is written once', async () => {
    await open()
    const who = lead()
    const rows = [row('1')]
    const first = await say({ type: 'PutRows', data: { chunkNo: 0, rows } }, who)
    expect(await say({ type: 'PutRows', data: { chunkNo: 0, rows } }, who)).toEqual({ ...first, repeated: true, recorded: 0 })
  })

  test('that nobody spoke of is nothing; one that is waived says so', async () => {
    const read = readReport(store, reportAggregate(working))
    expect(await read(KEY)).toBeUndefined()
    await say({ type: 'WaiveReport', data: { reason: 'typhoon' } }, by('HQ', 'HQ_LEAD'))
    expect(await read(KEY)).toMatchObject({ status: 'waived', rows: new Map() })
  })
})

describe('the industry list', () => {
  test('is acknowledged by provinces that exist, and by nobody in the name of another', async () => {
    const acknowledge = (code: string, who: ReturnType<typeof by>) =>
      industryListUseCases(working).execute({ type: 'AcknowledgeVersion', data: { version: 1, province: province(code) } }, who)
    for (const [code, who] of [
      ['P99', 'P99'],
      ['P99', 'P13S'],
      ['P99', 'HQ'],
      ['P13N', 'P13S'],
    ] as const)
      expect(await acknowledge(code, by(who, 'PV_LEAD')), `${code} by ${who}`).toEqual({ kind: 'forbidden', code: 'FORBIDDEN_SCOPE' })
    expect(await acknowledge('P13S', by('P13S', 'PV_LEAD'))).toMatchObject({ kind: 'rejected', rejection: { code: 'UNKNOWN_VERSION' } })
  })
})

describe('a high-risk user', () => {
  const profile = (orgCode: string): Profile => ({
    name: 'Works',
    orgCode: org(orgCode),
    standard: 'GB/T 4754-2017',
    tradeCode: trade('3110'),
    contractCapacity: va(1n),
    runningCapacity: va(1n),
  })
  const key = { province: province('P13S'), consNo: cons('1') }
  const tell = (command: UserCommand, who: ReturnType<typeof by>) => highRiskUserUseCases(working).execute(key, command, who)
  const nominate = (orgCode: string, who: ReturnType<typeof by>) =>
    tell({ type: 'NominateCandidate', data: { ...key, profile: profile(orgCode), proposedLevel: 'II', reason: 'late', evidence: [] } }, who)
  const tariff = () => by('P13S', 'PV_TARIFF')
  const leader = () => {
    const who = by('P13S', 'PV_LEAD')
    return { ...who, actor: { ...who.actor, userId: 'u.lead' as never } }
  }
  const list = async () => {
    await nominate('13401', tariff())
    await tell({ type: 'ConfirmListing', data: { level: 'II', owner: 'u.P13S' as never, listedOn: day('2026-03-03'), basis: ['late'] } }, leader())
  }

  test('is nominated by his city or his province, not by another’s', async () => {
    expect(await nominate('13401', by('13501', 'CT_TARIFF'))).toEqual({ kind: 'forbidden', code: 'FORBIDDEN_SCOPE' })
    expect(await nominate('13501', by('13501', 'CT_TARIFF'))).toEqual({ kind: 'forbidden', code: 'FORBIDDEN_SCOPE' })
    for (const unit of ['13501', 'HQ', '99999'])
      expect(await nominate(unit, by('P13S', 'PV_TARIFF'))).toEqual({
        kind: 'rejected',
        rejection: { code: 'ORG_OUTSIDE_PROVINCE', orgCode: unit, province: 'P13S' },
      })
    expect(await nominate('13401', by('13401', 'CT_TARIFF'))).toMatchObject({ kind: 'done' })
  })

  test('moves only to a unit of his province', async () => {
    await list()
    const move = (orgCode: string) => tell({ type: 'AmendProfile', data: { changes: { orgCode: org(orgCode) }, source: 'marketing' } }, tariff())
    expect(await move('13501')).toMatchObject({ kind: 'rejected', rejection: { code: 'ORG_OUTSIDE_PROVINCE', orgCode: '13501' } })
    expect(await move('P13S')).toMatchObject({ kind: 'done' })
    expect(await tell({ type: 'AmendProfile', data: { changes: { voltage: '35kV' }, source: 'marketing' } }, tariff())).toMatchObject({ kind: 'done' })
  })

  test('is watched less and leaves by the rules in force on the date of the command', async () => {
    await list()
    const lower = () => tell({ type: 'ChangeLevel', data: { to: 'III', on: day('2026-03-03'), reason: 'paid' } }, leader())
    const leave = () => tell({ type: 'ProposeDelist', data: { basis: 'clean', arrears: 0n as never, cleanMonths: 3 } }, tariff())
    clock.at = shanghai('2026-06-01', '08:00')
    for (const on of [day('2026-03-10'), day('2026-03-11')])
      await tell({ type: 'ReviewLevel', data: { on, ruleSetVersion: 1, computedLevel: null, score: 12, hardTriggers: [] } }, tariff())
    expect(await lower()).toMatchObject({ kind: 'rejected', rejection: { code: 'LOWERING_TOO_SOON', needed: 3 } })
    expect(await leave()).toMatchObject({ kind: 'rejected', rejection: { code: 'CLEAN_MONTHS_TOO_FEW', needed: 6 } })
    clock.at = shanghai('2026-05-31', '08:00')
    expect(await lower()).toMatchObject({ kind: 'done' })
    expect(await leave()).toMatchObject({ kind: 'done' })
  })

  test('stays while a work order is open on him', async () => {
    await list()
    working = { ...working, casework: { ...working.casework, openWorkOrders: async ({ consNo }) => [`order of ${consNo}`] } }
    expect(await tell({ type: 'ProposeDelist', data: { basis: 'clean', arrears: 0n as never, cleanMonths: 3 } }, tariff())).toEqual({
      kind: 'rejected',
      rejection: { code: 'OPEN_WORK_ORDER', orders: ['order of 1'] },
    })
  })

  test('stays while his last sealed report shows money past due, whatever is said', async () => {
    await list()
    working = { ...working, casework }
    const leave = { basis: 'clean', arrears: 0n as never, cleanMonths: 3 }
    const open = { kind: 'rejected', rejection: { code: 'ARREARS_OPEN', arrears: 80_000n } }
    expect(await tell({ type: 'ProposeDelist', data: leave }, tariff())).toEqual(open)
    expect(await tell({ type: 'CloseRecord', data: { kind: 'accountCancelled', arrears: 0n as never, on: day('2026-03-03') } }, leader())).toEqual(open)
  })

  test('stays while a sealed report has shown him late in the last months, whatever is said', async () => {
    await list()
    working = { ...working, casework: { ...working.casework, lastPastDue: async () => day('2026-01-20') } }
    expect(await tell({ type: 'ProposeDelist', data: { basis: 'clean', arrears: 0n as never, cleanMonths: 12 } }, tariff())).toEqual({
      kind: 'rejected',
      rejection: { code: 'CLEAN_MONTHS_TOO_FEW', cleanMonths: 1, needed: 3, lastPastDue: '2026-01-20' },
    })
  })

  test('stays where no rules say otherwise, and only who may ask is told so', async () => {
    await list()
    working = { ...working, listingRules: [] }
    const leave = (who: ReturnType<typeof by>) => tell({ type: 'ProposeDelist', data: { basis: 'clean', arrears: 0n as never, cleanMonths: 3 } }, who)
    expect(await leave(by('P13N', 'PV_TARIFF'))).toEqual({ kind: 'forbidden', code: 'FORBIDDEN_SCOPE' })
    expect(await leave(tariff())).toEqual({ kind: 'rejected', rejection: { code: 'NO_LISTING_RULES', date: '2026-03-03' } })
  })
})
