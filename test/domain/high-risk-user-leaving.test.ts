import { describe, test } from 'vitest'
import type { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import type { HighRiskUserEvent } from '#domain/high-risk-user/events.ts'
import { fen } from '#domain/shared/quantities.ts'
import { at, clerk, figures, key, lead, rules, today } from '#test/support/arbitraries/high-risk-user.ts'
import { day } from '#test/support/arbitraries/values.ts'
import { byClerk, byLead, type Data, delisted, given, nominated, onList, proposal, tomorrow } from '#test/support/high-risk-user.ts'

describe('leaving the list', () => {
  const propose = (over: Partial<Data<'ProposeDelist'>> = {}): HighRiskUserCommand => ({
    type: 'ProposeDelist',
    data: { ...byClerk, basis: 'clean', arrears: fen(0n), cleanMonths: 3, openWorkOrders: [], rules, figures: null, lastPastDue: null, ...over },
  })
  test('is proposed with nothing owed and three clean months, or a reasoned exception', () => {
    given(...onList)
      .when(propose())
      .thenYields(proposal)
    given(...onList)
      .when(propose({ arrears: fen(1n) }))
      .thenRejected({ code: 'ARREARS_OPEN', arrears: fen(1n) })
    given(...onList)
      .when(propose({ cleanMonths: 2 }))
      .thenRejected({ code: 'CLEAN_MONTHS_TOO_FEW', cleanMonths: 2, needed: 3 })
    const exception = 'bankruptcy closed by the court'
    given(...onList)
      .when(propose({ arrears: fen(1n), cleanMonths: 0, exception }))
      .thenYields({ type: 'DelistProposed', data: { ...proposal.data, arrears: fen(1n), cleanMonths: 0, exception } })
    const stricter = { version: 2, effectiveFrom: day('2026-01-01'), lowerReviews: 3, cleanMonths: 6 }
    given(...onList)
      .when(propose({ rules: stricter }))
      .thenRejected({ code: 'CLEAN_MONTHS_TOO_FEW', cleanMonths: 3, needed: 6 })
  })
  test('not while the last sealed report shows money past due, whatever is said', () => {
    given(...onList)
      .when(propose({ figures }))
      .thenRejected({ code: 'ARREARS_OPEN', arrears: fen(80_000n) })
    given(...onList)
      .when(propose({ figures: { ...figures, date: day('2026-01-15') } })) // the last day to pay: nothing is past due yet
      .thenYields(proposal)
    const exception = 'paid this morning'
    given(...onList)
      .when(propose({ figures, exception }))
      .thenYields({ type: 'DelistProposed', data: { ...proposal.data, arrears: fen(80_000n), exception } })
  })
  test('counts no more clean months than whole ones since a sealed report last showed a bill past due', () => {
    const past = { lastPastDue: day('2025-12-03') } // today is 2026-03-02: three months tomorrow
    given(...onList)
      .when(propose({ ...past, cleanMonths: 9 }))
      .thenRejected({ code: 'CLEAN_MONTHS_TOO_FEW', cleanMonths: 2, needed: 3, ...past })
    given(...onList)
      .when(propose({ lastPastDue: day('2025-12-02'), cleanMonths: 9 }))
      .thenYields(proposal)
    given(...onList)
      .when(propose({ lastPastDue: day('2025-06-30'), cleanMonths: 2 }))
      .thenRejected({ code: 'CLEAN_MONTHS_TOO_FEW', cleanMonths: 2, needed: 3, lastPastDue: day('2025-06-30') })
    const exception = 'paid the day after: a bank holiday'
    given(...onList)
      .when(propose({ ...past, exception }))
      .thenYields({ type: 'DelistProposed', data: { ...proposal.data, cleanMonths: 2, exception } })
  })
  test('never over an open work order', () => {
    given(...onList)
      .when(propose({ openWorkOrders: ['20260301000017'], exception: 'whatever' }))
      .thenRejected({ code: 'OPEN_WORK_ORDER', orders: ['20260301000017'] })
  })
  test('is proposed once, of who is listed', () => {
    given(...onList, proposal)
      .when(propose())
      .thenRejected({ code: 'INVALID_STATE', status: 'delist-pending' })
    given(nominated).when(propose()).thenRejected({ code: 'INVALID_STATE', status: 'candidate' })
  })

  const approve = (over: Partial<Data<'ApproveDelist'>> = {}): HighRiskUserCommand => ({ type: 'ApproveDelist', data: { ...byLead, on: tomorrow, ...over } })
  test('is approved by another, from tomorrow at the latest and not before it was listed', () => {
    given(...onList, proposal)
      .when(approve())
      .thenYields(delisted)
    given(...onList, proposal)
      .when(approve({ by: clerk }))
      .thenRejected({ code: 'SELF_APPROVAL' })
    given(...onList, proposal)
      .when(approve({ on: day('2026-03-04') }))
      .thenRejected({ code: 'FUTURE_DATE', date: day('2026-03-04'), latest: tomorrow })
    given(...onList, proposal)
      .when(approve({ on: today }))
      .thenYields({ ...delisted, data: { ...delisted.data, on: today } })
    given(...onList, proposal)
      .when(approve({ on: day('2026-03-01') }))
      .thenRejected({ code: 'DATE_TOO_EARLY', date: day('2026-03-01'), earliest: today })
    given(...onList)
      .when(approve())
      .thenRejected({ code: 'INVALID_STATE', status: 'listed' })
  })
  test('is declined by another, with a reason', () => {
    const decline = (by = lead, reason?: string): HighRiskUserCommand => ({ type: 'RejectDelist', data: { at, by, ...(reason && { reason }) } })
    const rejected: HighRiskUserEvent = { type: 'DelistRejected', data: { ...byLead, ...key, reason: 'too soon' } }
    given(...onList, proposal)
      .when(decline(lead, 'too soon'))
      .thenYields(rejected)
    given(...onList, proposal)
      .when(decline(clerk, 'too soon'))
      .thenRejected({ code: 'SELF_APPROVAL' })
    given(...onList, proposal)
      .when(decline())
      .thenRejected({ code: 'REASON_REQUIRED' })
    given(...onList)
      .when(decline(lead, 'too soon'))
      .thenRejected({ code: 'INVALID_STATE', status: 'listed' })
    given(...onList, proposal, rejected)
      .when(propose())
      .thenYields(proposal)
  })
  test('can be undone: the record goes on', () => {
    const wasDelisted: HighRiskUserEvent = { ...delisted, data: { ...delisted.data, on: today } }
    const relist = (over: Partial<Data<'Relist'>> = {}): HighRiskUserCommand => ({
      type: 'Relist',
      data: { ...byLead, level: 'I', on: today, reason: 'owes again', ...over },
    })
    const relisted: HighRiskUserEvent = {
      type: 'UserRelisted',
      data: { ...byLead, ...key, level: 'I', on: today, reason: 'owes again', previousDelistOn: today },
    }
    given(...onList, proposal, wasDelisted)
      .when(relist())
      .thenYields(relisted)
    given(...onList, proposal, wasDelisted, relisted)
      .when(relist())
      .thenRejected({ code: 'ALREADY_LISTED' })
    given(...onList, proposal, wasDelisted, relisted)
      .when({ type: 'ChangeLevel', data: { ...byLead, to: 'I', on: today, reason: 'x', rules } })
      .thenRejected({ code: 'NO_CHANGE' })
    const bare = relist()
    delete (bare.data as Data<'Relist'>).reason
    given(...onList, proposal, wasDelisted)
      .when(bare)
      .thenRejected({ code: 'REASON_REQUIRED' })
    given(...onList, proposal, wasDelisted)
      .when(relist({ on: tomorrow }))
      .thenRejected({ code: 'FUTURE_DATE', date: tomorrow, latest: today })
    given(...onList, proposal, delisted)
      .when(relist())
      .thenRejected({ code: 'DATE_TOO_EARLY', date: today, earliest: tomorrow })
    given(nominated).when(relist()).thenRejected({ code: 'INVALID_STATE', status: 'candidate' })
  })
})
