import type { BusinessDate } from './dates.ts'

/** The rule in force on a date: of those that have taken effect, the one that did so last, and of equals the newer version. */
export const inForceOn = <R extends { readonly effectiveFrom: BusinessDate; readonly version: number }>(
  rules: Iterable<R>,
  date: BusinessDate,
): R | undefined => {
  let found: R | undefined
  for (const rule of rules) {
    if (rule.effectiveFrom > date) continue
    if (!found || rule.effectiveFrom > found.effectiveFrom || (rule.effectiveFrom === found.effectiveFrom && rule.version > found.version)) found = rule
  }
  return found
}
