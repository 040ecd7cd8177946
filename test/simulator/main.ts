import { noTrouble } from './network.ts'
import { runSeed } from './world.ts'

/** `npm run sim -- --seeds 2000 [--from 1]` runs so many seeds, `--seed N` one. Ends with 1 at the first seed that breaks an invariant. */
const print = (line: string): void => void process.stdout.write(`${line}\n`)
const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  const value = at < 0 ? otherwise : Number(process.argv[at + 1])
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} wants a whole number`)
  return value
}

const one = option('seed', -0)
const [from, count] = process.argv.includes('--seed') ? [one, 1] : [option('from', 1), option('seeds', 2_000)]
const sums = { events: 0, acknowledged: 0, rejected: 0, unknown: 0, failures: 0, ...noTrouble() }
const began = performance.now()
for (let seed = from; seed < from + count; seed++) {
  const told = await runSeed(seed).catch((error: unknown) => ({ error }))
  const found = 'error' in told ? [String(told.error)] : told.breaches
  if (found.length > 0) {
    print(`seed ${seed} breaks what must hold:\n  ${found.join('\n  ')}\nAgain: npm run sim -- --seed ${seed}`)
    process.exitCode = 1
    break
  }
  if ('error' in told) break
  sums.events += told.log.length
  sums.acknowledged += told.sent.filter(({ kind }) => kind === 'done').length
  sums.rejected += told.sent.filter(({ kind }) => kind === 'rejected').length
  sums.unknown += told.sent.filter(({ everUnknown }) => everUnknown).length
  sums.failures += told.failures
  for (const [name, value] of Object.entries(told.trouble)) sums[name as keyof typeof told.trouble] += value
  if (process.stdout.isTTY && seed % 100 === 0) process.stdout.write(`\r${seed - from + 1} of ${count} seeds`)
}
if (process.exitCode !== 1) print(`${count} seeds from ${from} hold, ${((performance.now() - began) / 1000).toFixed(1)} s: ${JSON.stringify(sums)}`)
