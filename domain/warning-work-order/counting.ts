import { canonicalJson } from '#domain/shared/canonical-json.ts'
import { accept, reject } from '#domain/shared/decider.ts'
import { atLeastZero, type Fen, minus, sum } from '#domain/shared/quantities.ts'
import { type Answer, type Data, keyed } from './answer.ts'
import type { WarningWorkOrderRejection } from './rejections.ts'
import { billKey, type IssuedOrder } from './state.ts'

type Bill = Data<'CountRecovery'>['bills'][number]

/**
 * 督办回收金额: what a sealed report shows as come in on the named bills, as far as it counts for this order (domain brief 4.2).
 * Recorded when something changed, up or down; a report older than the last one says nothing any more.
 */
export const countRecovery = (data: Data<'CountRecovery'>, order: IssuedOrder): Answer => {
  const { reportDate, reportVersion, bills } = data
  const { asOf, bills: standing } = order.recovery
  if (asOf && (reportDate < asOf.reportDate || (reportDate === asOf.reportDate && reportVersion < asOf.reportVersion))) return accept()
  const named = namedBills(order)
  for (const bill of bills) {
    const refused = wrongBill(bill, named.get(billKey(bill.consNo, bill.billMonth)))
    if (refused) return reject(refused)
  }
  const changed = bills.filter((bill) => {
    const key = billKey(bill.consNo, bill.billMonth)
    const before = standing.get(key)
    return before ? canonicalJson(before) !== canonicalJson(bill) : bill.open !== named.get(key) || bill.counted !== 0n
  })
  if (changed.length === 0) return accept()
  const counted = new Map([...standing].map(([key, bill]) => [key, bill.counted]))
  for (const bill of changed) counted.set(billKey(bill.consNo, bill.billMonth), bill.counted)
  return accept({ type: 'RecoveryCounted', data: { ...keyed(data, order), reportDate, reportVersion, bills: changed, recovered: sum(counted.values()) } })
}

/** What each named bill had open when it was named. */
const namedBills = ({ subjects }: IssuedOrder): ReadonlyMap<string, Fen> =>
  new Map(subjects.flatMap(({ consNo, bills }) => bills.map(({ billMonth, open }) => [billKey(consNo, billMonth), open] as const)))

const wrongBill = ({ consNo, billMonth, open, counted }: Bill, named: Fen | undefined): WarningWorkOrderRejection | undefined => {
  if (named === undefined) return { code: 'BILL_NOT_NAMED', consNo, billMonth }
  if (counted < 0n) return { code: 'AMOUNT_INVALID', consNo, amount: counted }
  const most = open < 0n ? named : atLeastZero(minus(named, open))
  return counted > most ? { code: 'RECOVERY_TOO_HIGH', consNo, billMonth, most } : undefined
}
