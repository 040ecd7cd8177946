import { randomBytes } from 'node:crypto'
import { mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BadConfiguration, describeConfig, readConfig } from '#infrastructure/config.ts'
import { ownSealingKey, readSealingKeys, sealing } from '#infrastructure/notice/sealing.ts'

const key = (id: string, fill = 1) => ({ id, key: Buffer.alloc(32, fill) })

describe('a secret', () => {
  test('opens for whom it was sealed, and for nobody else, nor changed', () => {
    const { seal, open } = sealing([key('a')])
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), fc.nat(), (secret, of, place) => {
        const sealed = seal!(secret, of)
        expect(open(sealed, of)).toEqual({ ok: true, secret })
        expect(open(sealed, `${of}.`).ok).toBe(false)
        const bytes = Buffer.from(sealed.slice(5), 'base64url')
        bytes[place % bytes.length]! ^= 1
        expect(open(`v1.a.${bytes.toString('base64url')}`, of).ok).toBe(false)
        expect(open(`v1.a.${bytes.subarray(0, place % bytes.length).toString('base64url')}`, of).ok).toBe(false)
      }),
    )
  })

  test('is sealed another way each time, by the first key, and opens by the one that sealed it', () => {
    const old = sealing([key('old', 1)]).seal!('hush', 's')
    const rotated = sealing([key('new', 2), key('old', 1)])
    const fresh = rotated.seal!('hush', 's')
    expect(fresh).toMatch(/^v1\.new\./)
    expect(fresh).not.toBe(rotated.seal!('hush', 's'))
    for (const sealed of [old, fresh]) expect(rotated.open(sealed, 's')).toEqual({ ok: true, secret: 'hush' })
  })

  test('that cannot be opened says which key is missing or wrong', () => {
    const sealed = sealing([key('2026a', 1)]).seal!('hush', 's')
    expect(sealing([]).seal).toBeUndefined()
    expect(sealing([]).open(sealed, 's')).toEqual({ ok: false, fault: 'the secret is sealed by the key 2026a, which is not configured' })
    expect(sealing([key('2026a', 2)]).open(sealed, 's')).toEqual({ ok: false, fault: 'the key 2026a that is configured is not the one that sealed the secret' })
    expect(sealing([key('2026a', 1)]).open('hush', 's')).toMatchObject({ ok: false, fault: expect.stringContaining('not sealed') })
  })
})

test('keys are read with their names, or not at all, and are not shown', () => {
  const text = `2026b:${randomBytes(32).toString('base64')}, 2026a:${randomBytes(32).toString('base64')}`
  expect(readSealingKeys(text)?.map(({ id }) => id)).toEqual(['2026b', '2026a'])
  expect(readSealingKeys('')).toEqual([])
  const same = `a:${Buffer.alloc(32, 1).toString('base64')}`
  for (const wrong of ['a', 'a:short', `A:${same.slice(2)}`, same.slice(2), `${same},${same}`, `a:${Buffer.alloc(31).toString('base64')}`])
    expect(readSealingKeys(wrong), wrong).toBeUndefined()
  const environment = { NOTICE_SECRET_KEYS: text }
  const row = describeConfig(readConfig(environment), environment).find(({ name }) => name === 'NOTICE_SECRET_KEYS')
  expect(row).toMatchObject({ value: '2026b:***,2026a:***', set: true })
  const wrong = () => readConfig({ NOTICE_SECRET_KEYS: 'a:t0p-secret' })
  expect(wrong).toThrow(BadConfiguration)
  expect(wrong).toThrow(/NOTICE_SECRET_KEYS: must be keys/)
  expect(wrong).not.toThrow(/t0p-secret/)
})

test('an installation that keeps its own data makes a key once, for its owner alone', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'epm-key-')), 'home', 'notice.key')
  const made = ownSealingKey(path)
  expect(ownSealingKey(path)).toEqual(made)
  expect(made.key).toHaveLength(32)
  expect(statSync(path).mode & 0o777).toBe(0o600)
})
