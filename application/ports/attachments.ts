import type { Instant } from '#domain/shared/dates.ts'
import type { UserId } from '#domain/shared/identity.ts'

/** A file as it is kept: named by the SHA-256 of its bytes, in hex. */
export type StoredFile = { readonly sha256: string; readonly mediaType: string; readonly bytes: number }

/** Why a file was not kept. Nothing of it is. */
export type FileRefusal =
  | { readonly code: 'ATTACHMENT_EMPTY' }
  | { readonly code: 'ATTACHMENT_TOO_LARGE'; readonly most: number }
  | { readonly code: 'ATTACHMENT_TYPE'; readonly allowed: readonly string[] }
  /** Its first bytes are not those of what it is said to be. */
  | { readonly code: 'ATTACHMENT_MISLABELLED'; readonly mediaType: string }
export type Kept = { readonly ok: true; readonly file: StoredFile; readonly repeated: boolean } | { readonly ok: false; readonly rejection: FileRefusal }

/** Files that people add to what they say (附件). */
export type Attachments = {
  /** Keeps a file as it comes in, piece by piece. The same bytes again are the same file, under the type they were first sent as. */
  readonly keep: (content: AsyncIterable<Uint8Array>, about: { readonly mediaType: string; readonly by: UserId; readonly at: Instant }) => Promise<Kept>
  readonly find: (sha256: string) => Promise<StoredFile | undefined>
  /** Those of the digests that name a file, with what is known of it. */
  readonly files: (digests: readonly string[]) => Promise<ReadonlyMap<string, StoredFile>>
  /** The bytes of a file in pieces; none when there is no such file. */
  readonly read: (sha256: string) => AsyncIterable<Uint8Array>
}
