import { access, glob, readFile } from 'node:fs/promises'
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

test('the pages name only folders, files, commands and settings that there are', async () => {
  const pages = ['README.md', 'data/README.md', ...(await Array.fromAsync(glob('docs/**/*.md', { cwd: new URL('..', import.meta.url) })))]
  const { scripts } = JSON.parse(await textOf('package.json')) as { scripts: Readonly<Record<string, string>> }
  const [cli, config] = [await textOf('api/cli.ts'), await textOf('infrastructure/config.ts')]
  const isThere = async (path: string, from = ''): Promise<boolean> =>
    access(new URL(path, new URL(`../${from}`, import.meta.url))).then(
      () => true,
      () => false,
    )
  const missing: string[] = []
  let looked = 0
  for (const page of pages) {
    const text = await textOf(page)
    const each = async (pattern: RegExp, found: (name: string) => boolean | Promise<boolean>): Promise<void> => {
      for (const [, name = ''] of text.matchAll(pattern)) {
        looked++
        if (!(await found(name))) missing.push(`${page}: ${name}`)
      }
    }
    await each(/`((?:domain|application|projections|infrastructure|api|test|bench|data|docs)\/[\w./-]*)`/g, (path) => isThere(path))
    await each(/\]\((?!https?:)([^)#\s]+)/g, (path) => isThere(path, page))
    await each(/\bnpm run (?!epm\b)([\w:-]+)/g, (script) => script in scripts)
    // Of a group of commands, such as `log`, the second word is one, too; of others it is an argument.
    await each(/(?:\bnpm run epm --|`epm) ((?:(?:projections|log) )?[a-z][\w-]*)/g, (command) =>
      command.split(' ').every((word) => cli.includes(`command('${word}'`)),
    )
    await each(/`((?:EPM|OIDC|NOTICE|EVENTSTORE|SMTP|DATABASE|ATTACHMENT)\w*_\w+)[`=]/g, (setting) => config.includes(setting.replace(/_FILE$/, '')))
  }
  expect(looked).toBeGreaterThan(100)
  expect(missing).toEqual([])
})
