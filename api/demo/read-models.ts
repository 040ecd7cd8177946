import { Worker } from 'node:worker_threads'
import { Subject } from 'rxjs'
import type { Moved } from '#projections/shared/wait.ts'
import type { Platform } from '../compose.ts'
import { READY, STOP } from './read-models-thread.ts'

const PATIENCE_MS = 1_500

/**
 * Keeps the read models going in a thread of its own, as a worker would in a process of its own, so that both cores have
 * work. Answers when they follow the log; `onLost` hears why when the thread ends before it is told to. It ends with the platform.
 */
export const readModelsApart = async (
  { databaseUrl, follow, onClose }: Pick<Platform, 'databaseUrl' | 'follow' | 'onClose'>,
  restMs: number,
  onLost: (why: Error) => void,
): Promise<void> => {
  const thread = new Worker(new URL('./read-models-thread.ts', import.meta.url), { workerData: { databaseUrl, restMs } })
  const moved = new Subject<Moved>()
  const ready = Promise.withResolvers<void>()
  const gone = new Promise<void>((done) => thread.once('exit', () => done()))
  let told = false
  const lose = (cause?: unknown): void => {
    if (told) return
    const lost = new Error('the thread that keeps the read models has ended', { cause })
    ready.reject(lost)
    onLost(lost)
  }
  thread.on('message', (message: Moved | typeof READY) => (message === READY ? ready.resolve() : moved.next(message)))
  thread.on('error', lose)
  thread.on('exit', () => lose())
  onClose(async () => {
    told = true
    thread.postMessage(STOP)
    const late = setTimeout(() => void thread.terminate(), PATIENCE_MS)
    await gone
    clearTimeout(late)
  })
  await ready.promise
  follow(moved, (model) => thread.postMessage(model))
}
