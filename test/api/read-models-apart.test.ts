import { expect, test } from 'vitest'
import { readModelsApart } from '#api/demo/read-models.ts'

test('a thread that cannot keep the read models says why, to whoever waits for it and to whoever has to end', async () => {
  const lost: Error[] = []
  const closers: (() => Promise<void>)[] = []
  const nowhere = {
    databaseUrl: 'postgres://nobody@127.0.0.1:1/nothing',
    follow: () => undefined,
    onClose: (step: () => Promise<void>) => void closers.push(step),
  }
  await expect(readModelsApart(nowhere, 0, (why) => lost.push(why))).rejects.toThrow('the thread that keeps the read models has ended')
  expect(lost.map(({ cause }) => cause)).toMatchObject([{ message: expect.stringContaining('ECONNREFUSED') }])
  for (const close of closers) await close()
})
