import { businessDateOf } from '#domain/shared/dates.ts'
import { accept, type Decider, type Decision, reject } from '#domain/shared/decider.ts'
import { type KnowsTrade, tradeKey, tradePath } from '#domain/shared/trade.ts'
import type { IndustryListCommand } from './commands.ts'
import type { IndustryListEvent } from './events.ts'
import type { EntryKey } from './fields.ts'
import type { IndustryListRejection } from './rejections.ts'
import { type Draft, diffOf, evolve, type IndustryList, initial, latest, sameEntry, type Version } from './state.ts'

type Data<T extends IndustryListCommand['type']> = Extract<IndustryListCommand, { type: T }>['data']
type Answer = Decision<IndustryListEvent, IndustryListRejection>

/** 行业清单: headquarters' list in versions, drafted, issued, acknowledged by each province. `knowsTrade` answers from the classification. */
export const industryList = (knowsTrade: KnowsTrade): Decider<IndustryListCommand, IndustryList, IndustryListEvent, IndustryListRejection> => ({
  initial,
  evolve,
  decide: (command, list) => {
    switch (command.type) {
      case 'DraftVersion':
        return draft(command.data, list)
      case 'AcknowledgeVersion':
        return ofVersion(list, command.data.version, (version) => acknowledge(command.data, version))
      case 'RecordScreening':
        return ofVersion(list, command.data.version, (version) => recordScreening(command.data, version))
      case 'RevokeVersion':
        return ofVersion(list, command.data.version, (version) => revoke(command.data, version))
      default:
        return list.draft ? inDraft(command, list.draft, list, knowsTrade) : reject({ code: 'NO_OPEN_DRAFT' })
    }
  },
})

type InDraft = Exclude<IndustryListCommand, { type: 'DraftVersion' | 'AcknowledgeVersion' | 'RecordScreening' | 'RevokeVersion' }>

const inDraft = (command: InDraft, open: Draft, list: IndustryList, knowsTrade: KnowsTrade): Answer => {
  switch (command.type) {
    case 'AddEntry':
      return addEntry(command.data, open, knowsTrade)
    case 'ChangeEntry':
      return changeEntry(command.data, open)
    case 'RemoveEntry':
      return removeEntry(command.data, open)
    case 'PublishVersion':
      return publish(command.data, open, list)
  }
}

const draft = ({ at, by, basedOn }: Data<'DraftVersion'>, list: IndustryList): Answer => {
  if (list.draft) return reject({ code: 'DRAFT_EXISTS', version: list.draft.version })
  const base = basedOn === undefined ? undefined : list.versions.get(basedOn)
  if (basedOn !== undefined && !base) return reject({ code: 'UNKNOWN_VERSION', version: basedOn })
  const version = Math.max(0, ...list.versions.keys()) + 1
  return accept({ type: 'VersionDrafted', data: { at, by, version, ...(basedOn !== undefined && { basedOn }), entries: [...(base?.entries ?? [])] } })
}

const addEntry = ({ at, by, entry }: Data<'AddEntry'>, { version, entries }: Draft, knowsTrade: KnowsTrade): Answer => {
  const [code] = tradePath(entry.standard, entry.code)
  if (code === undefined || !knowsTrade(entry.standard, code)) return reject({ code: 'UNKNOWN_CODE', entry: keyOf(entry) })
  const standing = entries.get(tradeKey(entry))
  if (standing) return sameEntry(standing, entry) ? accept() : reject({ code: 'DUPLICATE_ENTRY', entry: keyOf(entry) })
  return accept({ type: 'EntryAdded', data: { at, by, version, entry } })
}

const changeEntry = ({ at, by, entry }: Data<'ChangeEntry'>, { version, entries }: Draft): Answer => {
  const before = entries.get(tradeKey(entry))
  if (!before) return reject({ code: 'UNKNOWN_ENTRY', entry: keyOf(entry) })
  return sameEntry(before, entry) ? accept() : accept({ type: 'EntryChanged', data: { at, by, version, before, after: entry } })
}

const removeEntry = ({ at, by, entry }: Data<'RemoveEntry'>, { version, entries }: Draft): Answer =>
  entries.has(tradeKey(entry))
    ? accept({ type: 'EntryRemoved', data: { at, by, version, entry: keyOf(entry) } })
    : reject({ code: 'UNKNOWN_ENTRY', entry: keyOf(entry) })

const keyOf = ({ standard, code }: EntryKey): EntryKey => ({ standard, code })

/** 下发, from today at the earliest; the event says what it changes against the version published before. */
const publish = ({ at, by, effectiveFrom, ackDueAt }: Data<'PublishVersion'>, { version, entries }: Draft, list: IndustryList): Answer => {
  const today = businessDateOf(at)
  if (entries.size === 0) return reject({ code: 'EMPTY_VERSION' })
  if (effectiveFrom < today) return reject({ code: 'EFFECTIVE_IN_PAST', effectiveFrom, today })
  if (ackDueAt <= at) return reject({ code: 'ACKNOWLEDGEMENT_DUE_IN_PAST', ackDueAt })
  const diff = diffOf(latest(list)?.entries ?? [], entries.values())
  return accept({ type: 'VersionPublished', data: { at, by, version, effectiveFrom, ackDueAt, entries: [...entries.values()], diff } })
}

const ofVersion = (list: IndustryList, version: number, decide: (version: Version) => Answer): Answer => {
  const found = list.versions.get(version)
  if (found) return decide(found)
  return reject({ code: list.draft?.version === version ? 'NOT_YET_PUBLISHED' : 'UNKNOWN_VERSION', version })
}

/** 签收确认, once for each province; of an older version too, for it was issued to be seen. */
const acknowledge = ({ at, by, province }: Data<'AcknowledgeVersion'>, { version, revoked, acknowledged, ackDueAt }: Version): Answer => {
  if (acknowledged.has(province)) return accept()
  if (revoked) return reject({ code: 'VERSION_REVOKED', version })
  return accept({ type: 'VersionAcknowledged', data: { at, by, version, province, onTime: at <= ackDueAt } })
}

/** 重新筛选, once for each province; of a version that is in force or was. */
const recordScreening = (data: Data<'RecordScreening'>, { version, revoked, effectiveFrom, screened }: Version): Answer => {
  if (screened.has(data.province)) return accept()
  if (revoked) return reject({ code: 'VERSION_REVOKED', version })
  if (effectiveFrom > businessDateOf(data.at)) return reject({ code: 'NOT_YET_EFFECTIVE', version, effectiveFrom })
  return accept({ type: 'VersionScreened', data })
}

/** 撤回, only while it has not taken effect. */
const revoke = ({ at, by, reason }: Data<'RevokeVersion'>, { version, revoked, effectiveFrom }: Version): Answer => {
  if (revoked) return accept()
  if (effectiveFrom <= businessDateOf(at)) return reject({ code: 'ALREADY_EFFECTIVE', version, effectiveFrom })
  return accept({ type: 'VersionRevoked', data: { at, by, version, reason } })
}
