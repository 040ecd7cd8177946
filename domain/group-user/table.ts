/** A map that is changed by making another, cheaply: only one of its small parts is copied. For states of thousands of entries. */
export type Table<K extends string, V> = readonly ReadonlyMap<K, V>[]

const PARTS = 128

export const emptyTable = <K extends string, V>(): Table<K, V> => Array.from({ length: PARTS }, () => new Map<K, V>())

const partOf = (key: string): number => {
  let hash = 0
  for (let i = 0; i < key.length; i++) hash = (hash * 31 + key.charCodeAt(i)) % 65_521
  return hash % PARTS
}

export const get = <K extends string, V>(table: Table<K, V>, key: K): V | undefined => table[partOf(key)]?.get(key)
export const put = <K extends string, V>(table: Table<K, V>, key: K, value: V): Table<K, V> =>
  table.with(partOf(key), new Map(table[partOf(key)]).set(key, value))
export const remove = <K extends string, V>(table: Table<K, V>, key: K): Table<K, V> => {
  const part = new Map(table[partOf(key)])
  part.delete(key)
  return table.with(partOf(key), part)
}
export function* entriesOf<K extends string, V>(table: Table<K, V>): Generator<readonly [K, V]> {
  for (const part of table) yield* part
}
