/** A value that cannot be written to the log: it has no JSON form, or text that no engine keeps. */
export class NotRecordable extends Error {
  override readonly name = 'NotRecordable'
}

/** Nothing we write comes near; beyond some thousand levels an engine's own parser would refuse. */
const DEEPEST = 100

/**
 * One byte form for one value (RFC 8785: members in UTF-16 order, ECMAScript numbers, no white space).
 * A bigint is written as its decimal text, which is how money and electricity stand in JSON.
 * Members that are `undefined` are left out. Throws NotRecordable for what no engine would keep:
 * NUL characters, lone surrogates, non-finite numbers, functions, dates, maps and other objects that are not plain,
 * and what is nested more than 100 deep.
 */
export const canonicalJson = (value: unknown): string => written(value, 0)

const written = (value: unknown, depth: number): string => {
  switch (typeof value) {
    case 'string':
      return text(value)
    case 'bigint':
      return `"${value}"`
    case 'number':
      if (!Number.isFinite(value)) throw new NotRecordable(`${value} has no JSON form`)
      return JSON.stringify(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      if (depth === DEEPEST) throw new NotRecordable(`nested more than ${DEEPEST} deep`)
      return Array.isArray(value) ? list(value, depth + 1) : members(value as Record<string, unknown>, depth + 1)
    default:
      throw new NotRecordable(`a ${typeof value} has no JSON form`)
  }
}

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e\u0080-\ud7ff\ue000-\uffff]*$/

const text = (value: string): string => {
  if (PLAIN.test(value)) return `"${value}"`
  if (!value.isWellFormed()) throw new NotRecordable('text with half a surrogate pair')
  if (value.includes('\0')) throw new NotRecordable('text with a NUL character')
  return JSON.stringify(value)
}

const list = (values: readonly unknown[], depth: number): string => {
  let out = '['
  for (let i = 0; i < values.length; i++) out += (i > 0 ? ',' : '') + written(values[i], depth)
  return `${out}]`
}

const members = (record: Record<string, unknown>, depth: number): string => {
  const prototype: unknown = Object.getPrototypeOf(record)
  if (prototype !== Object.prototype && prototype !== null) throw new NotRecordable(`a ${record.constructor?.name ?? 'foreign object'} has no JSON form`)
  const keys = Object.keys(record)
  if (!inOrder(keys)) keys.sort()
  let out = ''
  for (const key of keys) {
    const value = record[key]
    if (value !== undefined) out += `${out === '' ? '' : ','}${text(key)}:${written(value, depth)}`
  }
  return `{${out}}`
}

/** What was read from the log is in order already. */
const inOrder = (keys: readonly string[]): boolean => {
  for (let i = 1; i < keys.length; i++) if (keys[i - 1]! > keys[i]!) return false
  return true
}
