import type { Instant } from '#domain/shared/dates.ts'
import { accept, type Decider, type Decision, reject } from '#domain/shared/decider.ts'
import type { Uuid } from '#domain/shared/identity.ts'
import type { WarningSubjectCommand } from './commands.ts'
import type { WarningSubjectEvent } from './events.ts'
import { Grade, type NamedBill, type OrderKind, type OrderNo, type SilenceId } from './fields.ts'
import type { WarningSubjectRejection } from './rejections.ts'

export type Claim = {
  readonly orderNo: OrderNo
  readonly grade: Grade
  readonly bills: readonly NamedBill[]
  readonly since: Instant
  /** How often the order had been reopened when it claimed him; left out for never. */
  readonly term?: number
  /** The command that claimed him for what was not recorded yet. */
  readonly attempt?: Uuid
}
/** What is warned of one customer: his open order of each kind, and what is on record of warnings that were not given. */
export type WarningSubject = {
  readonly claims: ReadonlyMap<OrderKind, Claim>
  readonly suppressed: ReadonlySet<string>
}

/** How grave a grade is: the smaller, the graver. */
export const gravity = (grade: Grade): number => Grade.options.indexOf(grade)

/** The gravest open order that is graver than this; it inhibits what the rules would warn of. */
const inhibiting = ({ claims }: WarningSubject, grade: Grade): Claim | undefined =>
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
          claims: new Map([...subject.claims, [data.kind, claimOf(data)]]),
        }
      case 'SubjectReleased':
        return { ...subject, claims: new Map([...subject.claims].filter(([kind]) => kind !== data.kind)) }
      case 'WarningSuppressed':
        return { ...subject, suppressed: new Set([...subject.suppressed, reasonOf(data)]) }
    }
  },
}

const claimOf = ({ orderNo, grade, bills, at, term, attempt }: Extract<WarningSubjectEvent, { type: 'SubjectClaimed' }>['data']): Claim => ({
  ...{ orderNo, grade, bills, since: at },
  ...(term !== undefined && { term }),
  ...(attempt !== undefined && { attempt }),
})

/** Claimed once for an order; another command that is about to put him on the same one waits until the first is done. */
const claim = ({ origin, ...data }: Data<'ClaimSubject'>, subject: WarningSubject): Answer => {
  const { consNo, kind, orderNo, attempt, term = 0 } = data
  const standing = subject.claims.get(kind)
  if (standing) {
    const own = standing.orderNo === orderNo
    const held = standing.term ?? 0
    if (own && term > held) return accept({ type: 'SubjectClaimed', data })
    if (own && (term < held || attempt === undefined || standing.attempt === undefined || attempt === standing.attempt)) return accept()
    return reject({ code: 'DUPLICATE_OPEN_ORDER', consNo, kind, orderNo: standing.orderNo, since: standing.since })
  }
  const graver = origin === 'rules' ? inhibiting(subject, data.grade) : undefined
  if (graver && graver.orderNo !== orderNo) return reject({ code: 'INHIBITED', consNo, orderNo: graver.orderNo, grade: graver.grade })
  return accept({ type: 'SubjectClaimed', data })
}

/** On record once for each grade that an order or a silence keeps from being given, not again with every report that finds the same. */
const suppress = (data: Data<'SuppressWarning'>, { suppressed }: WarningSubject): Answer =>
  suppressed.has(reasonOf(data)) ? accept() : accept({ type: 'WarningSuppressed', data })

type Reason = {
  readonly kind: OrderKind
  readonly grade: Grade
  readonly why: Data<'SuppressWarning'>['why']
  readonly orderNo?: OrderNo | null | undefined
  readonly silenceId?: SilenceId | null | undefined
}
/** What a suppression is known by. */
export const reasonOf = ({ kind, grade, why, orderNo, silenceId }: Reason): string => [kind, grade, why, orderNo ?? silenceId ?? ''].join(' ')
