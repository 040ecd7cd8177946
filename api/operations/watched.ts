import type { Feed } from '#application/ports/feed.ts'
import type { NoticeRecord } from '#application/ports/notice.ts'
import type { Check } from '../health.ts'
import type { Gauge } from '../metrics.ts'
import type { Operations } from './routes.ts'

type Watched = { readonly feed: Feed; readonly operations: Operations; readonly notices: Pick<NoticeRecord, 'counts'> }

/** What must answer for the interface to be ready. */
export const checksOf = ({ feed, operations }: Watched): readonly Check[] => [
  { name: 'event-log', ok: () => feed.head().then(() => true) },
  { name: 'read-models', ok: async () => (await operations.status()).some(({ serving }) => serving) },
]

/** What is measured of the log, the read models and the notices. */
export const gaugesOf = ({ feed, operations, notices }: Watched): readonly Gauge[] => [
  { name: 'epm_log_events', help: 'Events in the log', read: async () => [{ value: Number(await feed.countAfter(undefined)) }] },
  {
    name: 'epm_projection_lag_events',
    help: 'Events that a read model has not passed yet',
    read: async () =>
      (await operations.status()).map(({ name, generation, lagEvents }) => ({
        labels: { projection: name, generation: String(generation) },
        value: Number(lagEvents),
      })),
  },
  {
    name: 'epm_notices',
    help: 'Notices on their way by webhook or mail: waiting, or given up',
    read: async () => Object.entries(await notices.counts()).map(([state, value]) => ({ labels: { state }, value })),
  },
  {
    name: 'epm_projection_parked_events',
    help: 'Events set aside by a read model',
    read: async () =>
      (await operations.status()).map(({ name, generation, parkedEvents }) => ({
        labels: { projection: name, generation: String(generation) },
        value: Number(parkedEvents),
      })),
  },
]
