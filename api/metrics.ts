import type { FastifyInstance } from 'fastify'
import { PUBLIC } from './access.ts'
import { type App, failures, PlainText } from './schemas.ts'

/** A figure asked for when the metrics are read, with its labels. */
export type Gauge = {
  readonly name: string
  readonly help: string
  readonly read: () => Promise<readonly { readonly labels?: Readonly<Record<string, string>>; readonly value: number }[]>
}

const BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

type Series = { count: number; seconds: number; readonly buckets: number[] }
export type Metrics = { readonly observe: (app: FastifyInstance) => void; readonly route: (app: App) => Promise<void> }

/**
 * Requests by route and status, their durations, and the gauges, in the Prometheus text format (0.0.4). Labels are route
 * patterns, never addresses, so that their number is bounded.
 */
export const metrics = (gauges: readonly Gauge[]): Metrics => {
  const series = new Map<string, Series>()
  const observe = (app: FastifyInstance): void => {
    app.addHook('onResponse', async (request, reply) => {
      const route = request.routeOptions.url ?? 'none'
      const key = `method="${request.method}",route="${route}",status="${reply.statusCode}"`
      const one = series.get(key) ?? { count: 0, seconds: 0, buckets: BUCKETS_SECONDS.map(() => 0) }
      series.set(key, one)
      const seconds = reply.elapsedTime / 1000
      one.count += 1
      one.seconds += seconds
      for (let i = BUCKETS_SECONDS.length - 1; i >= 0 && seconds <= BUCKETS_SECONDS[i]!; i--) one.buckets[i]! += 1
    })
  }
  const route = async (app: App): Promise<void> => {
    app.get(
      '/metrics',
      {
        config: PUBLIC,
        schema: {
          operationId: 'getMetrics',
          tags: ['operation'],
          summary: 'Metrics in the Prometheus text format',
          response: { 200: PlainText, ...failures() },
        },
      },
      async (_, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send([...requestLines(series), ...(await gaugeLines(gauges)), ''].join('\n')),
    )
  }
  return { observe, route }
}

const requestLines = (series: ReadonlyMap<string, Series>): readonly string[] => {
  const lines = ['# HELP epm_http_request_seconds Time from request to answer', '# TYPE epm_http_request_seconds histogram']
  for (const [labels, { count, seconds, buckets }] of series) {
    for (const [i, edge] of BUCKETS_SECONDS.entries()) lines.push(`epm_http_request_seconds_bucket{${labels},le="${edge}"} ${buckets[i]}`)
    lines.push(`epm_http_request_seconds_bucket{${labels},le="+Inf"} ${count}`)
    lines.push(`epm_http_request_seconds_sum{${labels}} ${seconds}`, `epm_http_request_seconds_count{${labels}} ${count}`)
  }
  return lines
}

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

/** A gauge that cannot be read is left out, so that the others are still seen. */
const gaugeLines = async (gauges: readonly Gauge[]): Promise<readonly string[]> => {
  const read = await Promise.allSettled(gauges.map((gauge) => gauge.read()))
  return gauges.flatMap(({ name, help }, i) => {
    const result = read[i]
    if (result?.status !== 'fulfilled') return []
    const lines = result.value.map(({ labels = {}, value }) => {
      const text = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
      return `${name}${text.length > 0 ? `{${text.join(',')}}` : ''} ${value}`
    })
    return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines]
  })
}
