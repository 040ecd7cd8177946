import type { DatabasePool } from 'slonik'
import { z } from 'zod'
import type { Clock } from '#application/ports/clock.ts'
import { BillMonth, businessDateOf } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { sum } from '#domain/shared/quantities.ts'
import { Subject } from '#domain/warning-work-order/fields.ts'
import { type CurrentFigures, currentFigures } from '#projections/warning-work-order/subjects.queries.ts'
import { type Fault, Problem } from '../problem.ts'

const { consNo, name, level, bills, arrears, asOf } = Subject.shape
const FIGURES = ['name', 'bills', 'arrears', 'asOf'] as const
/** A customer with the figures that the order shall name, or by his number: the figures are then his last report's. */
export const NamedSubject = z
  .strictObject({
    consNo,
    billMonths: z.array(BillMonth).min(1).max(120).optional().describe('Of a customer named by his number'),
    ...{ name: name.optional(), level, bills: bills.optional(), arrears: arrears.optional(), asOf: asOf.optional() },
  })
  .superRefine((one, context) => {
    const given = FIGURES.filter((field) => one[field] !== undefined)
    if (given.length > 0 && one.billMonths) context.addIssue({ code: 'custom', path: ['billMonths'], message: 'the bills are named already' })
    if (given.length > 0)
      for (const field of FIGURES)
        if (one[field] === undefined) context.addIssue({ code: 'custom', path: [field], message: `wanted beside ${given.join(', ')}` })
  })
type NamedSubject = z.output<typeof NamedSubject>
type Figured = NamedSubject & { readonly [K in (typeof FIGURES)[number]]: NonNullable<NamedSubject[K]> }
const hasFigures = (one: NamedSubject): one is Figured => one.bills !== undefined
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
      if (hasFigures(one)) return { province, subject: statedOf(one) }
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
    for (const one of named) if (!hasFigures(one)) byProvince.set(province, [...(byProvince.get(province) ?? []), one.consNo])
  const found = new Map<string, CurrentFigures>()
  for (const [province, consNos] of byProvince)
    for (const figures of await currentFigures(pool, province, consNos, businessDateOf(clock.now()))) found.set(`${province} ${figures.consNo}`, figures)
  return found
}

const statedOf = ({ consNo, name, level, bills, arrears, asOf }: Figured): Subject => ({
  ...{ consNo, name, bills, arrears, asOf, reasons: [] },
  ...(level !== undefined && { level }),
})

const subjectOf = ({ consNo, billMonths }: NamedSubject, figures: CurrentFigures | undefined): Subject => {
  if (!figures) return { consNo, name: consNo, bills: [], arrears: sum([]), asOf: '1970-01-01' as Subject['asOf'], reasons: [] }
  const { name, level, asOf } = figures
  const owed = figures.bills.filter(({ billMonth, open, dueDate }) => open > 0n && (billMonths ? billMonths.includes(billMonth) : dueDate < asOf))
  const bills = owed.map(({ billMonth, open }) => ({ billMonth, open }))
  return { consNo, name, ...(level !== null && { level }), bills, arrears: sum(bills.map(({ open }) => open)), asOf, reasons: [] }
}
