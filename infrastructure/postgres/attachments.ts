import { createHash, randomUUID } from 'node:crypto'
import pg from 'pg'
import type { Attachments, FileRefusal, Kept, StoredFile } from '#application/ports/attachments.ts'
import { begins, TELLING_BYTES } from '../media-types.ts'

export type AttachmentLimits = { readonly bytes: number; readonly mediaTypes: readonly string[] }

const PIECE_BYTES = 262_144
type Row = { readonly sha256: string; readonly media_type: string; readonly bytes: string }
const fileOf = ({ sha256, media_type, bytes }: Row): StoredFile => ({ sha256, mediaType: media_type, bytes: Number(bytes) })

/**
 * Files by their digest, in pieces of a table. A file is there when its row is, which is written last; what an upload left that
 * broke off is swept away a day later. Close it with the platform.
 */
export const openAttachments = (
  url: string,
  limits: AttachmentLimits,
): Attachments & { readonly sweep: () => Promise<number>; readonly close: () => Promise<void> } => {
  const pool = new pg.Pool({ connectionString: url, application_name: 'epm attachments', max: 4, connectionTimeoutMillis: 10_000, idleTimeoutMillis: 60_000 })
  pool.on('error', () => undefined) // told by the next answer; without a listener it would end the process
  const found = async (sha256: string): Promise<(Row & { readonly upload: string }) | undefined> =>
    (await pool.query<Row & { upload: string }>('select sha256, media_type, bytes, upload from attachment.file where sha256 = $1', [sha256])).rows[0]

  return {
    keep: async (content, { mediaType, by, at }): Promise<Kept> => {
      if (!limits.mediaTypes.includes(mediaType)) return { ok: false, rejection: { code: 'ATTACHMENT_TYPE', allowed: limits.mediaTypes } }
      const upload = randomUUID()
      let kept = false
      try {
        const taken = await takeIn(pool, upload, content, mediaType, limits.bytes)
        if ('code' in taken) return { ok: false, rejection: taken }
        const { rowCount } = await pool.query(
          'insert into attachment.file (sha256, media_type, bytes, upload, stored_by, stored_at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing',
          [taken.sha256, mediaType, taken.bytes, upload, by, at],
        )
        kept = rowCount === 1
        const stored = await found(taken.sha256)
        if (!stored) throw new Error(`attachment ${taken.sha256} is not there after it was stored`)
        return { ok: true, file: fileOf(stored), repeated: !kept }
      } finally {
        if (!kept) await pool.query('delete from attachment.piece where upload = $1', [upload]).catch(() => undefined) // or swept later
      }
    },
    find: async (sha256) => {
      const row = await found(sha256)
      return row && fileOf(row)
    },
    files: async (digests) => {
      if (digests.length === 0) return new Map()
      const { rows } = await pool.query<Row>('select sha256, media_type, bytes from attachment.file where sha256 = any($1)', [digests])
      return new Map(rows.map((row) => [row.sha256, fileOf(row)]))
    },
    read: (sha256) => piecesOf(pool, async () => (await found(sha256))?.upload),
    sweep: async () => {
      const { rowCount } = await pool.query(
        `delete from attachment.piece p where at < now() - interval '1 day' and not exists (select from attachment.file f where f.upload = p.upload)`,
      )
      return rowCount ?? 0
    },
    close: () => pool.end(),
  }
}

/** Writes what comes in, never holding more than a piece, and looks at its beginning and size on the way. */
const takeIn = async (
  pool: pg.Pool,
  upload: string,
  content: AsyncIterable<Uint8Array>,
  mediaType: string,
  most: number,
): Promise<{ readonly sha256: string; readonly bytes: number } | FileRefusal> => {
  const hash = createHash('sha256')
  let bytes = 0
  let no = 0
  for await (const piece of pieces(content)) {
    if (no === 0 && !begins(mediaType, piece.subarray(0, TELLING_BYTES))) return { code: 'ATTACHMENT_MISLABELLED', mediaType }
    bytes += piece.length
    if (bytes > most) return { code: 'ATTACHMENT_TOO_LARGE', most }
    hash.update(piece)
    await pool.query('insert into attachment.piece (upload, no, bytes) values ($1, $2, $3)', [upload, no++, piece])
  }
  return bytes === 0 ? { code: 'ATTACHMENT_EMPTY' } : { sha256: hash.digest('hex'), bytes }
}

/** Whatever comes in, in pieces of one size but the last. */
async function* pieces(content: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let gathered: Uint8Array[] = []
  let size = 0
  for await (const chunk of content) {
    gathered.push(chunk)
    size += chunk.length
    if (size < PIECE_BYTES) continue
    yield Buffer.concat(gathered)
    gathered = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(gathered)
}

async function* piecesOf(pool: pg.Pool, uploadOf: () => Promise<string | undefined>): AsyncGenerator<Uint8Array> {
  const upload = await uploadOf()
  if (upload === undefined) return
  for (let no = 0; ; no++) {
    const { rows } = await pool.query<{ bytes: Buffer }>('select bytes from attachment.piece where upload = $1 and no = $2', [upload, no])
    if (!rows[0]) return
    yield rows[0].bytes
  }
}
