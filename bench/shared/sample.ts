import { randomUUID } from 'node:crypto'
import type { NewEvent } from '#application/ports/event-store.ts'
import { newEvents } from '#application/shared/handle.ts'
import type { Request } from '#application/shared/request.ts'
import { type HighRiskUserEvent, highRiskUserEvents } from '#domain/high-risk-user/events.ts'
import { Actor } from '#domain/shared/actor.ts'
import { Instant } from '#domain/shared/dates.ts'
import { ConsNo, ProvinceCode, Uuid } from '#domain/shared/identity.ts'
import { streamName } from '#domain/shared/stream-name.ts'

const at = Instant.parse('2026-03-02T01:00:00.000Z')
const actor = Actor.parse({ userId: 'pv.tariff@P13S', roles: ['PV_TARIFF'], orgCode: 'P13S' })
const template = highRiskUserEvents.UserListed.schema.parse({
  at,
  by: actor.userId,
  province: 'P13S',
  consNo: '0000000000',
  level: 'II',
  owner: 'pv.tariff@P13S',
  listedOn: '2026-03-02',
  basis: ['近12个月三次逾期', '行业在清单内'],
  profile: {
    name: '河北某某钢铁有限公司',
    orgCode: 'P13S',
    standard: 'GB/T 4754-2017',
    tradeCode: 'C3120',
    electType: '大工业用电',
    voltage: 'AC00101',
    contractCapacity: '20000000',
    runningCapacity: '16000000',
  },
})

const consNo = (number: number): ConsNo => ConsNo.parse(String(number).padStart(10, '0'))
export const streamOf = (number: number) => streamName('HighRiskUser', 'P13S', consNo(number))

/** One fact of the catalogue, some 400 bytes as the log keeps it. */
export const userListed = (number: number): HighRiskUserEvent => ({
  type: 'UserListed',
  data: { ...template, province: ProvinceCode.parse('P13S'), consNo: consNo(number) },
})

export const aRequest = (): Request => {
  const commandId = Uuid.parse(randomUUID())
  return { actor, role: 'PV_TARIFF', commandId, correlationId: commandId, at }
}

/** A decided event on the path that every command takes: schema, canonical form, metadata, ids that name the command. */
export const encoded = (number: number, count = 1): readonly NewEvent[] => {
  const event = userListed(number)
  return newEvents(
    highRiskUserEvents,
    Array.from({ length: count }, () => event),
    aRequest(),
  )
}
