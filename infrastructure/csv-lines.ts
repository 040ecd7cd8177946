import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'
import { type RawLine, type ReadLines, UnreadableFile } from '#application/ports/source.ts'

type Limits = {
  /** Unpacked bytes of one file; a small gzip may hold a very large one. */
  readonly fileBytes: number
  /** Bytes of one line; an unclosed quote would otherwise take in the rest of the file. */
  readonly lineBytes: number
}
const LIMITS: Limits = { fileBytes: 4 * 1024 ** 3, lineBytes: 64 * 1024 }
const GROUP = 2000

type Parsed = { readonly record: readonly string[]; readonly raw: string; readonly info: { readonly lines: number } }

/** Reads CSV with csv-parse, unpacking gzip on the way. Memory is bounded by the group of lines in hand. */
export const csvLines = (limits: Limits = LIMITS): ReadLines =>
  async function* (bytes, onBytes = () => undefined) {
    const parser = parse({
      bom: true,
      raw: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: limits.lineBytes,
      encoding: 'utf8',
    })
    const { packed, stream } = await peek(bytes, onBytes)
    const steps = packed ? [stream, createGunzip(), bounded(limits.fileBytes), parser] : [stream, bounded(limits.fileBytes), parser]
    const reading = pipeline(steps as [Readable, Transform])
    // Told below, where the lines are read; without this a stream that breaks early would end the process.
    reading.catch(() => undefined)
    try {
      let group: RawLine[] = []
      for await (const { record, raw, info } of parser as AsyncIterable<Parsed>) {
        group.push({ line: info.lines, raw: raw.replace(/\r?\n$/, ''), fields: record })
        if (group.length === GROUP) {
          yield group
          group = []
        }
      }
      await reading
      if (group.length > 0) yield group
    } catch (error) {
      throw explain(error)
    }
  }

/** Broken input is the sender's; anything else (a connection that went away) is passed on as it is. */
const explain = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error
  const code = (error as { readonly code?: string }).code ?? ''
  return code.startsWith('CSV_') || code.startsWith('Z_') || code === 'TOO_LARGE' || code === 'NOT_UTF8'
    ? new UnreadableFile(error.message, { cause: error })
    : error
}

const peek = async (bytes: AsyncIterable<Uint8Array>, onBytes: (count: number) => void): Promise<{ readonly packed: boolean; readonly stream: Readable }> => {
  const iterator = bytes[Symbol.asyncIterator]()
  const first = await iterator.next()
  const head = first.done ? new Uint8Array() : first.value
  let count = head.length
  onBytes(count)
  const all = async function* (): AsyncGenerator<Uint8Array> {
    if (!first.done) yield head
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      count += next.value.length
      onBytes(count)
      yield next.value
    }
  }
  return { packed: head[0] === 0x1f && head[1] === 0x8b, stream: Readable.from(all(), { objectMode: false }) }
}

/** Ends a file beyond its size, and one that is no UTF-8, such as GBK as spreadsheets save it: read as UTF-8 its names would be lost. */
const bounded = (limit: number): Transform => {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const notText = (): Error => Object.assign(new Error('not UTF-8 text: a spreadsheet saves it as "CSV UTF-8"'), { code: 'NOT_UTF8' })
  const holds = (chunk?: Buffer): boolean => {
    try {
      decoder.decode(chunk, { stream: chunk !== undefined })
      return true
    } catch {
      return false
    }
  }
  let seen = 0
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      seen += chunk.length
      if (seen > limit) done(Object.assign(new Error(`more than ${limit} bytes when unpacked`), { code: 'TOO_LARGE' }))
      else if (holds(chunk)) done(null, chunk)
      else done(notText())
    },
    flush: (done) => (holds() ? done() : done(notText())),
  })
}
