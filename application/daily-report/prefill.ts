import type { BillFigure, Issue, Row } from '#domain/daily-report/fields.ts'
import { type PenaltyPayment, type PenaltyRules, penaltyOn } from '#domain/penalty/penalty.ts'
import type { BillMonth, BusinessDate } from '#domain/shared/dates.ts'
import { inForceOn } from '#domain/shared/effective.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import type { Level } from '#domain/shared/level.ts'
import { atLeastZero, type Fen, fen, sum } from '#domain/shared/quantities.ts'
import type { Receipt, Receivable, SourceFigures, UserFigures } from '../ports/source.ts'
import { supplyOf } from '../shared/supply.ts'

/** What the register adds to the source's figures. */
export type ListedUser = { readonly consNo: ConsNo; readonly level: Level; readonly measures?: readonly string[] }

export type PrefillDeps = {
  readonly figures: SourceFigures
  /** Every version; the one in force on the report's date is used. */
  readonly penaltyRules: readonly PenaltyRules[]
}

/** `unknown` are users of whom the source has no customer record: their rows have to be entered by hand or excused. */
export type Prefilled = { readonly rows: readonly Row[]; readonly unknown: readonly ConsNo[] }

/**
 * The rows of a province's day as the extracted data have them, in the order of the users. Throws RangeError when no
 * penalty rules were in force on the date.
 */
export const prefill = async (
  deps: PrefillDeps,
  asked: { readonly province: ProvinceCode; readonly date: BusinessDate; readonly users: readonly ListedUser[] },
): Promise<Prefilled> => {
  if (!inForceOn(deps.penaltyRules, asked.date)) throw new RangeError(`no penalty rules are in force on ${asked.date}`)
  const figures = await deps.figures(
    asked.province,
    asked.date,
    asked.users.map(({ consNo }) => consNo),
  )
  const found = new Map(figures.map((one) => [one.consNo, one]))
  const rows = asked.users.flatMap((user) => {
    const one = found.get(user.consNo)
    return one ? [rowOf(one, user, asked.date, deps.penaltyRules)] : []
  })
  return { rows, unknown: asked.users.flatMap(({ consNo }) => (found.has(consNo) ? [] : [consNo])) }
}

const rowOf = (figures: UserFigures, user: ListedUser, date: BusinessDate, rules: readonly PenaltyRules[]): Row => {
  const { powerOffOn, instalment } = figures
  const reversed = fen(0n - amounts(figures.receipts.filter(({ amount, creditedOn }) => amount < 0n && creditedOn === date)))
  return {
    consNo: figures.consNo,
    consName: figures.name,
    ...supplyOf(figures),
    electricityDay: figures.electricityDay,
    electricityMonthToDate: figures.electricityMonthToDate,
    receivedToday: figures.receivedToday,
    prepaidBalance: figures.prepaidBalance,
    inTransit: figures.inTransit,
    powerOff: powerOffOn !== undefined,
    ...(powerOffOn !== undefined && { powerOffDate: powerOffOn }),
    ...(instalment && { instalment }),
    riskLevel: user.level,
    measures: [...(user.measures ?? [])],
    ...(reversed > 0n && { remark: `a receipt of ${yuan(reversed)} yuan was reversed (冲正)` }),
    bills: billsOf(figures, date, rules),
  }
}

const billsOf = ({ receivables, receipts, residential }: UserFigures, date: BusinessDate, rules: readonly PenaltyRules[]): BillFigure[] => {
  const records = Map.groupBy(receivables, ({ billMonth }) => billMonth)
  const movements = Map.groupBy(receipts, ({ billMonth }) => billMonth)
  return [...records].map(([billMonth, own]) => billOf(billMonth, own, movements.get(billMonth) ?? [], residential, date, rules))
}

const isCredited = (date: BusinessDate) => (receipt: Receipt) => receipt.creditedOn !== undefined && receipt.creditedOn <= date
const amounts = (receipts: readonly Receipt[]): Fen => sum(receipts.map(({ amount }) => amount))

