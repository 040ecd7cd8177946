import type { OrderKind, OrderNo, SilenceId } from './fields.ts'
import { gravest, isGraver, type Warning, type WarningRules } from './rules.ts'
import type { Claim } from './subject.ts'

/** A warning that is not given. `orderNo` is the order in its way; `besides` that order's kind when it is about to be drafted. */
export type Suppressed = { readonly warning: Warning } & (
  | { readonly why: 'duplicate' | 'inhibited'; readonly orderNo: OrderNo }
  | { readonly why: 'inhibited'; readonly besides: OrderKind }
  | { readonly why: 'silenced'; readonly silenceId: SilenceId }
)
export type Sifted = { readonly given: readonly Warning[]; readonly suppressed: readonly Suppressed[] }

type Open = Pick<Claim, 'orderNo' | 'grade'>
/** What stands in the way of warnings of one customer. */
export type Standing = {
  readonly claims: ReadonlyMap<OrderKind, Open>
  /** Orders that were closed until a day that is still to come, by kind. */
  readonly followedUp: ReadonlyMap<OrderKind, Open>
  readonly silencing: (warning: Warning) => SilenceId | undefined
  readonly raisedTo: WarningRules['raisedTo']
}

/**
 * Which warnings of one customer are given (domain brief 3.3): none that a silence covers, none where an order of the kind is open
 * or followed up, unless it is graver, none beside a graver order. A warning graver than the open order of its kind is given in the kind that supervises it.
 */
export const sifted = (warnings: readonly Warning[], standing: Standing): Sifted => {
  const given = new Map<OrderKind, Warning>()
  const suppressed: Suppressed[] = []
  for (const warning of warnings.toSorted((a, b) => (isGraver(a.grade, b.grade) ? -1 : Number(isGraver(b.grade, a.grade))))) {
    const silenceId = standing.silencing(warning)
    const raised = raise(warning, standing)
    const against = silenceId === undefined ? inTheWay(raised, standing, given) : ({ why: 'silenced', silenceId } as const)
    if (against) suppressed.push({ warning, ...against })
    else given.set(raised.kind, merged(given.get(raised.kind), raised))
  }
  return { given: [...given.values()], suppressed }
}

const raise = (warning: Warning, { claims, raisedTo }: Standing): Warning => {
  const open = claims.get(warning.kind)
  const kind = open && isGraver(warning.grade, open.grade) ? raisedTo[warning.kind] : undefined
  return kind === undefined ? warning : { ...warning, kind }
}

type Against = Suppressed extends infer S ? (S extends { readonly warning: Warning } ? Omit<S, 'warning'> : never) : never

const inTheWay = ({ kind, grade }: Warning, { claims, followedUp }: Standing, given: ReadonlyMap<OrderKind, Warning>): Against | undefined => {
  const open = claims.get(kind)
  if (open) return { why: 'duplicate', orderNo: open.orderNo }
  const followed = followedUp.get(kind)
  if (followed && !isGraver(grade, followed.grade)) return { why: 'duplicate', orderNo: followed.orderNo }
  const graver = [...claims.values()].filter((claim) => isGraver(claim.grade, grade)).toSorted((a, b) => (isGraver(a.grade, b.grade) ? -1 : 1))[0]
  if (graver) return { why: 'inhibited', orderNo: graver.orderNo }
  const besides = [...given.values()].find((one) => one.kind !== kind && isGraver(one.grade, grade))
  return besides && { why: 'inhibited', besides: besides.kind }
}

const merged = (before: Warning | undefined, warning: Warning): Warning => {
  if (!before) return warning
  const hits = [...before.hits, ...warning.hits]
  return { ...before, hits, grade: gravest(hits) }
}
