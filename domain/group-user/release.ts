import type { BillMonth } from '#domain/shared/dates.ts'
import type { GroupReleaseEvent } from './events.ts'
import { type GroupNo, MEASURES, type Measure, type ReleaseRules } from './fields.ts'

/** Members as "province cons_no". */
export type MemberKey = string
export const provinceOfKey = (key: MemberKey): string => key.slice(0, key.indexOf(' '))

/** A total that is released or might be: who it is about, and per province the sums and the largest member of each measure. */
export type Candidate = {
  readonly id: string
  readonly members: readonly MemberKey[]
  readonly provinces: ReadonlyMap<string, { readonly sums: readonly bigint[]; readonly largest: readonly bigint[] }>
}

/** Why a total is held back: too few members or provinces; a difference to what was told would be about too few; one province or member is too much of it; more members than one event names; no figure at all, as of a month that was never extracted. */
export type HeldBack = 'small' | 'singles-out' | 'dominated' | 'too-many' | 'empty'

/** Members named in one event, which fits into one append of every engine. */
export const MOST_NAMED = 40_000

type Counts = Map<string, number>
/** Members who are in exactly the same released totals: no combination of these tells them apart. */
type Atom = { readonly counts: Counts; readonly size: number }

/**
 * What was released, as a partition of the members: whatever a reader adds and subtracts, every member of an atom has the same
 * weight in it. While each atom holds enough members in enough provinces whoever reads, nothing smaller can be worked out. It is
 * folded in place, for it knows everybody who was ever summed up.
 */
export type Audit = {
  /** Whether the total may be released beside all that was; says why not. */
  readonly refuses: (candidate: Candidate, rules: ReleaseRules) => HeldBack | undefined
  readonly release: (candidate: Pick<Candidate, 'id' | 'members'>) => void
  readonly has: (id: string) => boolean
}

export const releaseId = ({ groupNo, month }: Pick<GroupReleaseEvent['data'], 'groupNo' | 'month'>): string => `${groupNo} ${month}`

/** A release as the audit takes it. */
export const releasedIn = ({ data }: GroupReleaseEvent): Pick<Candidate, 'id' | 'members'> => ({
  id: releaseId(data),
  members: data.provinces.flatMap(({ province, members }) => members.map((consNo) => `${province} ${consNo}`)),
})

type Told = GroupReleaseEvent['data']
type Releases = ReadonlyMap<BillMonth, ReadonlyMap<GroupNo, Told>>
/** Everything that was released, by month and group, as whoever replays the stream reads it. */
export const releases = {
  initial: new Map() as Releases,
  evolve: (state: Releases, { data }: GroupReleaseEvent): Releases => new Map(state).set(data.month, new Map(state.get(data.month)).set(data.groupNo, data)),
}

export const openAudit = (): Audit => {
  const released = new Set<string>()
  const signatures = new Map<MemberKey, string>()
  const atoms = new Map<string, Atom>()
  return {
    has: (id) => released.has(id),
    refuses: (candidate, rules) => {
      const safe = (atom: Atom): boolean => isSafe(atom, rules)
      if (candidate.members.length > MOST_NAMED) return 'too-many'
      if (isEmpty(candidate)) return 'empty'
      if (!safe(atomOf(candidate.members))) return 'small'
      for (const [signature, inside] of partsOf(candidate.members, signatures)) {
        const atom = atoms.get(signature)
        if (!safe(inside) || (atom && atom.size > inside.size && !safe(without(atom, inside)))) return 'singles-out'
      }
      return isDominated(candidate, rules) ? 'dominated' : undefined
    },
    release: ({ id, members }) => {
      for (const [signature, inside] of partsOf(members, signatures)) {
        const atom = atoms.get(signature)
        if (atom && atom.size > inside.size) atoms.set(signature, without(atom, inside))
        else atoms.delete(signature)
        atoms.set(`${signature}|${id}`, inside)
      }
      for (const key of members) signatures.set(key, `${signatures.get(key) ?? ''}|${id}`)
      released.add(id)
    },
  }
}
const isEmpty = ({ provinces }: Candidate): boolean => [...provinces.values()].every(({ largest }) => largest.every((value) => value === 0n))

const atomOf = (members: Iterable<MemberKey>): Atom => {
  const counts: Counts = new Map()
  let size = 0
  for (const key of members) {
    const province = provinceOfKey(key)
    counts.set(province, (counts.get(province) ?? 0) + 1)
    size++
  }
  return { counts, size }
}

const partsOf = (members: readonly MemberKey[], signatures: ReadonlyMap<MemberKey, string>): ReadonlyMap<string, Atom> =>
  new Map([...Map.groupBy(members, (key) => signatures.get(key) ?? '')].map(([signature, own]) => [signature, atomOf(own)]))

const without = (atom: Atom, part: Atom): Atom => {
  const counts: Counts = new Map()
  for (const [province, count] of atom.counts) {
    const left = count - (part.counts.get(province) ?? 0)
    if (left > 0) counts.set(province, left)
  }
  return { counts, size: atom.size - part.size }
}

/** Enough members in enough provinces, also without those of any one province: its own reader knows them. */
const isSafe = ({ counts, size }: Atom, { minMembers, minProvinces }: ReleaseRules): boolean =>
  counts.size > minProvinces && size - Math.max(...counts.values()) >= minMembers

/** Whether, for some reader, one province or one member of the others makes up too much of a total, so that it tells of that one. */
const isDominated = ({ provinces }: Candidate, rules: ReleaseRules): boolean =>
  MEASURES.some((measure, index) => {
    if (!rules.measures.includes(measure)) return false
    const parts = [...provinces.values()].map(({ sums, largest }) => ({ sum: abs(sums[index] ?? 0n), largest: abs(largest[index] ?? 0n) }))
    const total = parts.reduce((sum, part) => sum + part.sum, 0n)
    return [undefined, ...parts].some((reader) => {
      const others = total - (reader?.sum ?? 0n)
      if (others * 2n < roundingOf(rules, measure)) return false // told as nothing
      return parts.some(
        (part) =>
          part !== reader &&
          (part.sum * 10_000n > others * BigInt(rules.provinceShareBasisPoints) || part.largest * 10_000n > others * BigInt(rules.memberShareBasisPoints)),
      )
    })
  })

/** To what a released figure is rounded. */
const roundingOf = (rules: Pick<ReleaseRules, 'roundMoneyTo' | 'roundElectricityTo'>, measure: Measure): bigint =>
  measure === 'electricityMonth' ? rules.roundElectricityTo : rules.roundMoneyTo

const abs = (value: bigint): bigint => (value < 0n ? -value : value)
