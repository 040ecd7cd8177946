import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { Clock } from '#application/ports/clock.ts'
import { BillMonth, businessDateOf } from '#domain/shared/dates.ts'
import { ConsNo, type ProvinceCode } from '#domain/shared/identity.ts'
import { sum } from '#domain/shared/quantities.ts'
import { Subject } from '#domain/warning-work-order/fields.ts'
import { type CurrentFigures, currentFigures } from '#projections/warning-work-order/subjects.queries.ts'
import { type Fault, Problem } from '../problem.ts'

const ByNumber = z.strictObject({ consNo: ConsNo, billMonths: z.array(BillMonth).min(1).max(120).optional() })
/** A customer with the figures that the order shall name, or by his number: the figures are then his last report's. */
export const NamedSubject = z.union([Subject, ByNumber])
type NamedSubject = z.output<typeof NamedSubject>
type Asked = { readonly province: ProvinceCode; readonly named: readonly NamedSubject[] }
type Filled = { readonly province: ProvinceCode; readonly subject: Subject }

/** Customers with their figures, in the order in which they were named. Throws a Problem (422) that points at each who is in no report. */
export const filled = async (
  pool: Pick<DatabasePool, 'any'>,
  clock: Clock,
  asked: readonly Asked[],
  pointer: (group: number, place: number) => string,
): Promise<readonly Filled[]> => {
  const found = await figuresOf(pool, clock, asked)
  const errors: Fault[] = []
  const subjects = asked.flatMap(({ province, named }, group) =>
    named.map((one, place): Filled => {
      if ('bills' in one) return { province, subject: one }
      const figures = found.get(`${province} ${one.consNo}`)
      if (!figures) errors.push({ pointer: pointer(group, place), consNo: one.consNo, code: 'NO_FIGURES', message: 'in no sealed report of the last weeks' })
      return { province, subject: subjectOf(one, figures) }
    }),
  )
  if (errors.length > 0) throw new Problem('VALIDATION_FAILED', { errors })
  return subjects
}

const figuresOf = async (pool: Pick<DatabasePool, 'any'>, clock: Clock, asked: readonly Asked[]): Promise<ReadonlyMap<string, CurrentFigures>> => {
  const byProvince = new Map<ProvinceCode, ConsNo[]>()
  for (const { province, named } of asked)
    for (const one of named) if (!('bills' in one)) byProvince.set(province, [...(byProvince.get(province) ?? []), one.consNo])
  const found = new Map<string, CurrentFigures>()
  for (const [province, consNos] of byProvince)
    for (const figures of await currentFigures(pool, province, consNos, businessDateOf(clock.now()))) found.set(`${province} ${figures.consNo}`, figures)
  return found
}

const subjectOf = ({ consNo, billMonths }: z.output<typeof ByNumber>, figures: CurrentFigures | undefined): Subject => {
  if (!figures) return { consNo, name: consNo, bills: [], arrears: sum([]), asOf: '1970-01-01' as Subject['asOf'], reasons: [] }
  const { name, level, asOf } = figures
  const owed = figures.bills.filter(({ billMonth, open, dueDate }) => open > 0n && (billMonths ? billMonths.includes(billMonth) : dueDate < asOf))
  const bills = owed.map(({ billMonth, open }) => ({ billMonth, open }))
  return { consNo, name, ...(level !== null && { level }), bills, arrears: sum(bills.map(({ open }) => open)), asOf, reasons: [] }
}
