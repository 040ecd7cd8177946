import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

const textOf = (path: string): Promise<string> => readFile(new URL(`../${path}`, import.meta.url), 'utf8')
const CLAIM = /^- (?<claim>[^\n]+)\n {2}`(?<file>test\/[^`]+\.ts)` › (?<title>[^\n]+)$/gm

test('docs/behaviour.md claims only what a test of that title shows', async () => {
  const page = await textOf('docs/behaviour.md')
  const claims = [...page.matchAll(CLAIM)].map(({ groups }) => groups as { claim: string; file: string; title: string })
  expect(claims.length, 'every claim has its test below it').toBe(page.split('\n').filter((line) => line.startsWith('- ')).length)
  expect(claims.length).toBeGreaterThan(40)
  const missing: string[] = []
  for (const { file, title } of claims) {
    const source = await textOf(file).catch(() => undefined)
    // The title stands there as a test has it: in quotes, first among its arguments.
    if (source === undefined) missing.push(file)
    else if (!["'", '"', '`'].some((quote) => source.includes(`(${quote}${title}${quote}, `))) missing.push(`${file} › ${title}`)
  }
  expect(missing).toEqual([])
})
