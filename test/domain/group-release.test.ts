import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ReleaseRules } from '#domain/group-user/fields.ts'
import { type Candidate, type MemberKey, openAudit, provinceOfKey } from '#domain/group-user/release.ts'

const rules = ReleaseRules.parse({
  version: 1,
  effectiveFrom: '2025-01-01',
  measures: ['arrears'],
  releasedOnDay: 8,
  minMembers: 3,
  minProvinces: 2,
  provinceShareBasisPoints: 7_000,
  memberShareBasisPoints: 6_000,
  roundMoneyTo: '1',
  roundElectricityTo: '1',
})
const PROVINCES = ['P11', 'P12', 'P13S', 'P13N']
const MEMBERS: readonly MemberKey[] = PROVINCES.flatMap((province) => Array.from({ length: 4 }, (_, n) => `${province} ${n}`))

/** Every member is worth ten, so that only who is in a total matters. */
const candidate = (id: string, members: readonly MemberKey[], worth: (key: MemberKey) => bigint = () => 10n): Candidate => ({
  id,
  members,
  provinces: new Map(
    [...Map.groupBy(members, provinceOfKey)].map(([province, own]) => {
      const values = own.map(worth)
      const at = (value: bigint): bigint[] => [0n, 0n, 0n, 0n, value]
      return [province, { sums: at(values.reduce((a, b) => a + b, 0n)), largest: at(values.toSorted((a, b) => (a < b ? 1 : -1))[0] ?? 0n) }]
    }),
  ),
})

type Fraction = readonly [bigint, bigint]
const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? (a < 0n ? -a : a) : gcd(b, a % b))
const fraction = (n: bigint, d: bigint): Fraction => {
  const g = gcd(n, d) || 1n
  return d < 0n ? [-n / g, -d / g] : [n / g, d / g]
}
const minus = (a: Fraction, b: Fraction): Fraction => fraction(a[0] * b[1] - b[0] * a[1], a[1] * b[1])
const times = (a: Fraction, b: Fraction): Fraction => fraction(a[0] * b[0], a[1] * b[1])

/** Rows in echelon form, exactly; what an attacker can work out is their span. */
const echelon = (rows: readonly (readonly Fraction[])[]): Fraction[][] => {
  const basis: Fraction[][] = []
  for (const row of rows) {
    const rest = reduced(row, basis)
    const lead = rest.findIndex(([n]) => n !== 0n)
    if (lead < 0) continue
    const by = fraction(rest[lead]![1], rest[lead]![0])
    basis.push(rest.map((value) => times(value, by)))
    basis.sort((a, b) => a.findIndex(([n]) => n !== 0n) - b.findIndex(([n]) => n !== 0n))
  }
  return basis
}
const reduced = (row: readonly Fraction[], basis: readonly (readonly Fraction[])[]): Fraction[] => {
  let rest = [...row]
  for (const own of basis) {
    const lead = own.findIndex(([n]) => n !== 0n)
    const factor = rest[lead]!
    if (factor[0] !== 0n) rest = rest.map((value, index) => minus(value, times(factor, own[index]!)))
  }
  return rest
}
const indicator = (members: Iterable<MemberKey>): Fraction[] => {
  const set = new Set(members)
  return MEMBERS.map((key): Fraction => [set.has(key) ? 1n : 0n, 1n])
}

/** Groups over months: members come, go, and move between groups; each is in one group at most in any month. */
const histories = fc.integer({ min: 2, max: 4 }).chain((months) =>
  fc
    .tuple(
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: MEMBERS.length, maxLength: MEMBERS.length, size: 'max' }),
      fc.array(fc.array(fc.tuple(fc.nat(MEMBERS.length - 1), fc.integer({ min: 0, max: 3 })), { maxLength: 5 }), {
        minLength: months - 1,
        maxLength: months - 1,
      }),
    )
    .map(([first, moves]) => {
      // mostly one big group, so that something can be released at all
      const states: number[][] = [first.map((group) => (group === 3 ? 0 : group === 2 ? 1 : 0))]
      for (const step of moves) {
        const next = [...states.at(-1)!]
        for (const [member, group] of step) next[member] = group - 1
        states.push(next)
      }
      return states
    }),
)

