import { addDays, type BillMonth, type BusinessDate, businessDateOf, type Instant } from '#domain/shared/dates.ts'
import type { ConsNo, UserId } from '#domain/shared/identity.ts'
import { type Fen, fen } from '#domain/shared/quantities.ts'
import type { CountedBill, OrderNo } from '#domain/warning-work-order/fields.ts'
import { attributed, lengthOf } from '#domain/warning-work-order/recovery.ts'
import type { Alone, CaughtUp } from '../ports/alone.ts'
import { SYSTEM } from '../shared/authorise.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { oneByOne } from '../shared/one-by-one.ts'
import type { SealedReport } from '../warning-work-order/sealed-report.ts'
import type { WarningWorkOrderUseCases } from '../warning-work-order/use-cases.ts'

/** A bill that an order names, as the order has it and as a sealed report shows it. */
type ReportedBill = {
  readonly consNo: ConsNo
  readonly billMonth: BillMonth
  readonly orderNo: OrderNo
  /** Of the order's stream: what is counted holds for what was seen. */
  readonly revision: bigint
  /** Issued and not ended. */
  readonly counts: boolean
  readonly namedOpen: bigint
  readonly writtenOffBefore: bigint
  readonly spans: readonly (readonly [string, string])[]
  readonly open: Fen
  readonly writtenOff: bigint
}

export type RecoveryNeeds = {
  readonly execute: WarningWorkOrderUseCases['execute']
  /** Each province's newest sealed day, none before a date, and a mark that changes when its open orders do. */
  readonly reports: (since: BusinessDate) => Promise<readonly (SealedReport & { readonly orders: string })[]>
  /** Bills that open orders name, beside all issued orders that name them, the oldest first a bill. */
  readonly bills: (report: SealedReport) => Promise<readonly ReportedBill[]>
  readonly alone: Alone
  readonly caughtUp: CaughtUp
}

const LOOK_BACK_DAYS = 62
/** Bills in one event: it is to stay far below what an append takes. */
const BILLS = 2000
const ACTOR = { ...SYSTEM, userId: 'recovery' as UserId }

/**
 * 督办回收 (P4): counts on the orders what the provinces' newest reports show as come in on the bills they name. Worked out anew from
 * what is on record and what is reported, so that restarts, corrections and reports given again count nothing twice; what a
 * write-off took away is no recovery. Answers how many orders counted something anew.
 */
export const recovery = (needs: RecoveryNeeds): ((now: Instant) => Promise<number>) => {
  const counted = new Map<string, string>()
  return async (now) => {
    const reports = await needs.reports(addDays(businessDateOf(now), -LOOK_BACK_DAYS))
    return oneByOne(reports, async ({ orders: mark, ...report }) => {
      const seen = `${report.reportDate} ${report.reportVersion} ${mark}`
      if (counted.get(report.province) === seen) return 0
      const done = await needs.alone(`recovery/${report.province}`, () => countProvince(needs, report, now))
      if (done?.changes === 0) counted.set(report.province, seen)
      return done?.counted ?? 0
    })
  }
}

type Counted = { readonly changes: number; readonly counted: number }

/** Undefined when what others counted is not yet to be seen. */
const countProvince = async (needs: RecoveryNeeds, report: SealedReport, now: Instant): Promise<Counted | undefined> => {
  if (!(await needs.caughtUp())) return undefined
  const changes = changesIn(await needs.bills(report))
  let counted = 0
  for (const { orderNo, revision, bills } of changes) if (await count(needs, report, orderNo, revision, bills, now)) counted++
  return { changes: changes.length, counted }
}

type Change = { readonly orderNo: OrderNo; readonly revision: bigint; readonly bills: readonly CountedBill[] }

/** What counts differently now, order by order. */
const changesIn = (reported: readonly ReportedBill[]): readonly Change[] => {
  const changes = new Map<OrderNo, { readonly orderNo: OrderNo; readonly revision: bigint; readonly bills: CountedBill[] }>()
  for (const namings of Map.groupBy(reported, ({ consNo, billMonth }) => `${consNo} ${billMonth}`).values()) {
    const unpaid = unpaidOf(namings)
    const before = namings.map(({ spans }) => spans.map(([from, until]) => ({ from: BigInt(from), until: BigInt(until) })))
    const after = attributed(
      unpaid,
      namings.map(({ counts, namedOpen, writtenOffBefore }, index) => ({ counts, unpaid: namedOpen + writtenOffBefore, spans: before[index] ?? [] })),
    )
    for (const [index, { orderNo, revision, consNo, billMonth, open }] of namings.entries()) {
      const spans = after[index] ?? []
      if (same(spans, before[index] ?? [])) continue
      const change = changes.get(orderNo) ?? { orderNo, revision, bills: [] }
      changes.set(orderNo, change)
      const pieces = spans.map(({ from, until }) => ({ from: fen(from), until: fen(until) }))
      change.bills.push({ consNo, billMonth, open, counted: fen(lengthOf(spans)), spans: pieces })
    }
  }
  return [...changes.values()]
}

/** What nobody paid, whether it is still asked for or was written off; a write-off that was taken back meanwhile is no payment either. */
const unpaidOf = (namings: readonly ReportedBill[]): bigint => {
  const [{ open, writtenOff } = { open: 0n, writtenOff: 0n }] = namings
  const [most = 0n] = [writtenOff, ...namings.map(({ writtenOffBefore }) => writtenOffBefore)].toSorted((a, b) => (a > b ? -1 : 1))
  return open + most
}

type Pieces = readonly { readonly from: bigint; readonly until: bigint }[]
const same = (a: Pieces, b: Pieces): boolean =>
  a.length === b.length && a.every(({ from, until }, index) => from === b[index]?.from && until === b[index]?.until)

/** Pinned to what was seen of the order: when anything happened to it since, the next round counts. */
const count = async (
  { execute }: RecoveryNeeds,
  { reportDate, reportVersion }: SealedReport,
  orderNo: OrderNo,
  seen: bigint,
  bills: readonly CountedBill[],
  now: Instant,
): Promise<boolean> => {
  let revision = seen
  for (let at = 0; at < bills.length; at += BILLS) {
    const commandId = derivedCommandId(`${orderNo}/${reportDate}/${reportVersion}/${revision}`, 'CountRecovery')
    const data = { reportDate, reportVersion, bills: bills.slice(at, at + BILLS) }
    const asked = { actor: ACTOR, commandId, correlationId: commandId, at: now, pinned: revision }
    const outcome = await execute(orderNo, { type: 'CountRecovery', data }, asked)
    if (outcome.kind !== 'done' || outcome.recorded === 0) return false
    revision = outcome.revision
  }
  return true
}
