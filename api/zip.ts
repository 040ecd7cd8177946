import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32, createDeflateRaw } from 'node:zlib'

/** One file of an archive. */
export type ZipEntry = { readonly name: string; readonly content: Iterable<string> | AsyncIterable<string> }

type Written = { readonly name: Buffer; readonly crc: number; readonly packed: number; readonly size: number; readonly offset: number }

/** Names are UTF-8; sizes follow the content, since they are not known before it. */
const FLAGS = 0x0808
const DEFLATE = 8
const VERSION = 20
/** 1 January 1980: the same content always makes the same archive. */
const EPOCH = 0x0021
/** Of what a zip without extensions can say. */
const MOST_BYTES = 0xffff_ffff

const numbers = (...parts: readonly (readonly [bytes: 2 | 4, value: number])[]): Buffer => {
  const buffer = Buffer.alloc(parts.reduce((sum, [bytes]) => sum + bytes, 0))
  let at = 0
  for (const [bytes, value] of parts) at = buffer.writeUIntLE(value, at, bytes)
  return buffer
}

const shared = ({ name, crc, packed, size }: Omit<Written, 'offset'>): Buffer =>
  numbers([2, VERSION], [2, FLAGS], [2, DEFLATE], [2, 0], [2, EPOCH], [4, crc], [4, packed], [4, size], [2, name.length], [2, 0])

/** A zip archive as it is written, entry by entry; memory holds one compressed block. Throws RangeError beyond 4 GiB. */
export async function* zipped(entries: Iterable<ZipEntry>): AsyncGenerator<Buffer> {
  const directory: Written[] = []
  let offset = 0
  for (const { name: text, content } of entries) {
    const name = Buffer.from(text)
    const sums = { crc: 0, size: 0, packed: 0 }
    const head = Buffer.concat([numbers([4, 0x0403_4b50]), shared({ name, crc: 0, packed: 0, size: 0 }), name])
    yield head
    for await (const block of deflated(content, sums)) yield block
    yield numbers([4, 0x0807_4b50], [4, sums.crc], [4, sums.packed], [4, sums.size])
    directory.push({ name, ...sums, offset })
    offset += head.length + sums.packed + 16
    if (offset > MOST_BYTES || sums.size > MOST_BYTES) throw new RangeError('more than a zip archive of this form holds')
  }
  const central = Buffer.concat(directory.flatMap((entry) => [centralHead(entry), entry.name]))
  yield central
  yield numbers([4, 0x0605_4b50], [4, 0], [2, directory.length], [2, directory.length], [4, central.length], [4, offset], [2, 0])
}

const centralHead = (entry: Written): Buffer =>
  Buffer.concat([numbers([4, 0x0201_4b50], [2, VERSION]), shared(entry), numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, entry.offset])])

type Sums = { crc: number; size: number; packed: number }

async function* deflated(content: ZipEntry['content'], sums: Sums): AsyncGenerator<Buffer> {
  const squeeze = createDeflateRaw()
  const feeding = pipeline(Readable.from(summed(content, sums)), squeeze)
  feeding.catch(() => undefined) // told to whoever reads, below
  for await (const block of squeeze as AsyncIterable<Buffer>) {
    sums.packed += block.length
    yield block
  }
  await feeding
}

async function* summed(content: ZipEntry['content'], sums: Sums): AsyncGenerator<Buffer> {
  for await (const text of content) {
    const bytes = Buffer.from(text)
    sums.crc = crc32(bytes, sums.crc)
    sums.size += bytes.length
    yield bytes
  }
}
