import { createHash } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { begins, MEDIA_TYPES } from '#infrastructure/media-types.ts'
import { openAttachments } from '#infrastructure/postgres/attachments.ts'
import { shanghai, user } from '#test/support/arbitraries/values.ts'
import { world } from '#test/support/http.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'

const MOST = 3_000_000
const limits = { bytes: MOST, mediaTypes: ['application/pdf', 'image/png'] }
const about = { mediaType: 'application/pdf', by: user('p13s.lead'), at: shanghai('2026-03-03', '09:00') }

let database: TestDatabase
let files: ReturnType<typeof openAttachments>
let db: pg.Client
beforeAll(async () => {
  database = await freshDatabase()
  files = openAttachments(database.url, limits)
  db = new pg.Client(database.url)
  await db.connect()
})
afterAll(async () => {
  await files?.close()
  await db?.end()
  await database?.drop()
})

/** A file of so many bytes, in chunks of an uneven size, as a network gives them. */
async function* pdf(bytes: number, seed = 0): AsyncGenerator<Uint8Array> {
  const whole = contentOf(bytes, seed)
  for (let at = 0; at < bytes; at += 70_001) yield whole.subarray(at, at + 70_001)
}
const contentOf = (bytes: number, seed = 0): Buffer => {
  const whole = Buffer.alloc(bytes, seed)
  whole.write('%PDF-1.7')
  return whole
}
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const piecesLeft = async (): Promise<number> =>
  Number((await db.query('select count(*) from attachment.piece p where not exists (select from attachment.file f where f.upload = p.upload)')).rows[0].count)

describe('a file', () => {
  test('comes back as it was, under the digest of its bytes, though it was never whole in memory', async () => {
    const kept = await files.keep(pdf(MOST), about)
    const digest = sha256(contentOf(MOST))
    expect(kept).toEqual({ ok: true, repeated: false, file: { sha256: digest, mediaType: 'application/pdf', bytes: MOST } })
    const pieces = await Array.fromAsync(files.read(digest))
    expect(pieces.length).toBeGreaterThan(5)
    expect(sha256(Buffer.concat(pieces))).toBe(digest)
    expect(await files.files([digest, 'f'.repeat(64)])).toEqual(new Map([[digest, { sha256: digest, mediaType: 'application/pdf', bytes: MOST }]]))
  })

  test('sent by many at once is kept once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => files.keep(pdf(600_000, 7), about)))
    expect(answers.filter((one) => one.ok && !one.repeated)).toHaveLength(1)
    expect(new Set(answers.map((one) => one.ok && one.file.sha256)).size).toBe(1)
    expect(await piecesLeft()).toBe(0)
  })

  test('that is too large, empty, of a type not taken or not what it says is refused, and nothing of it is kept', async () => {
    expect(await files.keep(pdf(MOST + 1), about)).toEqual({ ok: false, rejection: { code: 'ATTACHMENT_TOO_LARGE', most: MOST } })
    expect(await files.keep(pdf(0), about)).toEqual({ ok: false, rejection: { code: 'ATTACHMENT_EMPTY' } })
    expect(await files.keep(pdf(100), { ...about, mediaType: 'text/html' })).toEqual({
      ok: false,
      rejection: { code: 'ATTACHMENT_TYPE', allowed: limits.mediaTypes },
    })
    expect(await files.keep(pdf(100), { ...about, mediaType: 'image/png' })).toEqual({
      ok: false,
      rejection: { code: 'ATTACHMENT_MISLABELLED', mediaType: 'image/png' },
    })
    expect(await piecesLeft()).toBe(0)
  })

  test('whose upload breaks off leaves nothing', async () => {
    const broken = async function* () {
      yield* pdf(900_000, 9)
      throw new Error('the connection was lost')
    }
    await expect(files.keep(broken(), about)).rejects.toThrow('the connection was lost')
    expect(await piecesLeft()).toBe(0)
  })

  test('that nobody stored has no bytes', async () => {
    expect(await Array.fromAsync(files.read('0'.repeat(64)))).toEqual([])
    expect(await files.find('0'.repeat(64))).toBeUndefined()
  })
})

test('pieces that a killed program left are swept away a day later, and no others', async () => {
  const insert = (upload: string, age: string) =>
    db.query(`insert into attachment.piece (upload, no, bytes, at) values ($1, 0, 'x', now() - $2::interval)`, [upload, age])
  await insert('00000000-0000-4000-8000-000000000001', '25 hours')
  await insert('00000000-0000-4000-8000-000000000002', '23 hours')
  await db.query(`update attachment.piece set at = now() - interval '2 days' where upload in (select upload from attachment.file)`)
  expect(await files.sweep()).toBe(1)
  expect(await piecesLeft()).toBe(1)
})

test('every type that can be taken is known by its first bytes, and markup by none', () => {
  expect(begins('image/jpeg', Buffer.from('ffd8ffe0', 'hex'))).toBe(true)
  expect(MEDIA_TYPES.filter((type) => begins(type, Buffer.from('<html><s')))).toEqual([])
  expect(MEDIA_TYPES.filter((type) => begins(type, Buffer.alloc(0)))).toEqual([])
  expect(begins('text/html', Buffer.from('<html>'))).toBe(false)
})

test('a client that sends too much without saying how much is still told so', async () => {
  const w = await world({ attachments: { store: files, limits } })
  const origin = await w.app.listen({ port: 0, host: '127.0.0.1' })
  const body = ReadableStream.from(pdf(MOST + 5_000_000))
  const headers = { ...(await w.bearer('p13s.lead', 'P13S', 'PV_LEAD')), 'content-type': 'application/pdf' }
  const answer = await fetch(`${origin}/v1/attachments`, { method: 'POST', headers, body, duplex: 'half' } as RequestInit)
  expect(await answer.json()).toMatchObject({ status: 413, code: 'ATTACHMENT_TOO_LARGE', most: MOST })
  await w.app.close()
  expect(await piecesLeft()).toBe(1) // the one of the test before
})