const billOf = (
  billMonth: BillMonth,
  records: readonly Receivable[],
  receipts: readonly Receipt[],
  residential: boolean,
  date: BusinessDate,
  rules: readonly PenaltyRules[],
): BillFigure => {
  const credited = receipts.filter(isCredited(date))
  const principal = credited.filter(({ kind }) => kind !== 'penalty')
  const receivable = sum(records.map(({ amount }) => amount))
  // Money first: a bill takes no more of it than its receivable, the rest stands in the prepaid balance; and only what is then owed is written
  // off. What is paid of a debt that was written off is received: the debt was kept on record (账销案存).
  const received = least(amounts(principal.filter(({ kind }) => kind !== 'write-off')), receivable)
  const writtenOff = least(amounts(principal.filter(({ kind }) => kind === 'write-off')), fen(receivable - received))
  const arrears = fen(receivable - received - writtenOff)
  const shares = allocate(records, principal)
  const open = shares.find(({ paid, record }) => sum(paid.map(({ amount }) => amount)) < record.amount)
  const penalties = shares.map(({ record, paid }) => penaltyOn({ dueDate: record.dueOn, receivable: record.amount, residential }, paid, date, rules))
  return {
    billMonth,
    dueDate: (open ?? shares.at(-1)!).record.dueOn,
    receivable,
    received,
    writtenOff,
    arrears,
    penaltyReceivable: sum(penalties),
    penaltyReceived: amounts(credited.filter(({ kind }) => kind === 'penalty')),
    settleFlag: arrears <= 0n ? '03' : received + writtenOff === 0n ? '01' : '02',
  }
}

const least = (a: Fen, b: Fen): Fen => (a < b ? a : b)

type Share = { readonly record: Receivable; readonly paid: readonly PenaltyPayment[] }

/**
 * A month's movements spread over its records, the one due first paid first; a reversal takes back from the last. What a record has been paid
 * after each movement is the month's total less the records before it, so each movement's share is the difference.
 * The penalty stops with the day of payment, even if the money arrived later.
 */
const allocate = (records: readonly Receivable[], movements: readonly Receipt[]): readonly Share[] => {
  const inOrder = records.toSorted((a, b) => (a.dueOn < b.dueOn ? -1 : a.dueOn > b.dueOn ? 1 : 0))
  const byDay = movements.toSorted((a, b) => (a.paidOn < b.paidOn ? -1 : a.paidOn > b.paidOn ? 1 : 0))
  let before = fen(0n)
  return inOrder.map((record) => {
    const start = before
    before = fen(before + record.amount)
    const within = (total: bigint): bigint => least(atLeastZero(fen(total - start)), record.amount)
    let total = 0n
    const paid = byDay.flatMap(({ paidOn, amount }) => {
      const share = within(total + amount) - within(total)
      total += amount
      return share === 0n ? [] : [{ on: paidOn, amount: fen(share) }]
    })
    return { record, paid }
  })
}

const yuan = (amount: Fen): string => `${amount / 100n}.${String(amount % 100n).padStart(2, '0')}`

/** Answers the warnings of prefilled rows by what the source shows; a row that was answered keeps its comment. */
export const answerWarnings = (rows: readonly Row[], issues: readonly Issue[]): readonly Row[] => {
  const warned = Map.groupBy(
    issues.filter(({ severity }) => severity === 'warning'),
    ({ consNo }) => consNo,
  )
  return rows.map((row) => {
    const own = warned.get(row.consNo)
    return own === undefined || row.comment !== undefined ? row : { ...row, comment: [...new Set(own.map((issue) => answer(row, issue)))].join('; ') }
  })
}

const answer = (row: Row, { code, detail }: Issue): string => {
  switch (code) {
    case 'KWH_JUMP':
      return `the meter reads so: ${detail.day} kWh after ${detail.yesterday}`
    case 'UNEXPLAINED_RISE':
      return row.remark ?? 'as the source has it: a receipt was taken back'
    default:
      return 'as the source has it'
  }
}
