/**
 * `npm run bench [name …]`: runs the benches whose names begin with one of the words, all of them without a word.
 *
 * A bench is a value {name, aim, run} (shared/bench.ts); a new one goes into a file of its own here and into catalogue.ts.
 * Two rates are compared by `contest` (shared/rounds.ts): in turns on the same server, median of per-round ratios, so
 * that a figure means the same on another machine. Prints each beside its aim, merges it into results.json and
 * RESULTS.md, and ends with 1 when an aim is missed.
 */

import { benches } from './catalogue.ts'
import { aimText, type Bench, holds } from './shared/bench.ts'
import { type Result, resultOf, writeReport } from './shared/report.ts'
import { startBenchServer } from './shared/server.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const chosen = (words: readonly string[]): readonly Bench[] => benches.filter(({ name }) => words.length === 0 || words.some((word) => name.startsWith(word)))

const main = async (words: readonly string[]): Promise<void> => {
  const selected = chosen(words)
  if (selected.length === 0) {
    print(`no bench begins with ${words.join(' or ')}; there are:\n${benches.map(({ name }) => `  ${name}`).join('\n')}`)
    process.exitCode = 2
    return
  }
  const server = await startBenchServer()
  const results: Result[] = []
  try {
    for (const { name, aim, run } of selected) {
      const { value, detail } = await run({ database: server.database, say: print })
      const result = resultOf(name, aim, value, detail, holds(aim, value))
      results.push(result)
      print(`${result.holds ? 'ok  ' : 'MISS'} ${name}: ${result.value} (aim ${aimText(aim)}; ${detail})`)
      await writeReport(
        results,
        benches.map((bench) => bench.name),
      )
    }
  } finally {
    await server.stop()
  }
  if (results.some((result) => !result.holds)) process.exitCode = 1
}

await main(process.argv.slice(2))
