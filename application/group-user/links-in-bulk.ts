import type { GroupLinkCommand } from '#domain/group-user/commands.ts'
import { groupLinks } from '#domain/group-user/links.ts'
import type { GroupRegister } from '#domain/group-user/register-state.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { type Asked, sign } from '../shared/asked.ts'
import { ofProvince } from '../shared/authorise.ts'
import type { BulkOutcome, RowFault } from '../shared/bulk.ts'
import { handle } from '../shared/handle.ts'
import { mapAtOnce } from '../shared/handle-many.ts'
import { load } from '../shared/load.ts'
import { newlyRecorded } from '../shared/outcome.ts'
import { admit, isDenied, withReason } from '../shared/perform.ts'
import type { Request } from '../shared/request.ts'
import { type Grouping, groupLinkAggregate, groupLinkRoles, groupLinkStream } from './aggregates.ts'
import { stepOf } from './follow.ts'
import { bringLink, type LinkCommand } from './links.ts'
import { registerReader } from './read-register.ts'

/** What can be asked of many customers at once. */
export type BulkType = 'ProposeLink' | 'ConfirmLink' | 'DismissSuggestion'

type Wanted = { readonly row: number; readonly consNo: ConsNo; readonly command: Extract<LinkCommand, { type: BulkType }> }
export type LinkRow = Wanted | { readonly row: number; readonly faults: readonly RowFault[] }

export type LinksInBulk = (type: BulkType, province: ProvinceCode, rows: AsyncIterable<LinkRow>, asked: Asked) => Promise<BulkOutcome>

const AT_ONCE = 16

/**
 * Many links of a province in one request. Every row is decided first as it would be alone, rows of one customer after each
 * other; if any is refused, nothing is kept. Each customer is his own stream, so the writing is one by one: broken off, it is
 * completed by sending the same again under the same id, and no row is ever written twice.
 */
export const linksInBulk = (grouping: Grouping, limits: { readonly rows: number }): LinksInBulk => {
  const readRegister = registerReader(grouping.store)
  return async (type, province, source, asked) => {
    const admitted = await admit(grouping, groupLinkRoles[type], ofProvince(province), asked)
    if (isDenied(admitted)) return { kind: 'forbidden', code: admitted.code }
    const wanted: Wanted[] = []
    const faults: RowFault[] = []
    for await (const row of source) {
      if (wanted.length + faults.length >= limits.rows) return { kind: 'too-large', most: limits.rows }
      if ('faults' in row) faults.push(...row.faults)
      else wanted.push(row)
    }
    const consNos = type === 'ProposeLink' ? [...new Set(wanted.map(({ consNo }) => consNo))] : []
    const known = consNos.length === 0 ? new Set<ConsNo>() : await grouping.customers(province, consNos)
    const check: Check = { grouping, province, known, register: await readRegister(), request: admitted }
    const customers = [...Map.groupBy(wanted, ({ consNo }) => consNo).values()]
    faults.push(...(await mapAtOnce(customers, AT_ONCE, (rows) => checkCustomer(check, rows))).flat())
    if (faults.length > 0) return { kind: 'invalid', faults: faults.toSorted((a, b) => a.row - b.row) }
    const written = await mapAtOnce(customers, AT_ONCE, (rows) => writeCustomer(check, rows))
    const recorded = written.reduce((sum, one) => sum + one.recorded, 0)
    return { kind: 'done', rows: wanted.length, recorded, overtaken: written.flatMap((one) => one.faults) }
  }
}

type Check = {
  readonly grouping: Grouping
  readonly province: ProvinceCode
  readonly known: ReadonlySet<ConsNo>
  readonly register: GroupRegister
  readonly request: Request
}

/** A row's own request: named by what it says, so that the same rows in another order are the same commands. */
const requestOf = ({ request }: Check, { consNo, command }: Wanted): Request => {
  const step = command.type === 'DismissSuggestion' ? `${command.data.groupNo}/${command.data.facts}` : command.data.linkId
  return withReason(stepOf(request, `${consNo}/${step}`), command.data)
}

const checkCustomer = async (check: Check, rows: readonly Wanted[]): Promise<readonly RowFault[]> => {
  const stream = groupLinkStream({ province: check.province, consNo: rows[0]!.consNo })
  let { state } = await load(check.grouping.store, groupLinkAggregate, stream)
  const faults: RowFault[] = []
  for (const wanted of rows) {
    const { row, consNo, command } = wanted
    const request = requestOf(check, wanted)
    const { answered } = await load(check.grouping.store, groupLinkAggregate, stream, request.commandId)
    if (answered) continue
    const decision = groupLinks.decide(sign<GroupLinkCommand>(bringLink(command, state, check.register, check.known.has(consNo)), request), state)
    if (decision.ok) state = decision.events.reduce(groupLinks.evolve, state)
    else faults.push({ row, consNo, code: decision.rejection.code })
  }
  return faults
}

const writeCustomer = async (check: Check, rows: readonly Wanted[]): Promise<{ readonly recorded: number; readonly faults: readonly RowFault[] }> => {
  const stream = groupLinkStream({ province: check.province, consNo: rows[0]!.consNo })
  const faults: RowFault[] = []
  let recorded = 0
  for (const wanted of rows) {
    const { row, consNo, command } = wanted
    const request = requestOf(check, wanted)
    const { state } = await load(check.grouping.store, groupLinkAggregate, stream)
    const complete = sign<GroupLinkCommand>(bringLink(command, state, check.register, check.known.has(consNo)), request)
    const outcome = await handle(check.grouping.store, groupLinkAggregate, stream, complete, request)
    if (outcome.kind === 'rejected') faults.push({ row, consNo, code: outcome.rejection.code })
    else if (outcome.kind === 'conflict') faults.push({ row, consNo, code: 'CONFLICT' })
    else recorded += newlyRecorded(outcome)
  }
  return { recorded, faults }
}
