import type { Uscc } from './fields.ts'

/** The 31 signs of a code, in the order of their values: no I, O, S, V, Z. */
const SIGNS = '0123456789ABCDEFGHJKLMNPQRTUWXY'
/** 3 to the power of the place, modulo 31. */
const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28] as const

/** The sign by which the first 17 of a 统一社会信用代码 are checked (GB 32100-2015, 5.2). */
const checkSignOf = (code: string): string => {
  const sum = WEIGHTS.reduce((total, weight, place) => total + weight * SIGNS.indexOf(code.charAt(place)), 0)
  return SIGNS.charAt((31 - (sum % 31)) % 31)
}

/** Whether the last sign of a code is the one its others call for. */
export const usccHolds = (code: Uscc): boolean => checkSignOf(code) === code.charAt(17)
