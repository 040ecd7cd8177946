import { type Grouping, groupUserStream } from '#application/group-user/aggregates.ts'
import { groupLinkUseCases } from '#application/group-user/links.ts'
import { groupUserUseCases } from '#application/group-user/use-cases.ts'
import { openDirectory } from '#application/organisation/directory.ts'
import { organisationUseCases } from '#application/organisation/use-cases.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import type { GroupIndex } from '#application/ports/groups.ts'
import { groupWork } from '#application/processes/group-work.ts'
import { SYSTEM } from '#application/shared/authorise.ts'
import type { Outcome } from '#application/shared/outcome.ts'
import { groupOn } from '#domain/group-user/membership.ts'
import type { Role } from '#domain/shared/actor.ts'
import { type BusinessDate, epochOf, instantOfEpoch } from '#domain/shared/dates.ts'
import type { ConsNo } from '#domain/shared/identity.ts'
import { cons, day, org, province, shanghai, user, uuid } from './arbitraries/values.ts'
import { groupsInLog, indexOfLog } from './group-index.ts'
import { link, no, profile } from './group-user.ts'

export const P13S = province('P13S')
const unit = (code: string, level: 'HQ' | 'PROVINCE', parent?: string) => ({
  ...{ code: org(code), level, name: code, shortName: code, validFrom: day('2020-01-01') },
  ...(parent !== undefined && { parent: org(parent) }),
})

export type Log = { readonly store: EventStore; readonly feed: Feed }
export type GroupWorld = Awaited<ReturnType<typeof groupWorld>>

let named = 1_000

/** Headquarters and a province at work on groups, over any log. `through` wraps the store that the commands go through. */
export const groupWorld = async (log: Log, over: { readonly through?: (store: EventStore) => EventStore; readonly groups?: GroupIndex } = {}) => {
  const clock = { at: shanghai('2026-03-02', '09:00'), now: () => clock.at }
  const scope = await openDirectory(log.store, clock)
  await organisationUseCases({ store: log.store, clock, scope }).execute(
    { type: 'RegisterUnits', data: { units: [unit('HQ', 'HQ'), unit('P13S', 'PROVINCE', 'HQ'), unit('P11', 'PROVINCE', 'HQ')] } },
    { actor: SYSTEM, commandId: uuid(1), correlationId: uuid(1) },
  )
  const store = over.through?.(log.store) ?? log.store
  const customers: Grouping['customers'] = async (_, consNos) => new Set(consNos.filter((consNo) => !consNo.startsWith('9')))
  const grouping: Grouping = { store, clock, scope, groups: over.groups ?? indexOfLog(log.feed), customers }
  const groupsAsked = groupUserUseCases(grouping)
  const linksAsked = groupLinkUseCases(grouping)
  const by = (userId: string, orgCode: string, role: Role) => {
    const commandId = uuid(named++)
    return { actor: { userId: user(userId), orgCode: org(orgCode), roles: [role] }, commandId, correlationId: commandId }
  }
  const who = {
    clerk: () => by('p13s.tariff', 'P13S', 'PV_TARIFF'),
    lead: () => by('p13s.lead', 'P13S', 'PV_LEAD'),
    groupClerk: () => by('hq.group', 'HQ', 'HQ_GROUP'),
    hqLead: () => by('hq.lead', 'HQ', 'HQ_LEAD'),
  }
  type Groups = typeof groupsAsked.execute
  const group = (groupNo: string, command: Parameters<Groups>[1], asked = who.groupClerk()) => groupsAsked.execute(no(groupNo), command, asked)
  const onLink = (consNo: string, command: Parameters<typeof linksAsked.execute>[1], asked = who.clerk()) =>
    linksAsked.execute({ province: P13S, consNo: cons(consNo) }, command, asked)
  const propose = (consNo: string, groupNo: string, from: string, until?: string, linkId = 'l1') =>
    onLink(consNo, {
      type: 'ProposeLink',
      data: {
        ...{ province: P13S, consNo: cons(consNo), linkId: link(linkId), groupNo: no(groupNo), basis: 'equity', effectiveFrom: day(from) },
        ...(until !== undefined && { endedOn: day(until) }),
        ...{ evidence: [], reason: 'same owner' },
      },
    })
  const confirm = (consNo: string, linkId = 'l1') => onLink(consNo, { type: 'ConfirmLink', data: { linkId: link(linkId) } }, who.lead())
  const later = (ms: number) => {
    clock.at = instantOfEpoch(epochOf(clock.at) + ms)
    return clock.at
  }
  const worker = (at: EventStore = log.store) => groupWork({ ...grouping, store: at })
  return {
    ...{ log, clock, grouping, who, group, onLink, propose, confirm, later, worker },
    register: (groupNo: string, name = `集团${groupNo}`) => group(groupNo, { type: 'RegisterGroup', data: { profile: profile(name), distinctFrom: [] } }),
    /** Proposed by one, confirmed by another. */
    linked: async (consNo: string, groupNo: string, from: string, until?: string, linkId = 'l1') => {
      must(await propose(consNo, groupNo, from, until, linkId))
      must(await confirm(consNo, linkId))
    },
    proposeMerge: (from: string, into: string, on = '2026-03-01') =>
      group(from, { type: 'ProposeMerge', data: { into: no(into), on: day(on), reason: 'bought' } }),
    approveMerge: (from: string, asked = who.hqLead()) => group(from, { type: 'ApproveMerge', data: {} }, asked),
    /** Lets a worker of its own run until there is nothing left to do. */
    settle: async () => {
      const work = worker()
      later(60_000)
      for (let round = 0; round < 5; round++) if ((await work(clock.at)) === 0) return
      throw new Error('the work does not come to an end')
    },
    statusOf: async (groupNo: string) => (await groupsInLog(log.feed)).groups.get(groupUserStream(no(groupNo)))?.status ?? 'absent',
    /** Who belongs where on a date. */
    members: async (date: string): Promise<ReadonlyMap<ConsNo, string>> => {
      const found = new Map<ConsNo, string>()
      for (const links of (await groupsInLog(log.feed)).links.values()) {
        const groupNo = groupOn(links, day(date) as BusinessDate)
        if (links.customer && groupNo !== undefined) found.set(links.customer.consNo, groupNo)
      }
      return found
    },
  }
}

export const must = <R>(outcome: Outcome<R>): void => {
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
}

/** A process that dies at its nth append: it is not written, or written and never answered; nothing is written afterwards. */
export const dyingAt = (store: EventStore, nth: number, how: 'before' | 'after'): EventStore & { readonly died: () => boolean } => {
  let appends = 0
  const dead = () => new Error('killed')
  return {
    died: () => appends >= nth,
    readStream: (stream, from) => {
      if (appends >= nth) throw dead()
      return store.readStream(stream, from)
    },
    append: async (append) => {
      appends++
      if (appends > nth || (appends === nth && how === 'before')) throw dead()
      const outcome = await store.append(append)
      if (appends >= nth) throw dead()
      return outcome
    },
    appendMany: () => Promise.reject(new Error('not asked for here')),
  }
}
