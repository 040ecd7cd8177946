import type { DatabasePool } from 'slonik'
import type { z } from 'zod'
import type { Directory } from '#application/organisation/directory.ts'
import type { Clock } from '#application/ports/clock.ts'
import { BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { Grade, OrderKind, type SupervisionScore } from '#domain/warning-work-order/fields.ts'
import type { Freshness } from '../freshness.ts'
import { Problem } from '../problem.ts'
import { freshnessQuery, several } from '../schemas.ts'

export type SupervisionNeeds = {
  readonly pool: DatabasePool
  readonly directory: Directory
  readonly clock: Clock
  readonly fresh: Freshness
  /** The weights of the ranking, each from the date on which it holds. */
  readonly scores: readonly SupervisionScore[]
}

/** Members of every question about supervision. */
export const Told = {
  ...freshnessQuery,
  date: BusinessDate.optional().describe('Today when left out'),
  from: BusinessDate.optional().describe('First day of issue of the orders that the cohort holds; the first of the month when left out'),
  to: BusinessDate.optional().describe('Last day of issue; the date when left out'),
  province: several(ProvinceCode),
  grade: several(Grade),
  kind: several(OrderKind),
}
type Asked = { readonly [K in keyof typeof Told]?: z.output<(typeof Told)[K]> }

/** What is asked, as the queries know it. Throws a Problem (422) for a period that is none. */
export const askedOf = ({ date: on, from, to: until, province, grade, kind }: Asked, clock: Clock) => {
  const now = clock.now()
  const date = on ?? businessDateOf(now)
  const to = until ?? date
  const first = from ?? (`${to.slice(0, 8)}01` as BusinessDate)
  if (first > to) throw new Problem('VALIDATION_FAILED', { errors: [{ pointer: '/querystring/from', code: 'PERIOD_EMPTY', message: 'begins after it ends' }] })
  return { date, now, period: { from: first, to }, filters: narrowing({ province, grade, kind }) }
}

/** Which orders count, as the queries know it. */
export const narrowing = ({ province, grade, kind }: Pick<Asked, 'province' | 'grade' | 'kind'>) => ({
  ...(province && { provinces: province }),
  ...(grade && { grades: grade }),
  ...(kind && { kinds: kind }),
})
