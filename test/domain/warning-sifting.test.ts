import { describe, expect, test } from 'vitest'
import { fen } from '#domain/shared/quantities.ts'
import type { Grade, OrderKind, OrderNo, SilenceId } from '#domain/warning-work-order/fields.ts'
import type { Warning } from '#domain/warning-work-order/rules.ts'
import { type Standing, sifted } from '#domain/warning-work-order/sifting.ts'
import { cons } from '#test/support/arbitraries/values.ts'

const figures = {
  ...{ consNo: cons('1'), name: 'Works', level: null, bills: [], overdue: fen(5n), overdueDays: 3 },
  ...{ overdueDayBefore: null, overdueWeekBefore: null, brokenPromises: 0, groupAtLevelI: 0 },
}
const warning = (kind: OrderKind, grade: Grade): Warning => ({
  kind,
  grade,
  figures,
  hits: [{ rule: `${kind}-${grade}`, kind, grade, text: { zh: '一', en: 'one' } }],
})
const open = (kind: OrderKind, grade: Grade, no = '20260302-1') => [kind, { orderNo: no as OrderNo, grade }] as const
const nothing: Standing = { claims: new Map(), followedUp: new Map(), silencing: () => undefined, raisedTo: { 'arrears-warning': 'supervision' } }
const told = (warnings: readonly Warning[], standing: Partial<Standing> = {}) => {
  const { given, suppressed } = sifted(warnings, { ...nothing, ...standing })
  return {
    given: given.map(({ kind, grade, hits }) => `${kind} ${grade} ${hits.length}`),
    suppressed: suppressed.map((one) => `${one.warning.kind} ${one.why} ${'orderNo' in one ? one.orderNo : 'besides' in one ? one.besides : one.silenceId}`),
  }
}

describe('what is warned of a customer', () => {
  test('is all of it where nothing stands in the way', () => {
    expect(told([warning('arrears-warning', 'red'), warning('verify', 'red')])).toEqual({ given: ['arrears-warning red 1', 'verify red 1'], suppressed: [] })
  })
  test('is nothing beside a graver warning of the same day', () => {
    expect(told([warning('verify', 'yellow'), warning('supervision', 'red')])).toEqual({
      given: ['supervision red 1'],
      suppressed: ['verify inhibited supervision'],
    })
  })
  test('is nothing where an order of the kind is as grave', () => {
    expect(told([warning('verify', 'yellow')], { claims: new Map([open('verify', 'yellow')]) }).suppressed).toEqual(['verify duplicate 20260302-1'])
  })
  test('is raised where it got graver than the open order, together with what is supervised anyhow', () => {
    const claims = new Map([open('arrears-warning', 'yellow')])
    expect(told([warning('arrears-warning', 'red')], { claims }).given).toEqual(['supervision red 1'])
    expect(told([warning('arrears-warning', 'red'), warning('supervision', 'orange')], { claims })).toEqual({ given: ['supervision red 2'], suppressed: [] })
    const both = new Map([open('arrears-warning', 'yellow'), open('supervision', 'orange', '20260302-2')])
    expect(told([warning('arrears-warning', 'red')], { claims: both }).suppressed).toEqual(['arrears-warning duplicate 20260302-2'])
    expect(told([warning('verify', 'red')], { claims: new Map([open('verify', 'yellow')]) }).suppressed).toEqual(['verify duplicate 20260302-1'])
  })
  test('is nothing beside a graver open order of another kind: the gravest is named', () => {
    const claims = new Map([open('supervision', 'orange'), open('arrears-warning', 'red', '20260302-2')])
    expect(told([warning('verify', 'yellow')], { claims }).suppressed).toEqual(['verify inhibited 20260302-2'])
    expect(told([warning('verify', 'red')], { claims }).given).toEqual(['verify red 1'])
  })
  test('is nothing that a silence covers, and nothing while an order is followed up unless it is graver', () => {
    const silencing = ({ kind }: Warning) => (kind === 'verify' ? ('s1' as SilenceId) : undefined)
    expect(told([warning('verify', 'red')], { silencing }).suppressed).toEqual(['verify silenced s1'])
    const followedUp = new Map([open('verify', 'orange')])
    expect(told([warning('verify', 'orange')], { followedUp }).suppressed).toEqual(['verify duplicate 20260302-1'])
    expect(told([warning('verify', 'red')], { followedUp }).given).toEqual(['verify red 1'])
  })
})
