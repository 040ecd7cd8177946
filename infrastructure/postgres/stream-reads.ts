import type { StreamName } from '#domain/shared/stream-name.ts'
import { type Page, type Queryable, streamPages } from './recorded.ts'

/** Statements under way at once. While one is answered the next gathers, so few of them carry many streams each. */
const LANES = 4
/** Streams in one statement; a page of each is kept in memory. */
const MOST = 32

type Waiting = { readonly stream: StreamName; readonly from: bigint; readonly answer: (page: Page) => void; readonly fail: (error: unknown) => void }

/**
 * First pages of streams, as every command reads one: whatever is asked while the lanes are busy is one statement, so one caller waits
 * for nobody and thirty-two share a few round trips. No timer. Throws LogUnavailable.
 */
export const createStreamReads = (db: Queryable, limit: number): ((stream: StreamName, from: bigint) => Promise<Page>) => {
  let waiting: Waiting[] = []
  let busy = 0

  const lane = async (): Promise<void> => {
    while (waiting.length > 0) {
      await new Promise((done) => setImmediate(done)) // whoever was answered just now joins this statement
      const batch = waiting.slice(0, MOST)
      waiting = waiting.slice(batch.length)
      if (batch.length > 0) await carry(batch)
    }
    busy--
  }
  const carry = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const pages = await streamPages(db, batch, limit)
      batch.forEach(({ answer }, index) => {
        answer(pages[index]!)
      })
    } catch (error) {
      for (const { fail } of batch) fail(error)
    }
  }
  return (stream, from) =>
    new Promise((answer, fail) => {
      waiting.push({ stream, from, answer, fail })
      if (busy === LANES) return
      busy++
      void lane()
    })
}
