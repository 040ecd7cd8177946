import { canonicalJson } from '#domain/shared/canonical-json.ts'
import type { Instant } from '#domain/shared/dates.ts'
import { accept, type Decider, reject } from '#domain/shared/decider.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import type { WarningSilencesCommand } from './commands.ts'
import type { WarningSilenceEvent } from './events.ts'
import type { Grade, Matcher, OrderKind, SilenceId } from './fields.ts'
import type { WarningSilencesRejection } from './rejections.ts'

type Silence = { readonly matcher: Matcher; readonly until: Instant; readonly ended: boolean }
export type WarningSilences = ReadonlyMap<SilenceId, Silence>

/** 静默: who set it, what it speaks of and when it ends are on record. */
export const warningSilences: Decider<WarningSilencesCommand, WarningSilences, WarningSilenceEvent, WarningSilencesRejection> = {
  initial: new Map(),

  decide: ({ type, data }, silences) => {
    const standing = silences.get(data.silenceId)
    if (type === 'EndSilence') {
      if (!standing) return reject({ code: 'UNKNOWN_SILENCE', silenceId: data.silenceId })
      return standing.ended || standing.until <= data.at ? accept() : accept({ type: 'SilenceEnded', data })
    }
    if (standing)
      return !standing.ended && standing.until === data.until && canonicalJson(standing.matcher) === canonicalJson(data.matcher)
        ? accept()
        : reject({ code: 'SILENCE_ID_TAKEN', id: data.silenceId })
    if (data.until <= data.at) return reject({ code: 'INSTANT_TOO_EARLY', instant: data.until, earliest: data.at })
    return accept({ type: 'Silenced', data })
  },

  evolve: (silences, { type, data }) => {
    if (type === 'Silenced') return new Map([...silences, [data.silenceId, { matcher: data.matcher, until: data.until, ended: false }]])
    const standing = silences.get(data.silenceId)
    return standing ? new Map([...silences, [data.silenceId, { ...standing, ended: true }]]) : silences
  },
}

/** A warning that might be given. */
export type Warned = {
  readonly province: ProvinceCode
  readonly consNo: ConsNo
  readonly kind: OrderKind
  readonly grade: Grade
  readonly rules: readonly string[]
}

/** The silence that keeps a warning from being given at an instant. Rules: when every one that speaks is silenced, by this or another silence. */
export const silencing = (silences: WarningSilences, at: Instant, warned: Warned): SilenceId | undefined => {
  const heard = new Set(warned.rules)
  for (const [id, { matcher, until, ended }] of silences) {
    if (ended || until <= at || !matches(matcher, warned)) continue
    if (matcher.rule === undefined) return id
    heard.delete(matcher.rule)
    if (heard.size === 0) return id
  }
  return undefined
}

const matches = ({ province, consNo, kind, grade, rule }: Matcher, warned: Warned): boolean =>
  (province === undefined || province === warned.province) &&
  (consNo === undefined || consNo === warned.consNo) &&
  (kind === undefined || kind === warned.kind) &&
  (grade === undefined || grade === warned.grade) &&
  (rule === undefined || warned.rules.includes(rule))
