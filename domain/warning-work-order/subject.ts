import type { Instant } from '#domain/shared/dates.ts'
import { accept, type Decider, type Decision, reject } from '#domain/shared/decider.ts'
import type { WarningSubjectCommand } from './commands.ts'
import type { WarningSubjectEvent } from './events.ts'
import { Grade, type NamedBill, type OrderKind, type OrderNo } from './fields.ts'
import type { WarningSubjectRejection } from './rejections.ts'

export type Claim = { readonly orderNo: OrderNo; readonly grade: Grade; readonly bills: readonly NamedBill[]; readonly since: Instant }
/** What is warned of one customer: his open order of each kind, and what is on record of warnings that were not given. */
export type WarningSubject = {
  readonly claims: ReadonlyMap<OrderKind, Claim>
  readonly suppressed: ReadonlySet<string>
}

/** How grave a grade is: the smaller, the graver. */
export const gravity = (grade: Grade): number => Grade.options.indexOf(grade)

/** The gravest open order that is graver than this; it inhibits what the rules would warn of. */
export const inhibiting = ({ claims }: WarningSubject, grade: Grade): Claim | undefined =>
  [...claims.values()].filter((claim) => gravity(claim.grade) < gravity(grade)).toSorted((a, b) => gravity(a.grade) - gravity(b.grade))[0]

type Answer = Decision<WarningSubjectEvent, WarningSubjectRejection>
type Data<T extends WarningSubjectCommand['type']> = Extract<WarningSubjectCommand, { type: T }>['data']

/** One customer's warnings: at most one open order of a kind, decided here because it spans orders. */
export const warningSubject: Decider<WarningSubjectCommand, WarningSubject, WarningSubjectEvent, WarningSubjectRejection> = {
  initial: { claims: new Map(), suppressed: new Set() },

  decide: (command, subject) => {
    switch (command.type) {
      case 'ClaimSubject':
        return claim(command.data, subject)
      case 'ReleaseSubject':
        return subject.claims.get(command.data.kind)?.orderNo === command.data.orderNo ? accept({ type: 'SubjectReleased', data: command.data }) : accept()
      case 'SuppressWarning':
        return suppress(command.data, subject)
    }
  },

  evolve: (subject, { type, data }) => {
    switch (type) {
      case 'SubjectClaimed':
        return {
          ...subject,
          claims: new Map([...subject.claims, [data.kind, { orderNo: data.orderNo, grade: data.grade, bills: data.bills, since: data.at }]]),
        }
      case 'SubjectReleased':
        return { ...subject, claims: new Map([...subject.claims].filter(([kind]) => kind !== data.kind)) }
      case 'WarningSuppressed':
        return { ...subject, suppressed: new Set([...subject.suppressed, reasonOf(data)]) }
    }
  },
}

const claim = ({ origin, ...data }: Data<'ClaimSubject'>, subject: WarningSubject): Answer => {
  const { consNo, kind, orderNo } = data
  const standing = subject.claims.get(kind)
  if (standing)
    return standing.orderNo === orderNo ? accept() : reject({ code: 'DUPLICATE_OPEN_ORDER', consNo, kind, orderNo: standing.orderNo, since: standing.since })
  const graver = origin === 'rules' ? inhibiting(subject, data.grade) : undefined
  if (graver && graver.orderNo !== orderNo) return reject({ code: 'INHIBITED', consNo, orderNo: graver.orderNo, grade: graver.grade })
  return accept({ type: 'SubjectClaimed', data })
}

/** On record once for each grade that an order or a silence keeps from being given, not again with every report that finds the same. */
const suppress = (data: Data<'SuppressWarning'>, { suppressed }: WarningSubject): Answer =>
  suppressed.has(reasonOf(data)) ? accept() : accept({ type: 'WarningSuppressed', data })

const reasonOf = ({ kind, grade, why, orderNo, silenceId }: Data<'SuppressWarning'>): string => [kind, grade, why, orderNo ?? silenceId ?? ''].join(' ')
