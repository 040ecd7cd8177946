import { type GroupReleaseEvent, groupReleaseEvents } from '#domain/group-user/events.ts'
import type { GroupNo, Measure, ReleaseRules } from '#domain/group-user/fields.ts'
import { MEASURES } from '#domain/group-user/fields.ts'
import { type Audit, type HeldBack, MOST_NAMED, openAudit, releasedIn, releaseId } from '#domain/group-user/release.ts'
import { type BillMonth, type BusinessDate, businessDateOf, type Instant } from '#domain/shared/dates.ts'
import { inForceOn } from '#domain/shared/effective.ts'
import type { ConsNo, ProvinceCode, UserId } from '#domain/shared/identity.ts'
import { GROUP_RELEASE } from '../group-user/aggregates.ts'
import type { EventStore, ExpectedRevision, NewEvent } from '../ports/event-store.ts'
import { SYSTEM } from '../shared/authorise.ts'
import { appendUntilKnown, newEvents } from '../shared/handle.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { readEvent } from '../shared/load.ts'

/** A group's closed month that might be released: the kept sums that say so were made at an instant, by which it is known whether they changed. */
export type ReleaseDue = { readonly groupNo: GroupNo; readonly month: BillMonth; readonly epoch: string; readonly onDate: BusinessDate }

/** What a province's members of such a month come to, and the largest of them, by measure. */
export type ReleaseFact = {
  readonly groupNo: GroupNo
  readonly month: BillMonth
  readonly province: ProvinceCode
  readonly members: readonly ConsNo[]
  readonly sums: Readonly<Record<Measure, bigint>>
  readonly largest: Readonly<Record<Measure, bigint>>
}

export type GroupReleaseNeeds = {
  readonly store: EventStore
  /** Every version of headquarters' setting. */
  readonly rules: readonly ReleaseRules[]
  /** Closed months of groups that may be ripe: not released, and not held back already for the same members and figures. By month. */
  readonly due: (today: BusinessDate, rules: ReleaseRules) => Promise<readonly ReleaseDue[]>
  readonly facts: (due: readonly ReleaseDue[]) => Promise<readonly ReleaseFact[]>
  /** Remembers why a month was held back, until its members or figures change. */
  readonly holdBack: (due: ReleaseDue, why: HeldBack, rules: ReleaseRules) => Promise<void>
}

const ACTOR = { ...SYSTEM, userId: 'group-release' as UserId }
/** Totals looked at in one statement. */
const AT_ONCE = 20

/** What was released, as it was read; told on from there. */
type Reading = { readonly audit: Audit; next: bigint }

/**
 * Releases to the provinces what they may be told of each other's members (集团数据发布): totals of closed months that stand by the rules,
 * each once and for good, as events of one stream; so whoever writes has judged beside everything released before. It remembers
 * what it has read of that stream. What may not be released yet is looked at again when its members or figures change. Answers how many were released.
 */
export const groupReleases = (needs: GroupReleaseNeeds): ((now: Instant) => Promise<number>) => {
  let reading: Reading | undefined
  return async (now) => {
    const today = businessDateOf(now)
    const rules = inForceOn(needs.rules, today)
    if (!rules || rules.measures.length === 0) return 0
    const due = await needs.due(today, rules)
    if (due.length === 0) return 0
    const read = await readOn(needs.store, reading ?? { audit: openAudit(), next: 0n })
    reading = undefined // what breaks off in the middle is read anew
    let released = 0
    for (let at = 0; at < due.length; at += AT_ONCE) {
      const some = await releaseSome(needs, due.slice(at, at + AT_ONCE), read, rules, now)
      if (some === 'overtaken') return released
      released += some
    }
    reading = read
    return released
  }
}

const readOn = async (store: EventStore, reading: Reading): Promise<Reading> => {
  for await (const page of store.readStream(GROUP_RELEASE, reading.next))
    for (const recorded of page) {
      reading.audit.release(releasedIn(readEvent<GroupReleaseEvent>(groupReleaseEvents, recorded).event))
      reading.next = recorded.revision + 1n
    }
  return reading
}

/** 'overtaken' when somebody else released meanwhile: what was judged was judged without that. */
const releaseSome = async (
  needs: GroupReleaseNeeds,
  due: readonly ReleaseDue[],
  reading: Reading,
  rules: ReleaseRules,
  now: Instant,
): Promise<number | 'overtaken'> => {
  const { audit } = reading
  const facts = Map.groupBy(await needs.facts(due), releaseId)
  let ready: NewEvent[] = []
  let named = 0
  let released = 0
  const write = async (): Promise<boolean> => {
    if (ready.length === 0) return true
    const expected: ExpectedRevision = reading.next === 0n ? 'absent' : reading.next - 1n
    const outcome = await appendUntilKnown(needs.store, { stream: GROUP_RELEASE, expected, events: ready })
    if (outcome.kind === 'conflict') return false
    reading.next += BigInt(ready.length)
    released += ready.length
    ready = []
    named = 0
    return true
  }
  for (const one of due) {
    const own = facts.get(releaseId(one))
    if (!own || audit.has(releaseId(one))) continue
    const event = releaseOf(one, own, rules, now)
    const why = audit.refuses({ ...releasedIn(event), provinces: new Map(own.map((fact) => [fact.province, measured(fact)])) }, rules)
    if (why) {
      await needs.holdBack(one, why, rules)
      continue
    }
    const members = own.reduce((sum, fact) => sum + fact.members.length, 0)
    if (named + members > MOST_NAMED && !(await write())) return 'overtaken'
    ready.push(...eventsOf(event, now))
    named += members
    audit.release(releasedIn(event))
  }
  return (await write()) ? released : 'overtaken'
}

const measured = ({ sums, largest }: ReleaseFact) => ({ sums: MEASURES.map((name) => sums[name]), largest: MEASURES.map((name) => largest[name]) })

const releaseOf = ({ groupNo, month }: ReleaseDue, facts: readonly ReleaseFact[], rules: ReleaseRules, at: Instant): GroupReleaseEvent => {
  const provinces = facts.map(({ province, members, sums }) => ({ province, members: [...members], ...sums }))
  return { type: 'GroupTotalsReleased', data: { at, by: ACTOR.userId, groupNo, month, rules, provinces } as GroupReleaseEvent['data'] }
}

const eventsOf = (event: GroupReleaseEvent, now: Instant): readonly NewEvent[] => {
  const commandId = derivedCommandId(GROUP_RELEASE, releaseId(event.data))
  return newEvents(groupReleaseEvents, [event], { actor: ACTOR, role: 'SYS', commandId, correlationId: commandId, at: now })
}
