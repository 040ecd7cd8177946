import { highRiskUserEvents } from '#domain/high-risk-user/events.ts'
import { instantOfEpoch } from '#domain/shared/dates.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import type { Recorded } from '#projections/shared/feed.ts'
import { type Projection, projection } from '#projections/shared/projection.ts'
import { rowset, run } from '#projections/shared/sql.ts'
import { record } from '#test/support/projections.ts'

export const POISON = 'cannot be applied'

type Shape = { readonly version?: number; readonly onPoison?: Projection['onPoison']; readonly bears?: () => boolean }

/** A read model small enough to be seen through: the last word said about each user, and how many were said. */
export const tally = ({ version = 1, onPoison = 'park-stream', bears = () => false }: Shape = {}): Projection =>
  projection({
    name: 'tally',
    version,
    sources: { HighRiskUser: highRiskUserEvents },
    onPoison,
    publishes: ['tally'],
    create: `
      create table tally (stream text primary key, words text[] not null, revision bigint not null);
      create index on tally (revision);`,
    apply: async (events, db) => {
      const said = events.map(({ stream, revision, data }) => ({ stream, revision, word: (data as { readonly reason: string }).reason }))
      if (!bears() && said.some(({ word }) => word === POISON)) await db.query(run`select 1 / (select 0)`)
      await db.query(run`
        insert into tally (stream, words, revision)
        select r.stream, array_agg(r.word order by r.revision), max(r.revision) from ${rowset(said, 'stream text, revision int8, word text')} group by 1
        on conflict (stream) do update set
          revision = greatest(tally.revision, excluded.revision),
          words = tally.words || excluded.words[cardinality(excluded.words) - (excluded.revision - tally.revision)::int + 1:]
        where tally.revision < excluded.revision`)
    },
  })

/** Words about users, each word an event, a second apart. */
export const words = (said: readonly (readonly [consNo: string, word: string])[], first = 1): readonly Recorded[] =>
  record(
    said.map(([consNo, word], index) => [
      streamName('HighRiskUser', 'P11', consNo),
      {
        type: 'CandidateDismissed',
        data: { at: instantOfEpoch(1_772_413_200_000 + (first + index) * 1000), by: 'lead', province: 'P11', consNo, reason: word, recheckAfter: '2026-06-01' },
      },
    ]),
    first,
  )

/** What the tally of these events must be. */
export const expected = (events: readonly Recorded[]): readonly { readonly stream: string; readonly words: readonly string[]; readonly revision: bigint }[] => {
  const streams = new Map<string, { stream: string; words: string[]; revision: bigint }>()
  for (const { stream, revision, data } of events) {
    const row = streams.get(stream) ?? { stream, words: [], revision }
    row.words.push((data as { readonly reason: string }).reason)
    streams.set(stream, { ...row, revision })
  }
  return [...streams.values()].sort((a, b) => (a.stream < b.stream ? -1 : 1))
}
