import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { processOf } from '#infrastructure/postgres/process-identity.ts'
import { runCli } from '#test/support/program.ts'

const DAYS = '3' // over the New Year, when last year's arrears are frozen
let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'epm-demo-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

/** What the first run ended with; runs that were disturbed have to come to the same. */
let whole = ''
const withoutTime = (out: string): string => out.replace(/[\d.]+ s in all/, '')

const environment = () => ({ EPM_HOME: home, DATABASE_URL: '', EVENTSTORE_URL: '', PORT: '0', LOG_LEVEL: 'error' })

test('the demonstration shows headquarters the statistics of 27 provinces, and a second run the same', async () => {
  const first = await runCli(['demo', '--no-serve', '--days', DAYS], environment())
  expect(first.code, first.err).toBe(0)
  expect(first.out).toContain('Screening as of 2025-12-30: 1036 customers, 374 named (I 33, II 74, III 267) by rule set 1')
  expect(first.out).toMatch(/the worst: P34 3404512258, level I, 75 points\n( {2}\S.+\n){6}/)
  expect(first.out).toMatch(/474 of 1036 customers left a bill open more than 30 days in the 3 months after\. AUC 0\.786/)
  expect(first.out).toMatch(/ 30\.0 % +51\.7 %/)
  const [, table = ''] = first.out.split('高风险用户日统计')
  expect(table).toContain('2026-01-02')
  const lines = table.split('\n')
  expect(lines.filter((line) => /^\s+\d+ {2}\S+ +按时/.test(line))).toHaveLength(27)
  expect(lines.find((line) => line.includes('全国合计'))).toMatch(/27\/27 +374 /)
  // Warnings drafted, issued, signed, answered, returned and closed; two provinces leave theirs.
  const [, supervision = ''] = first.out.split('预警督办日统计')
  const orders = supervision.split('\n').filter((line) => /^ *\d+ {2}\S+ +\d+\.\d\d /.test(line))
  expect(orders).toHaveLength(27)
  expect(orders.filter((line) => / 100\.00% +0 +0 /.test(line))).toHaveLength(25)
  expect(supervision).toMatch(/得分 score: onTime 30 %, firstPass 20 %, recovered 30 %, closure 20 %/)
  // A group as headquarters and as a province sees it; of the others nothing that would single one out.
  expect(first.out).toMatch(/成员户 members +23 +3\n涉及省份 provinces +16 +1\n/)
  expect(first.out).toMatch(/DEMO03 .*as released to P21: nothing: too few members elsewhere/)
  expect(first.err).toContain(`${DAYS} days of 27 provinces, ${27 * Number(DAYS)} reports sent`)

  const second = await runCli(['demo', '--no-serve', '--days', DAYS], environment())
  expect(second.code, second.err).toBe(0)
  expect(second.err).toContain(`${DAYS} days of 27 provinces, 0 reports sent`)
  whole = withoutTime(first.out)
  expect(withoutTime(second.out)).toBe(whole)
})

/** Starts the demonstration, and does something to it once it has said so. */
const disturbed = async (own: string, said: string, disturb: (child: ChildProcess) => Promise<unknown>) => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../../api/cli.ts', import.meta.url)), 'demo', '--no-serve', '--days', DAYS], {
    env: { ...process.env, ...environment(), EPM_HOME: own },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const gone = once(child, 'exit')
  const lines: string[] = []
  for await (const line of createInterface(child.stderr)) if (lines.push(line) && line.includes(said)) await disturb(child)
  const [code] = (await gone) as [number | null]
  return { code, lines }
}
const postmasterOf = async (own: string): Promise<number> => Number((await readFile(join(own, 'postgres', 'pgdata', 'postmaster.pid'), 'utf8')).split('\n')[0])

test('stopped by hand or by a server that dies, it says so last and leaves nothing running; the next run ends as if nothing had been', async () => {
  const own = await mkdtemp(join(tmpdir(), 'epm-demo-'))
  try {
    const stopped = await disturbed(own, 'industry list', async (child) => child.kill('SIGINT'))
    expect(stopped.code).toBe(0)
    expect(stopped.lines.at(-1)).toBe('stopped; the next run goes on from here')
    await expect(postmasterOf(own)).rejects.toThrow('ENOENT')

    const broken = await disturbed(own, 'named by the rules', async () => process.kill(await postmasterOf(own), 'SIGQUIT'))
    expect(broken.code).toBe(1)
    expect(broken.lines.join('\n')).toMatch(/\n[A-Z]\w*: [^\n]*(\n +(at|because:) [^\n]*)*$/)

    const last = await runCli(['demo', '--no-serve', '--days', DAYS], { ...environment(), EPM_HOME: own })
    expect(last.code, last.err).toBe(0)
    expect(withoutTime(last.out)).toBe(whole)
  } finally {
    await rm(own, { recursive: true, force: true })
  }
})

test('what it prints when it serves works as printed, and Ctrl-C stops everything', async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../../api/cli.ts', import.meta.url)), 'demo', '--days', DAYS], {
    env: { ...process.env, ...environment() },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const gone = once(child, 'exit')
  const said: string[] = []
  for await (const line of createInterface(child.stdout)) {
    said.push(line)
    if (line.includes('Ctrl-C stops it')) break
  }
  const curls = said.filter((line) => line.trim().startsWith('curl'))
  expect(curls).toHaveLength(5)
  for (const line of curls) {
    const [, tokenAddress = ''] = /curl -s (http\S+)\)"/.exec(line) ?? []
    const [, accept = '*/*'] = /Accept: ([^"]+)"/.exec(line) ?? []
    const [, address = ''] = /"(http[^"]+)"$/.exec(line) ?? []
    const token = await (await fetch(tokenAddress)).text()
    const answer = await fetch(address, { headers: { authorization: `Bearer ${token}`, accept } })
    expect(answer.status, `${line}\n${await answer.clone().text()}`).toBe(200)
    expect((await answer.text()).length).toBeGreaterThan(100)
  }
  const [pid] = (await readFile(join(home, 'postgres', 'pgdata', 'postmaster.pid'), 'utf8')).split('\n')
  child.kill('SIGINT')
  expect(await gone).toEqual([0, null])
  expect(await processOf(Number(pid))).toBeUndefined() // one that only waits to be buried is gone
})
