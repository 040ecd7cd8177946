import { expect, test } from 'vitest'
import type { EventStore, NewEvent } from '#application/ports/event-store.ts'
import { readEvent } from '#application/shared/load.ts'
import { warningWorkOrderStream } from '#application/warning-work-order/aggregates.ts'
import type { Drafting } from '#application/warning-work-order/drafts.ts'
import { warningWorkOrderUseCases } from '#application/warning-work-order/use-cases.ts'
import { type WarningWorkOrderEvent, warningWorkOrderEvents } from '#domain/warning-work-order/events.ts'
import type { OrderNo } from '#domain/warning-work-order/fields.ts'
import { shanghai } from '#test/support/arbitraries/values.ts'
import { ownLog } from '#test/support/postgres.ts'
import { drafting, isLive, workOrderWorld } from '#test/support/work-orders.ts'

const log = await ownLog()
const w = await workOrderWorld(log.store)

const typesOf = async (orderNo: OrderNo): Promise<readonly WarningWorkOrderEvent['type'][]> => {
  const found: WarningWorkOrderEvent['type'][] = []
  for await (const page of w.store.readStream(warningWorkOrderStream(orderNo)))
    for (const recorded of page) found.push(readEvent<WarningWorkOrderEvent>(warningWorkOrderEvents, recorded).event.type)
  return found
}
const clerk = () => w.by('HQ', 'HQ_TARIFF')
const withdraw = (orderNo: OrderNo) => w.orders.execute(orderNo, { type: 'WithdrawOrder', data: { reason: 'paid' } }, w.by('HQ', 'HQ_LEAD'))

/** A log before whose writes something happens, once: when these events are about to be written. */
const interrupted = (store: EventStore, types: readonly string[], first: () => Promise<void>): EventStore => {
  let happened: Promise<void> | undefined
  const before = async (events: readonly NewEvent[]) => {
    if (!events.some(({ type }) => types.includes(type))) return
    happened ??= first()
    await happened
  }
  return {
    ...store,
    append: async (append) => {
      await before(append.events)
      return store.append(append)
    },
    appendMany: async (appends) => {
      await before(appends.flatMap(({ events }) => events))
      return store.appendMany(appends)
    },
  }
}

/** One sending is refused and about to let its customers go when another of the same command finds the way free. */
const refusedWhileAnother = async (customers: readonly string[], draftings: readonly Drafting[]) => {
  const taken = customers.at(-1)!
  const standing = await w.orders.draft(drafting([taken]), clerk())
  const asked = clerk()
  let other: Awaited<ReturnType<typeof w.orders.draftMany>> | undefined
  const store = interrupted(w.store, ['SubjectReleased', 'OrderNumberVoided'], async () => {
    await withdraw(standing.orderNo!)
    other = await w.orders.draftMany(draftings, 'draft-nothing', asked)
  })
  const slow = await warningWorkOrderUseCases({ ...w.needs, store }).draftMany(draftings, 'draft-nothing', asked)
  return { slow, other: other! }
}

const heldAsNamed = async (orderNo: OrderNo): Promise<void> => {
  const order = await w.orderOf(orderNo)
  if (!isLive(order)) throw new Error(`${orderNo} is ${order.status}`)
  for (const { consNo } of order.subjects) expect((await w.claimOf(consNo))?.orderNo, consNo).toBe(orderNo)
}

test('a sending that was refused does not let go of whom another sending of the same draft has drafted', async () => {
  const { slow, other } = await refusedWhileAnother(['1', '2'], [drafting(['1', '2'])])
  if (other.kind !== 'drafted' || slow.kind !== 'drafted') throw new Error(`${other.kind} ${slow.kind}`)
  expect(slow.orders.map((order) => order?.orderNo)).toEqual(other.orders.map((order) => order?.orderNo))
  await heldAsNamed(other.orders[0]!.orderNo)
})

test('of a draft of several orders the first decides for all', async () => {
  const { slow, other } = await refusedWhileAnother(['11', '12', '13'], [drafting(['11']), drafting(['12', '13'])])
  if (other.kind !== 'drafted' || slow.kind !== 'drafted') throw new Error(`${other.kind} ${slow.kind}`)
  expect(slow.orders.map((order) => order?.orderNo)).toEqual(other.orders.map((order) => order?.orderNo))
  for (const order of other.orders) await heldAsNamed(order!.orderNo)
})

