import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { HttpNeeds } from '#api/http.ts'
import { workYearsOf } from '#application/organisation/work-years.ts'
import type { Attachments, StoredFile } from '#application/ports/attachments.ts'
import type { Clock } from '#application/ports/clock.ts'
import type { EventStore } from '#application/ports/event-store.ts'
import type { NoticeRecord } from '#application/ports/notice.ts'
import type { WorkOrders } from '#application/warning-work-order/work-orders.ts'
import { SlaRules, SupervisionScore } from '#domain/warning-work-order/fields.ts'
import { sealing } from '#infrastructure/notice/sealing.ts'
import { loadReferenceData } from '#infrastructure/reference-data.ts'

/** What work orders bring from elsewhere, where nothing is said: everybody is known, and nothing was billed. */
export const orderSources = (store: EventStore, clock: Clock): Pick<WorkOrders, 'slaRules' | 'years' | 'strangers' | 'billed'> => ({
  slaRules: z.array(SlaRules).parse(loadReferenceData().slaRules),
  years: workYearsOf(store, clock),
  strangers: async () => [],
  billed: async () => [],
})

export const supervisionScores = z.array(SupervisionScore).parse(loadReferenceData().supervisionScores)

/** By a key that only tests have. */
export const testSealing = sealing([{ id: 'test', key: Buffer.alloc(32, 7) }])

/** Nobody has subscribed, and nothing is remembered. */
export const noNotices: NoticeRecord = {
  subscribe: async () => 'made',
  unsubscribe: async () => false,
  subscriptions: async () => [],
  deliveries: async () => [],
  counts: async () => ({ waiting: 0, failed: 0 }),
  retry: async () => false,
  markRead: async () => undefined,
}

/** Files in memory, of whatever is said to be a PDF. */
export const filesInMemory = (): HttpNeeds['attachments'] => {
  const limits = { bytes: 1_000_000, mediaTypes: ['application/pdf'] }
  const kept = new Map<string, { readonly file: StoredFile; readonly bytes: Buffer }>()
  const store: Attachments = {
    keep: async (content, { mediaType }) => {
      const bytes = Buffer.concat(await Array.fromAsync(content))
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const repeated = kept.has(sha256)
      const file = { sha256, mediaType, bytes: bytes.length }
      if (!repeated) kept.set(sha256, { file, bytes })
      return { ok: true, file, repeated }
    },
    find: async (sha256) => kept.get(sha256)?.file,
    files: async (digests) => new Map([...kept].flatMap(([sha256, { file }]) => (digests.includes(sha256) ? [[sha256, file]] : []))),
    read: async function* (sha256) {
      const found = kept.get(sha256)
      if (found) yield found.bytes
    },
  }
  return { store, limits }
}
