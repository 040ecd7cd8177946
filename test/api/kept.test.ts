import { expect, test, vi } from 'vitest'
import { keeping } from '#api/kept.ts'

test('an answer is made once for all who ask, and again once what it is made from is another', async () => {
  const kept = keeping<number>(2)
  const make = vi.fn(async () => make.mock.calls.length)
  expect(await Promise.all([kept([1, 'a'], 'x', make), kept([1, 'a'], 'x', make), kept([1, 'a'], 'y', make)])).toEqual([1, 1, 2])
  expect(await kept([1, 'a'], 'x', make)).toBe(1)
  expect(await kept([2, 'a'], 'x', make)).toBe(3)
  expect(await kept([2, 'b'], 'x', make)).toBe(4)
})

test('of more answers than are kept the one that was not asked for longest goes', async () => {
  const kept = keeping<string>(2)
  const make = vi.fn(async () => 'made')
  for (const key of ['a', 'b', 'a', 'c']) await kept([], key, make)
  expect(make).toHaveBeenCalledTimes(3)
  await kept([], 'a', make)
  expect(make).toHaveBeenCalledTimes(3)
  await kept([], 'b', make)
  expect(make).toHaveBeenCalledTimes(4)
})

test('a failure is told to all who wait for it and not kept', async () => {
  const kept = keeping<string>(2)
  const fail = async (): Promise<string> => Promise.reject(new Error('no'))
  const told = await Promise.allSettled([kept([], 'a', fail), kept([], 'a', fail)])
  expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await kept([], 'a', async () => 'made')).toBe('made')
})
