import { v5 } from 'uuid'
import type { Append } from '#application/ports/event-store.ts'
import { canonicalJson } from '#domain/shared/canonical-json.ts'
import { streamName } from '#domain/shared/stream-name.ts'

const IDS = '1d0c3f0e-58f7-4c5b-8f5b-2a1e6f0c9a77'

/** The nth append of a writer: two events, always with the same ids and the same expectation. */
export const crashAppend = (run: string, writer: number, step: number): Append => ({
  stream: streamName('HighRiskUser', run, `W${writer}`),
  expected: step === 0 ? 'absent' : BigInt(2 * step - 1),
  events: [0, 1].map((index) => ({
    id: v5(`${run}/${writer}/${step}/${index}`, IDS),
    type: 'UserListed',
    data: canonicalJson({ writer, step, index, text: '欠费'.repeat(50) }),
    metadata: canonicalJson({ schemaVersion: 1 }),
  })),
})
