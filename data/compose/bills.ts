import { addDays, addMonths, type BillMonth, type BusinessDate, firstDay, lastDay } from '#domain/shared/dates.ts'
import { pick } from './chance.ts'
import type { Customer } from './customers.ts'

export type Bill = {
  readonly id: string
  readonly month: BillMonth
  readonly kind: string
  readonly fen: bigint
  readonly kwh: number
  readonly issuedOn: BusinessDate
  readonly dueOn: BusinessDate
}

const FIRST_MONTH = '202501' as BillMonth
/** 2025-01 to 2026-03, that is 15. */
export const MONTHS: readonly BillMonth[] = Array.from({ length: 15 }, (_, index) => addMonths(FIRST_MONTH, index))

/** The stated tariff in 1/10 000 yuan a kWh, and for large industry a capacity charge in fen a kVA and month. Not a real province's. */
const TARIFF = { '110kV': 6012n, '35kV': 6162n, '10kV': 6312n, '380V': 7212n } as const
const CAPACITY_FEN = 2300n
/** The differential price (差别电价) of the first eight high-energy classes. */
const SURCHARGE = 1000n

const price = ({ voltage, electType, hecClass }: Customer): bigint =>
  (electType === '大工业用电' ? TARIFF[voltage] : TARIFF['380V']) + (hecClass !== undefined && Number(hecClass) <= 7 ? SURCHARGE : 0n)

const half = (numerator: bigint, denominator: bigint): bigint => (2n * numerator + denominator) / (2n * denominator)
const energyFen = (customer: Customer, kwh: number): bigint => half(BigInt(kwh) * price(customer), 100n)

const kwhOf = ({ series }: Customer, from: BusinessDate, to: BusinessDate): number => {
  let total = 0
  for (let day = from; day <= to; day = addDays(day, 1)) total += series.kwh.get(day) ?? 0
  return total
}

/** The seven largest of a province settle twice a month, two others pay instalments that are kept apart. */
const settlesTwice = ({ rank }: Customer): boolean => rank < 7 && rank % 2 === 0
export const hasInstalments = ({ rank }: Customer): boolean => rank === 9 || rank === 21

/** Issued on the 1st to 5th of the next month, due around its 20th; a first part of the month on the 16th, due on the 25th. */
export const composeBills = (customer: Customer): readonly Bill[] => {
  const { province, consNo } = customer
  const issueDay = pick(5, 'issue', province, consNo)
  const dueDay = 15 + pick(11, 'due', province, consNo)
  const bills: Bill[] = []
  for (const month of MONTHS) {
    const next = firstDay(addMonths(month, 1))
    const whole = kwhOf(customer, firstDay(month), lastDay(month))
    const charge = customer.electType === '大工业用电' ? BigInt(customer.contractKva) * CAPACITY_FEN : 0n
    const add = (part: string, kind: string, fen: bigint, kwh: number, issuedOn: BusinessDate, dueOn: BusinessDate): void => {
      if (fen > 0n) bills.push({ id: `${month}${part}`, month, kind, fen, kwh, issuedOn, dueOn })
    }
    let rest = whole
    if (settlesTwice(customer)) {
      const first = kwhOf(customer, firstDay(month), addDays(firstDay(month), 14))
      rest -= first
      add('A', '01', energyFen(customer, first), first, addDays(firstDay(month), 15), addDays(firstDay(month), 24))
    }
    if (hasInstalments(customer))
      for (const [number, day] of [7, 17, 27].entries()) {
        const due = addDays(firstDay(month), day)
        add(`P${number + 1}`, '11', energyFen(customer, whole) / 4n, 0, addDays(due, -3), due)
      }
    add('F', '01', energyFen(customer, rest) + charge, rest, addDays(next, issueDay), addDays(next, dueDay - 1))
  }
  return bills
}
