import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { showProgress } from '#api/commands/progress.ts'

test('several pieces of work at a time are told in the order in which they began, whichever ends first', () => {
  const told: string[] = []
  const out = new Writable({ write: (chunk: Buffer, _, done) => done(void told.push(chunk.toString().replace(/ {2}\(.*/s, ''))) }) as NodeJS.WriteStream
  const [one, two, three] = ['one', 'two', 'three'].map((what) => showProgress(what, out)) as [Show, Show, Show]
  two.end('done')
  expect(told).toEqual([])
  one.end('done')
  three.end('done')
  expect(told).toEqual(['one', 'two', 'three'].map((what) => `${what.padEnd(26)} done`))
})
type Show = ReturnType<typeof showProgress>
