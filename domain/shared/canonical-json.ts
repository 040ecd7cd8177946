/** A value that cannot be written to the log: it has no JSON form, or text that no engine keeps. */
export class NotRecordable extends Error {
  override readonly name = 'NotRecordable'
}

/**
 * One byte form for one value (RFC 8785: members in UTF-16 order, ECMAScript numbers, no white space).
 * A bigint is written as its decimal text, which is how money and electricity stand in JSON.
 * Members that are `undefined` are left out. Throws NotRecordable for what no engine would keep:
 * NUL characters, lone surrogates, non-finite numbers, functions.
 */
export const canonicalJson = (value: unknown): string => {
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
      return Array.isArray(value) ? list(value) : members(value as Record<string, unknown>)
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

const list = (values: readonly unknown[]): string => {
  let out = '['
  for (let i = 0; i < values.length; i++) out += (i > 0 ? ',' : '') + canonicalJson(values[i])
  return `${out}]`
}

const members = (record: Record<string, unknown>): string => {
  let out = ''
  for (const key of Object.keys(record).sort()) {
    const value = record[key]
    if (value !== undefined) out += `${out === '' ? '' : ','}${text(key)}:${canonicalJson(value)}`
  }
  return `{${out}}`
}
