import { filter, firstValueFrom, race, timer } from 'rxjs'
import type { DatabasePool } from 'slonik'
import type { ListedUser } from '#application/daily-report/prefill.ts'
import type { Position } from '#application/ports/event-store.ts'
import type { Feed } from '#application/ports/feed.ts'
import type { GroupIndex } from '#application/ports/groups.ts'
import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { openLinks, strayLinks, unfinishedGroups, WORK_MODEL } from '#projections/group-user/work.queries.ts'
import { listedOn } from '#projections/high-risk-user/register.queries.ts'
import { register } from '#projections/high-risk-user/register.ts'
import { type WaitSource, waitFor } from '#projections/shared/wait.ts'
import { Problem } from '../problem.ts'

/** Where to wait, and to ask where the log and the read models stand. */
export type Waiting = WaitSource & { readonly pool: DatabasePool; readonly feed: Pick<Feed, 'head'> }

const PATIENCE_MS = 10_000

/** Waits until a read model has passed everything recorded before the question; answers 503 when it does not get there. */
const abreast = async (waiting: Waiting, model: string, head: Position | undefined, what: string): Promise<void> => {
  if (head !== undefined && !(await waitFor(waiting, model, head, PATIENCE_MS)).reached)
    throw new Problem('UNAVAILABLE', { detail: `the register of ${what} is behind the log`, headers: { 'retry-after': '5' } })
}

export type Register = (province: ProvinceCode, date: BusinessDate) => Promise<readonly ListedUser[]>

/** Longer than the register takes for what was just recorded; a wake-up that is lost costs this once. */
const HEARING_MS = 200

/**
 * Who is listed, as everything recorded before the question has it: a user confirmed a moment ago is expected in the report
 * that is opened now. Where this process moves the register itself it hears when it is there, and asks the database only once.
 * Answers 503 when the register does not catch up.
 */
export const freshRegister = (waiting: Waiting): Register => {
  const { pool, feed, moved$ } = waiting
  let told: Position | undefined
  const passed = (position: Position | null | undefined, head: Position): boolean => position != null && feed.compare(position, head) >= 0
  moved$.pipe(filter(({ projection }) => projection === register.name)).subscribe(({ position }) => {
    told = position
  })
  const heard = (head: Position): Promise<unknown> =>
    firstValueFrom(race(moved$.pipe(filter(({ projection, position }) => projection === register.name && passed(position, head))), timer(HEARING_MS)), {
      defaultValue: undefined,
    })
  return async (province, date) => {
    const head = await feed.head()
    if (head !== undefined && told !== undefined && !passed(told, head)) await heard(head)
    const seen = await listedOn(pool, province, date)
    if (head === undefined || passed(seen.asOf.position, head)) return seen.rows
    await abreast(waiting, register.name, head, 'high-risk users')
    return (await listedOn(pool, province, date)).rows
  }
}

/** A group's links as everything recorded before the question has them: none is overlooked when a group merges. Answers 503 when the read model does not catch up. */
export const groupIndex = (waiting: Waiting): GroupIndex => ({
  openLinks: async (groupNo, on) => {
    await abreast(waiting, WORK_MODEL, await waiting.feed.head(), 'groups')
    return openLinks(waiting.pool, groupNo, on)
  },
  unfinished: (limit) => unfinishedGroups(waiting.pool, limit),
  strays: (limit) => strayLinks(waiting.pool, limit),
})
