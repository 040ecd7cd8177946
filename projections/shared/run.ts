import {
  BehaviorSubject,
  concatMap,
  defer,
  EMPTY,
  expand,
  filter,
  finalize,
  firstValueFrom,
  from,
  map,
  merge,
  NEVER,
  type Observable,
  race,
  retry,
  take,
  takeUntil,
  throwError,
  timer,
} from 'rxjs'
import { Halted, Retired } from './failure.ts'
import type { Feed, Position, Recorded } from './feed.ts'

/** One generation of a read model, as the loop needs it. */
export type ReadModel = {
  /** Where it stands; undefined before the first event. Asked again after every failure. */
  readonly checkpoint: () => Promise<Position | undefined>
  /** Applies a page and moves the checkpoint, all or nothing. */
  readonly apply: (page: readonly Recorded[], after: Position | undefined) => Promise<void>
  /** Gets a page ready to be applied, while the one before it is still being written. Never throws. */
  readonly prepare?: (page: readonly Recorded[]) => void
  /** Nothing more was there to read. */
  readonly caughtUp: (position: Position | undefined) => Promise<void>
}

export type RunOptions = {
  /** Events in a page; the feed bounds its bytes. */
  readonly pageSize: number
  /** At the head, milliseconds between two pages. */
  readonly restMs?: number
  /** When it emits, a rest is cut short: somebody waits for this read model. */
  readonly wanted$?: Observable<unknown>
  /** Looks for more without having been woken, should a wake-up be lost. */
  readonly pollMs: number
  /** When it emits, the loop ends after the page in hand. */
  readonly stop$: Observable<unknown>
  readonly onFailure: (error: unknown, attempt: number) => void
}

type Ahead = { readonly after: Position | undefined; readonly page: Promise<readonly Recorded[]>; readonly rung: number }

const LONGEST_PAUSE_MS = 10_000

/**
 * Pull, apply, pull again. Behind the head the next page is read while one is applied, and no more than that, so memory
 * stays bounded. Emits the position after each move. Failures are repeated from the checkpoint with growing pauses; only Halted
 * and Retired end it.
 */
export const run = (feed: Feed, readModel: ReadModel, options: RunOptions): Observable<Position | undefined> =>
  defer(() => {
    // The bell is heard from before the first read, so that an event committed between a read and the wait is not slept through.
    const bell = new BehaviorSubject(0)
    let stopping = false
    const hearing = feed.more$.subscribe(() => bell.next(bell.value + 1))
    hearing.add(
      options.stop$.pipe(take(1)).subscribe(() => {
        stopping = true
        bell.next(bell.value + 1)
      }),
    )

    const readAhead = (after: Position | undefined): Ahead => {
      const rung = bell.value
      const page = feed.read(after, options.pageSize).then((events) => {
        if (!stopping) readModel.prepare?.(events)
        return events
      })
      page.catch(() => undefined) // it is awaited later, or not at all when the page before it fails
      return { after, page, rung }
    }
    const wait = (after: Position | undefined, rung: number): Observable<Ahead> =>
      merge(bell.pipe(filter((now) => now !== rung)), timer(options.pollMs)).pipe(
        take(1),
        map(() => readAhead(after)),
      )
    const applyPage = async (page: readonly Recorded[], after: Position | undefined): Promise<Ahead> => {
      const last = page.at(-1)!
      // At the head, a page read before this one is written would miss what is said meanwhile and make it wait twice.
      const ahead = isNews(last) ? undefined : readAhead(last.position)
      await readModel.apply(page, after)
      if (page.length < options.pageSize) await readModel.caughtUp(last.position)
      if (!ahead && !stopping && options.restMs !== undefined) await rest(options.restMs, options)
      return ahead ?? readAhead(last.position)
    }
    const step = ({ after, page, rung }: Ahead): Observable<Ahead> =>
      stopping
        ? EMPTY
        : from(page).pipe(
            concatMap((events) => {
              if (stopping) return EMPTY
              if (events.length > 0) return applyPage(events, after)
              return defer(() => readModel.caughtUp(after)).pipe(concatMap(() => wait(after, rung)))
            }),
          )

    return defer(readModel.checkpoint).pipe(
      map(readAhead),
      expand(step),
      map(({ after }) => after),
      retry({ resetOnSuccess: true, delay: (error: unknown, attempt) => again(error, attempt, stopping, options) }),
      finalize(() => hearing.unsubscribe()),
    )
  })

const rest = (ms: number, { stop$, wanted$ = NEVER }: Pick<RunOptions, 'stop$' | 'wanted$'>): Promise<unknown> =>
  firstValueFrom(race(timer(ms), stop$, wanted$), { defaultValue: undefined })

const NEWS_MS = 1_000
/** Only a guess by two clocks, and only speed hangs on it. */
const isNews = ({ created }: Recorded): boolean => Date.now() - Date.parse(created) < NEWS_MS

const again = (error: unknown, attempt: number, stopping: boolean, { onFailure, stop$ }: RunOptions): Observable<unknown> => {
  if (stopping) return EMPTY
  if (error instanceof Halted || error instanceof Retired) return throwError(() => error)
  onFailure(error, attempt)
  return timer(Math.min(LONGEST_PAUSE_MS, 50 * 2 ** Math.min(attempt, 10))).pipe(takeUntil(stop$))
}
