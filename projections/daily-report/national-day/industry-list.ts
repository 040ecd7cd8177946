import { z } from 'zod'
import { Entry } from '#domain/industry-list/fields.ts'
import { BusinessDate } from '#domain/shared/dates.ts'
import { TradeCode, TradeStandard } from '#domain/shared/identity.ts'
import { matcherOf } from '#domain/shared/trade.ts'
import type { ProjectionDb } from '#projections/shared/projection.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'
import { OPEN_DATE } from './columns.ts'
import type { Given, Touch } from './given.ts'

const Version = z.object({ version: z.int(), effective_from: BusinessDate })

/** Keeps the versions of the list with the day from which each counts; a revoked one never does. Answers the days that may read differently now. */
export const applyListEvents = async (events: Given['IndustryList'], db: ProjectionDb): Promise<readonly Touch[]> => {
  const published = events.flatMap(({ type, data }) => (type === 'VersionPublished' ? [data] : []))
  const revoked = events.flatMap(({ type, data }) => (type === 'VersionRevoked' ? [{ version: data.version }] : []))
  const changed: z.output<typeof Version>[] = []
  if (published.length > 0) {
    const versions = published.map(({ version, effectiveFrom }) => ({ version, effective_from: effectiveFrom }))
    const entries = published.flatMap(({ version, entries }) =>
      entries.map((entry) => ({ version, standard: entry.standard, code: entry.code, include_children: entry.includeChildren, category: entry.category })),
    )
    changed.push(
      ...(await db.any(sql.type(Version)`
        insert into list_version (version, effective_from)
        select version, effective_from from ${rowset(versions, 'version integer, effective_from date')}
        on conflict do nothing returning version, effective_from`)),
    )
    await db.query(run`
      insert into list_entry (version, standard, code, include_children, category)
      select version, standard, code, include_children, category
      from ${rowset(entries, 'version integer, standard text, code text, include_children boolean, category text')}
      on conflict do nothing`)
    await classify(
      db,
      published.map(({ version }) => version),
      undefined,
    )
  }
  if (revoked.length > 0)
    changed.push(
      ...(await db.any(sql.type(Version)`
        update list_version l set revoked = true from ${rowset(revoked, 'version integer')}
        where l.version = r.version and not l.revoked returning l.version, l.effective_from`)),
    )
  return changed.map(({ effective_from }) => ({ from: effective_from, to: OPEN_DATE as BusinessDate, sealed: false }))
}

const Trade = z.object({ standard: TradeStandard, code: TradeCode })
type Trade = z.output<typeof Trade>

/** Makes sure that every trade met has its category in every version of the list. */
export const meetTrades = async (db: ProjectionDb, trades: readonly Trade[]): Promise<void> => {
  const distinct = [...new Map(trades.map((trade) => [`${trade.standard} ${trade.code}`, trade])).values()].map(({ standard, code }) => ({ standard, code }))
  if (distinct.length === 0) return
  const fresh = await db.any(sql.type(Trade)`
    insert into trade (standard, code) select standard, code from ${rowset(distinct, 'standard text, code text')}
    on conflict do nothing returning standard, code`)
  if (fresh.length > 0) await classify(db, undefined, fresh)
}

const Stored = z.object({
  version: z.int(),
  standard: TradeStandard,
  code: TradeCode,
  include_children: z.boolean(),
  category: Entry.shape.category,
})

/** Writes down the category of these trades (all when undefined) in these versions (all when undefined). */
const classify = async (db: ProjectionDb, versions: readonly number[] | undefined, fresh: readonly Trade[] | undefined): Promise<void> => {
  const entries = await db.any(sql.type(Stored)`
    select version, standard, code, include_children, category from list_entry
    ${versions ? sql.fragment`where version = any(${sql.array([...versions], 'int4')})` : sql.fragment``}`)
  const trades = fresh ?? (await db.any(sql.type(Trade)`select standard, code from trade`))
  const rows = [...Map.groupBy(entries, ({ version }) => version)].flatMap(([version, listed]) => {
    const match = matcherOf(listed.map((entry) => ({ ...entry, includeChildren: entry.include_children })))
    return trades.flatMap(({ standard, code }) => {
      const found = match({ standard, code })
      return found ? [{ version, standard, code, category: found.category }] : []
    })
  })
  if (rows.length === 0) return
  await db.query(run`
    insert into trade_category (version, standard, code, category)
    select version, standard, code, category from ${rowset(rows, 'version integer, standard text, code text, category text')}
    on conflict do nothing`)
}
