import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { type Aim, aimText } from './bench.ts'

export type Result = {
  readonly name: string
  readonly value: number
  readonly aim: string
  readonly holds: boolean
  readonly detail: string
  readonly commit: string
}
type Report = { readonly machine: string; readonly commit: string; readonly results: readonly Result[] }

const JSON_FILE = new URL('../results.json', import.meta.url)
const TABLE_FILE = new URL('../RESULTS.md', import.meta.url)

export const resultOf = (name: string, aim: Aim, value: number, detail: string, holds: boolean): Result => ({
  name,
  value: round(value),
  aim: aimText(aim),
  holds,
  detail,
  commit: commit(),
})

/** Writes results.json and RESULTS.md; results of benches that did not run this time stay, each with the commit it was measured at, in the order of the catalogue. */
export const writeReport = async (fresh: readonly Result[], names: readonly string[]): Promise<void> => {
  const earlier = await readFile(JSON_FILE, 'utf8').then(
    (text) => (JSON.parse(text) as Report).results,
    () => [],
  )
  const all = new Map([...earlier, ...fresh].map((result) => [result.name, result]))
  const results = names.map((name) => all.get(name)).filter((result) => result !== undefined)
  const report: Report = { machine: machine(), commit: commit(), results }
  await writeFile(JSON_FILE, `${JSON.stringify(report, null, 2)}\n`)
  await writeFile(TABLE_FILE, table(report))
}

const table = ({ machine: on, commit: at, results }: Report): string =>
  [
    '# Results of `npm run bench`',
    '',
    `${on}; last run at commit ${at}. Ratios are medians of interleaved rounds on one server that flushes every commit (bench/run.ts).`,
    '',
    '| figure | value | aim | holds | measured | at |',
    '|---|---|---|---|---|---|',
    ...results.map(({ name, value, aim, holds, detail, commit: its }) => `| ${name} | ${value} | ${aim} | ${holds ? 'yes' : '**no**'} | ${detail} | ${its} |`),
    '',
  ].join('\n')

const round = (value: number): number => Number(value.toPrecision(3))
const machine = (): string =>
  `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'cpu'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.versions.node}`
const commit = (): string => {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}
