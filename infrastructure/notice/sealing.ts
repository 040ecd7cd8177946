import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** A key of AES-256-GCM, and the name by which what it sealed finds it again. */
export type SealingKey = { readonly id: string; readonly key: Buffer }
type Opened = { readonly ok: true; readonly secret: string } | { readonly ok: false; readonly fault: string }
/** Secrets as they lie in a database. `of` is whose secret it is: moved to somebody else it does not open. */
export type Sealing = {
  /** Undefined without a key: nothing is kept unsealed. */
  readonly seal: ((secret: string, of: string) => string) | undefined
  /** Why it cannot be opened is for whoever looks after it; nothing of the secret or of a key stands in it. */
  readonly open: (sealed: string, of: string) => Opened
}

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const FORM = /^v1\.([a-z0-9-]{1,32})\.([\w-]+)$/

/** Reads `id:base64,id:base64`; undefined where that is not what it is. */
export const readSealingKeys = (text: string): SealingKey[] | undefined => {
  const keys = text.split(',').flatMap((one) => (one.trim() === '' ? [] : [keyOf(one.trim())]))
  const known = keys.filter((key) => key !== undefined)
  return known.length === keys.length && new Set(known.map(({ id }) => id)).size === keys.length ? known : undefined
}

const keyOf = (text: string): SealingKey | undefined => {
  const [, id, base64] = /^([a-z0-9-]{1,32}):([A-Za-z0-9+/]{43}=)$/.exec(text) ?? []
  return id === undefined || base64 === undefined ? undefined : { id, key: Buffer.from(base64, 'base64') }
}

/** The first key seals, each opens what it sealed: a new one is put before the old, which goes when nothing is sealed by it any more. */
export const sealing = (keys: readonly SealingKey[]): Sealing => {
  const [first] = keys
  return {
    seal: first && ((secret, of) => sealedBy(first, secret, of)),
    open: (sealed, of) => {
      const [, id, text] = FORM.exec(sealed) ?? []
      if (id === undefined || text === undefined)
        return { ok: false, fault: 'the secret is not sealed as it should be; end the subscription and make a new one' }
      const found = keys.find((one) => one.id === id)
      return found
        ? openedBy(found, Buffer.from(text, 'base64url'), of)
        : { ok: false, fault: `the secret is sealed by the key ${id}, which is not configured` }
    },
  }
}

const sealedBy = ({ id, key }: SealingKey, secret: string, of: string): string => {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(of))
  const bytes = Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return `v1.${id}.${bytes.toString('base64url')}`
}

const openedBy = ({ id, key }: SealingKey, bytes: Buffer, of: string): Opened => {
  try {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(of)).setAuthTag(bytes.subarray(-TAG_BYTES))
    return { ok: true, secret: decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8') }
  } catch {
    return { ok: false, fault: `the key ${id} that is configured is not the one that sealed the secret` }
  }
}

/** The key of an installation that keeps its own data: made once, in a file for its owner alone. */
export const ownSealingKey = (path: string): SealingKey => {
  mkdirSync(dirname(path), { recursive: true })
  try {
    writeFileSync(path, `own:${randomBytes(KEY_BYTES).toString('base64')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const key = keyOf(readFileSync(path, 'utf8').trim())
  if (!key) throw new Error(`${path} holds no key such as own:<32 bytes in base64>`)
  return key
}
