const OFFICE = 'application/vnd.openxmlformats-officedocument'

/** The first bytes of each kind of file that can be taken, in hex. Office documents are zip archives. */
const FIRST_BYTES = {
  'application/pdf': ['255044462d'],
  'image/jpeg': ['ffd8ff'],
  'image/png': ['89504e470d0a1a0a'],
  'image/tiff': ['49492a00', '4d4d002a'],
  [`${OFFICE}.spreadsheetml.sheet`]: ['504b0304'],
  [`${OFFICE}.wordprocessingml.document`]: ['504b0304'],
  'application/zip': ['504b0304'],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** Kinds of files whose content can be told by its first bytes. */
export const MEDIA_TYPES: readonly string[] = Object.keys(FIRST_BYTES)

/** So many of a file's bytes tell what it is. */
export const TELLING_BYTES = 8

/** Whether a file that begins so is what it is said to be. */
export const begins = (mediaType: string, head: Uint8Array): boolean => {
  const hex = Buffer.from(head).toString('hex')
  return ((FIRST_BYTES as Readonly<Record<string, readonly string[]>>)[mediaType] ?? []).some((first) => hex.startsWith(first))
}
