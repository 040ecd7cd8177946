import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import type { Evidence, Profile } from '#domain/high-risk-user/fields.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import type { Level } from '#domain/shared/level.ts'
import { type Asked, sign } from '../shared/asked.ts'
import type { BulkOutcome, RowFault } from '../shared/bulk.ts'
import { handle } from '../shared/handle.ts'
import { mapAtOnce } from '../shared/handle-many.ts'
import { derivedCommandId } from '../shared/ids.ts'
import { load } from '../shared/load.ts'
import { newlyRecorded } from '../shared/outcome.ts'
import { admit, isDenied, withReason } from '../shared/perform.ts'
import type { Request } from '../shared/request.ts'
import { bring } from './bring.ts'
import { highRiskUserAggregate, highRiskUserRoles, highRiskUserStream, type Listing, subjectOf } from './use-cases.ts'

/** One customer to be nominated, as a file or a push says it. */
type Nomination = {
  readonly consNo: ConsNo
  readonly profile: Profile
  readonly proposedLevel: Level
  readonly reason?: string | undefined
  readonly evidence: Evidence[]
}
export type NominationRow = { readonly row: number; readonly value: Nomination } | { readonly row: number; readonly faults: readonly RowFault[] }

export type NominateMany = (province: ProvinceCode, rows: AsyncIterable<NominationRow>, asked: Asked) => Promise<BulkOutcome>

type Ready = { readonly row: number; readonly nomination: Nomination; readonly command: HighRiskUserCommand; readonly request: Request }

/**
 * Nominates many customers of a province at once. Every row is checked and decided first, as it would be alone; if any is
 * refused nothing is kept. Each record is its own stream, so the writing is one by one: broken off, it is completed by sending
 * the same again under the same id, and no row is ever written twice.
 */
export const nominateMany =
  (listing: Listing, limits: { readonly rows: number }): NominateMany =>
  async (province, source, asked) => {
    const rows: Extract<NominationRow, { value: unknown }>[] = []
    const faults: RowFault[] = []
    const seen = new Set<ConsNo>()
    for await (const one of source) {
      if (rows.length + faults.length >= limits.rows) return { kind: 'too-large', most: limits.rows }
      if ('faults' in one) faults.push(...one.faults)
      else if (seen.has(one.value.consNo)) faults.push({ row: one.row, consNo: one.value.consNo, field: 'consNo', code: 'DUPLICATE_ROW' })
      else rows.push(one)
      if ('value' in one) seen.add(one.value.consNo)
    }
    await listing.scope.refresh()
    const checked = await mapAtOnce(rows, AT_ONCE, (one) => check(listing, province, one, { ...asked, at: asked.at ?? listing.clock.now() }))
    const denied = checked.find((one) => 'denied' in one && one.denied === 'FORBIDDEN_ROLE')
    if (denied) return { kind: 'forbidden', code: 'FORBIDDEN_ROLE' }
    for (const one of checked) if ('fault' in one) faults.push(one.fault)
    if (faults.length > 0) return { kind: 'invalid', faults: faults.toSorted((a, b) => a.row - b.row) }
    const ready = checked.flatMap((one) => ('command' in one ? [one] : []))
    const written = await mapAtOnce(ready, AT_ONCE, (one) => write(listing, province, one))
    const recorded = written.reduce((count, one) => count + ('recorded' in one ? one.recorded : 0), 0)
    return { kind: 'done', rows: ready.length, recorded, overtaken: written.flatMap((one) => ('fault' in one ? [one.fault] : [])) }
  }

const faultOf = (row: number, consNo: ConsNo, { code }: { readonly code: string }): RowFault => ({ row, consNo, code })

type Checked = Ready | { readonly fault: RowFault; readonly denied?: string }

const check = async (listing: Listing, province: ProvinceCode, { row, value }: Extract<NominationRow, { value: unknown }>, asked: Asked): Promise<Checked> => {
  const key = { province, consNo: value.consNo }
  const command = { type: 'NominateCandidate', data: { ...value, ...key } } as const
  const own = { ...asked, commandId: derivedCommandId(asked.commandId, value.consNo) }
  const admitted = await admit(listing, highRiskUserRoles.NominateCandidate, await subjectOf(listing, key, command, own, asked.at!), own)
  if (isDenied(admitted)) return { fault: { row, consNo: value.consNo, field: 'profile.orgCode', code: admitted.code }, denied: admitted.code }
  const completed = await bring(listing, key, command, admitted.at)
  if ('code' in completed) return { fault: faultOf(row, value.consNo, completed) }
  const request = withReason(admitted, value)
  const signed = sign<HighRiskUserCommand>(completed, request)
  const { state, answered } = await load(listing.store, highRiskUserAggregate, highRiskUserStream(key), request.commandId)
  const decision = answered ? undefined : highRiskUserAggregate.decider.decide(signed, state)
  if (decision && !decision.ok) return { fault: faultOf(row, value.consNo, decision.rejection) }
  return { row, nomination: value, command: signed, request }
}

type Written = { readonly recorded: number } | { readonly fault: RowFault }

const write = async ({ store }: Listing, province: ProvinceCode, { row, nomination: { consNo }, command, request }: Ready): Promise<Written> => {
  const outcome = await handle(store, highRiskUserAggregate, highRiskUserStream({ province, consNo }), command, request)
  if (outcome.kind === 'rejected') return { fault: faultOf(row, consNo, outcome.rejection) }
  if (outcome.kind === 'conflict') return { fault: { row, consNo, code: 'CONFLICT' } }
  return { recorded: newlyRecorded(outcome) }
}

const AT_ONCE = 16
