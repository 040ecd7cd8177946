import { createHash } from 'node:crypto'
import type { Digesting } from '#application/ports/source.ts'

/** SHA-256, fed piece by piece. */
export const sha256Digesting = (): Digesting => {
  const hash = createHash('sha256')
  return { update: (text) => void hash.update(text), hex: () => hash.digest('hex') }
}
