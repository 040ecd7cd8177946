import { readFileSync } from 'node:fs'

/** The rule set that ships with a release, not yet judged: the caller parses it with the domain's own schema. */
export const shippedRuleSet = (): unknown => {
  const { version, effectiveFrom, content } = JSON.parse(readFileSync(new URL('../data/reference/screening-rules.json', import.meta.url), 'utf8')) as Record<
    'version' | 'effectiveFrom' | 'content',
    unknown
  >
  return { version, effectiveFrom, content }
}