test('whoever reads, and however he adds and subtracts, works out no member, no province and no few of them', () => {
  const reached = { released: 0, 'singles-out': 0, small: 0, dominated: 0, 'too-many': 0, empty: 0 }
  fc.assert(
    fc.property(histories, (states) => {
      const audit = openAudit()
      const released: (readonly MemberKey[])[] = []
      for (const [month, state] of states.entries())
        for (const group of [0, 1, 2]) {
          const members = MEMBERS.filter((_, index) => state[index] === group)
          if (members.length === 0) continue
          const one = candidate(`${group}/${month}`, members)
          const refused = audit.refuses(one, rules)
          reached[refused ?? 'released']++
          if (refused) continue
          audit.release(one)
          released.push(members)
        }
      // The strongest reader: he knows his own members' figures, hears every total to the last unit, and takes all figures for the same in every month.
      for (const reader of PROVINCES) {
        const known = MEMBERS.filter((key) => provinceOfKey(key) === reader).map((key) => indicator([key]))
        const basis = echelon([...known, ...released.map(indicator)])
        const workedOut = (members: readonly MemberKey[]): boolean => reduced(indicator(members), basis).every(([n]) => n === 0n)
        const others = MEMBERS.filter((key) => provinceOfKey(key) !== reader)
        for (const key of others) expect(workedOut([key]), `${reader} works out ${key}`).toBe(false)
        for (const a of others) for (const b of others) if (a < b) expect(workedOut([a, b]), `${reader} works out ${a} with ${b}`).toBe(false)
        for (const [month, state] of states.entries())
          for (const group of [0, 1, 2])
            for (const province of PROVINCES) {
              if (province === reader) continue
              const cell = MEMBERS.filter((key, index) => state[index] === group && provinceOfKey(key) === province)
              if (cell.length > 0) expect(workedOut(cell), `${reader} works out ${province} in group ${group}, month ${month}`).toBe(false)
            }
      }
    }),
    { numRuns: 150 },
  )
  expect(reached.released).toBeGreaterThan(100)
  expect(reached['singles-out']).toBeGreaterThan(20)
  expect(reached.small).toBeGreaterThan(20)
})

const of = (...wanted: readonly string[]): readonly MemberKey[] => MEMBERS.filter((key) => wanted.some((one) => key.startsWith(one)))

test('one who leaves is not told by the difference of two months, though each by itself could be', () => {
  const audit = openAudit()
  audit.release(candidate('g/1', MEMBERS))
  expect(audit.refuses(candidate('g/2', MEMBERS.slice(1)), rules)).toBe('singles-out')
  // nor by three totals of which no two differ by one
  const third = openAudit()
  const [a, b] = [of('P11 0', 'P12 0', 'P13S 0', 'P13N 0', 'P11 1', 'P12 1'), of('P11 2', 'P12 2', 'P13S 2', 'P13N 2', 'P13S 3', 'P13N 3')]
  third.release(candidate('g/1', a))
  third.release(candidate('g/2', [...a, ...b]))
  expect(third.refuses(candidate('g/3', [...b, 'P11 3']), rules)).toBe('singles-out')
})

test('one who stays out when the others go over to another group is not told by the difference of the two groups', () => {
  const audit = openAudit()
  audit.release(candidate('g/1', MEMBERS))
  expect(audit.refuses(candidate('h/2', MEMBERS.slice(1)), rules)).toBe('singles-out')
  expect(audit.refuses(candidate('h/2', MEMBERS), rules)).toBeUndefined()
})

test('a total that is mostly one province’s or one member’s is not told', () => {
  const audit = openAudit()
  expect(
    audit.refuses(
      candidate('g/1', MEMBERS, (key) => (key.startsWith('P12') ? 100n : 1n)),
      rules,
    ),
  ).toBe('dominated')
  expect(
    audit.refuses(
      candidate('g/1', MEMBERS, (key) => (key === 'P12 0' ? 100n : 10n)),
      rules,
    ),
  ).toBeUndefined()
  expect(
    audit.refuses(
      candidate('g/1', MEMBERS, (key) => (key === 'P12 0' ? 1000n : 10n)),
      rules,
    ),
  ).toBe('dominated')
  expect(audit.refuses(candidate('g/1', of('P11', 'P12')), rules)).toBe('small')
})

test('a month without any figure is not told: it may not have been extracted yet', () => {
  const audit = openAudit()
  expect(
    audit.refuses(
      candidate('g/1', MEMBERS, () => 0n),
      rules,
    ),
  ).toBe('empty')
  expect(
    audit.refuses(
      candidate('g/1', MEMBERS, () => 1n),
      rules,
    ),
  ).toBeUndefined()
  expect(
    audit.refuses(
      candidate('g/1', MEMBERS, (key) => (key.endsWith('0') ? -2n : 2n)),
      rules,
    ),
  ).toBeUndefined()
})
