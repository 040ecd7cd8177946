import { crc32, inflateRawSync } from 'node:zlib'
import { expect } from 'vitest'

/** Reads an archive by its directory at the end, as Excel does, and checks what it says of each entry. */
export const unzip = (archive: Buffer): Map<string, string> => {
  const end = archive.length - 22
  expect(archive.readUInt32LE(end)).toBe(0x06054b50)
  const [count, size, start] = [archive.readUInt16LE(end + 10), archive.readUInt32LE(end + 12), archive.readUInt32LE(end + 16)]
  expect(start + size).toBe(end)
  const files = new Map<string, string>()
  for (let at = start, entry = 0; entry < count; entry++) {
    expect(archive.readUInt32LE(at)).toBe(0x02014b50)
    const [crc, packed, plain, offset] = [16, 20, 24, 42].map((field) => archive.readUInt32LE(at + field)) as [number, number, number, number]
    const length = archive.readUInt16LE(at + 28)
    const name = archive.toString('utf8', at + 46, at + 46 + length)
    expect([archive.readUInt32LE(offset), archive.toString('utf8', offset + 30, offset + 30 + length)]).toEqual([0x04034b50, name])
    const data = offset + 30 + length
    const content = inflateRawSync(archive.subarray(data, data + packed))
    const descriptor = archive.subarray(data + packed, data + packed + 16)
    expect([0, 4, 8, 12].map((field) => descriptor.readUInt32LE(field))).toEqual([0x08074b50, crc, packed, plain])
    expect([content.length, crc32(content)]).toEqual([plain, crc])
    files.set(name, content.toString())
    at += 46 + length
  }
  return files
}
