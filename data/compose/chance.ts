/** Repeatable chance: the same words always give the same number; there is no other source of variety in the sample. */
const hash = (words: string): number => {
  let h = 0x811c9dc5
  for (let i = 0; i < words.length; i++) h = Math.imul(h ^ words.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** A whole number from 0 up to but not including `below`. */
export const pick = (below: number, ...words: readonly (string | number)[]): number => hash(words.join('/')) % below
export const oneOf = <T>(values: readonly T[], ...words: readonly (string | number)[]): T => values[pick(values.length, ...words)] as T
/** True for about `percent` of a hundred. */
export const happens = (percent: number, ...words: readonly (string | number)[]): boolean => pick(1000, 'happens', ...words) < percent * 10
