import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BulletinCommand } from '#domain/bulletin/commands.ts'
import { bulletin } from '#domain/bulletin/decider.ts'
import { type BulletinEvent, bulletinEvents } from '#domain/bulletin/events.ts'
import type { BulletinId } from '#domain/bulletin/fields.ts'
import { instant, province, shanghai, user } from '#test/support/arbitraries/values.ts'
import { specFor, walk } from '#test/support/spec.ts'

const { given } = specFor(bulletinEvents, bulletin)
const at = shanghai('2026-03-09', '10:00')
const by = user('hq.lead')
const bulletinId = 'b1' as BulletinId
const [hebei, jibei, beijing] = [province('P13S'), province('P13N'), province('P11')]
const content = { bulletinId, title: '逾期通报', text: '请说明原因', provinces: [hebei, jibei], orders: ['20260302-17'] }
const publish = (over: object = {}): BulletinCommand => ({ type: 'PublishBulletin', data: { at, by, ...content, ...over } })
const published: BulletinEvent = { type: 'BulletinPublished', data: { at, by, ...content } }
const read: BulletinEvent = { type: 'BulletinRead', data: { at, by: user('p13s.lead'), bulletinId, province: hebei } }
const withdrawn: BulletinEvent = { type: 'BulletinWithdrawn', data: { at, by, bulletinId, reason: 'wrong order' } }
const reading = (who: string, of = hebei): BulletinCommand => ({ type: 'ReadBulletin', data: { at, by: user(who), province: of } })
const withdrawing: BulletinCommand = { type: 'WithdrawBulletin', data: { at, by, reason: 'wrong order' } }

describe('a bulletin', () => {
  test('is published to provinces, each named once', () => {
    given().when(publish()).thenYields(published)
    given()
      .when(publish({ provinces: [hebei, jibei, hebei], orders: ['20260302-17', '20260302-17'] }))
      .thenYields(published)
  })
  test('said again is the same; said differently is refused, for it may have been read', () => {
    given(published)
      .when(publish({ provinces: [jibei, hebei] }))
      .thenNothing()
    given(published)
      .when(publish({ text: 'another' }))
      .thenRejected({ code: 'ALREADY_PUBLISHED', bulletinId })
    given(published)
      .when(publish({ provinces: [hebei] }))
      .thenRejected({ code: 'ALREADY_PUBLISHED', bulletinId })
  })
  test('does not expire before it is published', () => {
    given()
      .when(publish({ expiresAt: at }))
      .thenRejected({ code: 'EXPIRES_IN_PAST', expiresAt: at })
    const expiresAt = instant('2026-03-09T02:00:00.001Z')
    given()
      .when(publish({ expiresAt }))
      .thenYields({ type: 'BulletinPublished', data: { ...published.data, expiresAt } } as BulletinEvent)
  })
  test('keeps the first reader of a province', () => {
    given(published).when(reading('p13s.lead')).thenYields(read)
    given(published, read).when(reading('p13s.other')).thenNothing()
    given(published, read)
      .when(reading('p13n.lead', jibei))
      .thenYields({ type: 'BulletinRead', data: { at, by: user('p13n.lead'), bulletinId, province: jibei } })
  })
  test('is read only by those it is for, and only when there is one', () => {
    given(published).when(reading('p11.lead', beijing)).thenRejected({ code: 'NOT_ADDRESSED', province: beijing })
    given().when(reading('p13s.lead')).thenRejected({ code: 'NOT_FOUND' })
    given().when(withdrawing).thenRejected({ code: 'NOT_FOUND' })
  })
  test('is withdrawn once, and then read by nobody new', () => {
    given(published, read).when(withdrawing).thenYields(withdrawn)
    given(published, withdrawn).when(withdrawing).thenNothing()
    given(published, withdrawn).when(reading('p13s.lead')).thenRejected({ code: 'BULLETIN_WITHDRAWN', withdrawnAt: at })
    given(published, read, withdrawn).when(reading('p13s.other')).thenNothing()
  })
})

test('whatever is said, in whatever order: deciding never throws, and what is said twice is written once', () => {
  const reached = new Set<string>()
  const anyCommand = fc.oneof(
    fc.record({ provinces: fc.subarray([hebei, jibei, beijing], { minLength: 1 }) }).map(publish),
    fc.constantFrom(hebei, jibei, beijing).map((of) => reading('reader', of)),
    fc.constant(withdrawing),
  )
  fc.assert(
    fc.property(fc.array(anyCommand, { maxLength: 20, size: 'max' }), (commands) => {
      for (const state of walk(bulletinEvents, bulletin, commands))
        reached.add(state.status === 'absent' ? state.status : `${state.status} ${state.read.size > 0 ? 'read' : 'unread'}`)
    }),
  )
  expect([...reached].toSorted()).toEqual(['absent', 'published read', 'published unread', 'withdrawn read', 'withdrawn unread'])
})
