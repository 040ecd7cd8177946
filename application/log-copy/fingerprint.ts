import { canonicalJson } from '#domain/shared/canonical-json.ts'
import type { Recorded } from '../ports/event-store.ts'

/** SHA-256 in hex of a text. */
export type Digest = (text: string) => string

/** The fingerprint of a log of no events. */
export const NOTHING = '0'.repeat(64)

/** Everything of an event that is the same on every engine: not where it stands there, nor when that engine took it. */
const sameEverywhere = ({ stream, revision, id, type, data, metadata }: Recorded): string =>
  `${stream}\n${revision}\n${id}\n${type}\n${canonicalJson(data)}\n${canonicalJson(metadata)}`

/** The fingerprint of a log that is longer by one event: it says every byte of every event before, in this order. */
export const extended = (digest: Digest, fingerprint: string, event: Recorded): string => digest(`${fingerprint}\n${sameEverywhere(event)}`)