test('a sending whose number was voided before it could draft begins anew under another', async () => {
  const standing = await w.orders.draft(drafting(['22']), clerk())
  const asked = clerk()
  const [reached, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const held = interrupted(w.store, ['OrderNumberVoided'], async () => {
    reached.resolve()
    await gate.promise
  })
  const refused = warningWorkOrderUseCases({ ...w.needs, store: held }).draft(drafting(['21', '22']), asked)
  await reached.promise
  await withdraw(standing.orderNo!)
  const late = interrupted(w.store, ['OrderDrafted'], async () => {
    gate.resolve()
    expect(await refused).toMatchObject({ kind: 'rejected', rejection: { code: 'DUPLICATE_OPEN_ORDER', consNo: '22' } })
  })
  const outcome = await warningWorkOrderUseCases({ ...w.needs, store: late }).draft(drafting(['21', '22']), asked)
  expect(outcome).toMatchObject({ kind: 'done', repeated: false })
  await heldAsNamed(outcome.orderNo!)
  expect(await w.orders.draft(drafting(['21', '22']), asked)).toMatchObject({ kind: 'done', repeated: true, orderNo: outcome.orderNo })
})

test('a draft that was refused and is sent again when the way is free is drafted under a number of its own', async () => {
  const standing = await w.orders.draft(drafting(['32']), clerk())
  const asked = clerk()
  for (let sent = 0; sent < 2; sent++) expect(await w.orders.draft(drafting(['31', '32']), asked)).toMatchObject({ kind: 'rejected' })
  expect(await w.claimOf('31')).toBeUndefined()
  await withdraw(standing.orderNo!)
  const { orderNo } = await w.orders.draft(drafting(['31', '32']), asked)
  await heldAsNamed(orderNo!)
  const [day, seq] = orderNo!.split('-')
  expect(await typesOf(`${day}-${Number(seq) - 1}` as OrderNo)).toEqual(['OrderNumberVoided'])
})

test('a draft that broke off does not come after all once somebody else has its customers', async () => {
  const asked = clerk()
  let taken: Awaited<ReturnType<typeof w.orders.draft>> | undefined
  const late = interrupted(w.store, ['OrderDrafted'], async () => {
    w.clock.at = shanghai('2026-03-02', '09:16')
    taken = await w.orders.draft(drafting(['41']), clerk())
  })
  const outcome = await warningWorkOrderUseCases({ ...w.needs, store: late }).draft(drafting(['41', '42']), asked)
  expect(taken).toMatchObject({ kind: 'done' })
  expect(outcome).toMatchObject({ kind: 'rejected', rejection: { code: 'DUPLICATE_OPEN_ORDER', orderNo: taken?.orderNo } })
  await heldAsNamed(taken!.orderNo!)
  expect(await w.claimOf('42')).toBeUndefined()
})

test('whoever sends the same drafts at once, and whoever ends the orders in their way: a customer is held by the order that names him', async () => {
  const drafted = new Set<OrderNo>()
  let refused = 0
  for (let round = 0; round < 25; round++) {
    const customers = [`5${round}a`, `5${round}b`, `5${round}c`]
    const standing = await w.orders.draft(drafting(customers.slice(1, 2)), clerk())
    const asked = clerk()
    const sending = () => w.orders.draft(drafting(customers), asked)
    const [first, second, , third, other] = await Promise.all([
      sending(),
      sending(),
      withdraw(standing.orderNo!),
      sending(),
      w.orders.draft(drafting(customers.slice(2)), clerk()),
      sending(),
    ])
    // Once nobody is in between any more, whoever wants them all is drafted unless one was taken.
    for (const outcome of [first, second, third, other, await sending()]) {
      if (outcome.kind === 'rejected') refused++
      if (outcome.kind === 'done' && 'orderNo' in outcome && outcome.orderNo !== undefined) drafted.add(outcome.orderNo as OrderNo)
    }
  }
  expect(refused).toBeGreaterThan(0)
  expect(drafted.size).toBeGreaterThan(0)
  for (const orderNo of drafted) await heldAsNamed(orderNo)
})

test('of several orders, all or none, sent at once while others come and go: all are there and hold whom they name, or none is', async () => {
  const met = { drafted: 0, refused: 0 }
  for (let round = 0; round < 18; round++) {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => `6${round}${name}`) as [string, string, string, string]
    const standing = await w.orders.draft(drafting([c]), clerk())
    const asked = clerk()
    const sending = () => w.orders.draftMany([drafting([a, b]), drafting([c, d])], 'draft-nothing', asked)
    // Of three rounds one has no other who wants a customer, and one has him come first.
    const other = async () => (round % 3 === 0 ? undefined : w.orders.draft(drafting([d]), clerk()))
    if (round % 3 === 1) await other()
    const [first, , second, , third] = await Promise.all([sending(), withdraw(standing.orderNo!), sending(), other(), sending()])
    const sent = [first, second, third, await sending()]
    const drafted = sent.flatMap((outcome) => (outcome.kind === 'drafted' ? [outcome.orders.map((order) => order?.orderNo)] : []))
    for (const numbers of drafted) {
      expect(numbers).toEqual(drafted[0])
      expect(numbers).toHaveLength(2)
      for (const orderNo of numbers) await heldAsNamed(orderNo!)
    }
    if (drafted.length > 0) met.drafted++
    else {
      met.refused++
      for (const consNo of [a, b]) expect(await w.claimOf(consNo), consNo).toBeUndefined()
    }
  }
  expect(met.drafted).toBeGreaterThan(0)
  expect(met.refused).toBeGreaterThan(0)
})
