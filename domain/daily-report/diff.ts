import { canonicalJson } from '#domain/shared/canonical-json.ts'
import type { ConsNo } from '#domain/shared/identity.ts'
import type { Change, Row } from './fields.ts'
import type { Rows } from './state.ts'

/** What differs for these users between two versions, field by field; bills by their month. Nothing where they say the same. */
export const diffOf = (before: Rows, after: Rows, users: readonly ConsNo[]): Change[] =>
  [...new Set(users)].flatMap((consNo) => {
    const [old, now] = [before.get(consNo), after.get(consNo)]
    return [
      ...changes(fieldsOf(old), fieldsOf(now)).map((change) => ({ consNo, ...change })),
      ...billMonths(old, now).flatMap((billMonth) =>
        changes(
          old?.bills.find((bill) => bill.billMonth === billMonth),
          now?.bills.find((bill) => bill.billMonth === billMonth),
        ).map((change) => ({ consNo, billMonth, ...change })),
      ),
    ]
  })

const fieldsOf = (row: Row | undefined): object | undefined => {
  if (row === undefined) return undefined
  const { bills: _bills, consNo, ...fields } = row
  return { consNo, ...fields }
}

const billMonths = (...rows: readonly (Row | undefined)[]) => [...new Set(rows.flatMap((row) => row?.bills.map(({ billMonth }) => billMonth) ?? []))].toSorted()

const changes = (before: object | undefined, after: object | undefined): readonly Pick<Change, 'field' | 'before' | 'after'>[] => {
  const [old, now] = [asText(before), asText(after)]
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((field) => ({ field, before: old.get(field) ?? null, after: now.get(field) ?? null }))
    .filter((change) => change.before !== change.after)
}

/** Text as it is, everything else as it stands in the log. */
const asText = (values: object | undefined): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(values ?? {})
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([field, value]) => [field, typeof value === 'object' || typeof value === 'number' ? canonicalJson(value) : String(value)]),
  )
