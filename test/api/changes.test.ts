import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LogUnavailable } from '#application/ports/event-store.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import { createMemoryEventLog } from '#infrastructure/memory/event-log.ts'
import { uuid } from '#test/support/arbitraries/values.ts'
import { testClock, type World, world } from '#test/support/http.ts'

const LIST = streamName('IndustryList', 'national')
const SOUTH = streamName('HighRiskUser', 'P13S', '1')
const NORTH = streamName('DailyReport', 'P13N', '20260302')
const IMPORT = streamName('Extraction', 'P13S', '20260302', 'bills')

type Change = { readonly id: string; readonly data: { stream: string; revision: string; type: string; at: string } }
type Heard = {
  readonly response: Response
  readonly next: (count: number) => Promise<Change[]>
  readonly until: (text: string) => Promise<void>
  readonly rest: () => Promise<string>
  readonly leave: () => void
}

let w: World
let origin: string
let left: AbortController[]
const start = async (over: Parameters<typeof world>[0] = {}): Promise<void> => {
  w = await world(over)
  origin = await w.app.listen({ port: 0, host: '127.0.0.1' })
}
beforeEach(() => {
  left = []
})
afterEach(async () => {
  for (const controller of left) controller.abort()
  await w.app.close()
})

/** Follows as a client does: blocks divided by empty lines, comments passed over. */
const follow = async (headers: Record<string, string>, query = ''): Promise<Heard> => {
  const controller = new AbortController()
  left.push(controller)
  const response = await fetch(`${origin}/v1/changes${query}`, { headers, signal: controller.signal })
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const more = async (): Promise<boolean> => {
    const { value = '', done } = await reader.read()
    text += value
    return !done
  }
  const next = async (count: number): Promise<Change[]> => {
    const changes: Change[] = []
    while (changes.length < count) {
      const end = text.indexOf('\n\n')
      if (end < 0) {
        if (!(await more())) throw new Error(`ended after ${changes.length} of ${count}`)
        continue
      }
      const lines = text.slice(0, end).split('\n')
      text = text.slice(end + 2)
      const of = (field: string) => lines.find((line) => line.startsWith(`${field}: `))?.slice(field.length + 2)
      const data = of('data')
      if (data !== undefined) changes.push({ id: of('id')!, data: JSON.parse(data) })
    }
    return changes
  }
  const until = async (wanted: string): Promise<void> => {
    while (!text.includes(wanted)) if (!(await more())) throw new Error(`ended without ${wanted}`)
  }
  const rest = async (): Promise<string> => {
    while (await more());
    return text
  }
  return { response, next, until, rest, leave: () => controller.abort() }
}

let written = 1000
const write = async (...streams: ReturnType<typeof streamName>[]): Promise<void> => {
  for (const stream of streams) {
    let revision: bigint | 'absent' = 'absent'
    for await (const page of w.store.readStream(stream)) revision = page.at(-1)!.revision
    const event = { id: uuid(written++), type: 'Happened', data: '{"secret":"innards"}', metadata: '{"at":"2026-03-03T00:00:00.000Z"}' }
    await w.store.append({ stream, expected: revision, events: [event] })
  }
}
const streamsOf = (changes: readonly Change[]) => changes.map(({ data }) => data.stream)

describe('following changes', () => {
  test('tells where something happened as it happens, and nothing of what', async () => {
    await start()
    await write(LIST)
    const heard = await follow(await w.bearer('hq', 'HQ', 'HQ_VIEW'))
    expect(heard.response.headers.get('content-type')).toContain('text/event-stream')
    await write(LIST, SOUTH)
    expect(await heard.next(2)).toEqual([
      { id: expect.any(String), data: { stream: LIST, revision: '1', type: 'Happened', at: '2026-03-03T00:00:00.000Z' } },
      { id: expect.any(String), data: { stream: SOUTH, revision: '0', type: 'Happened', at: '2026-03-03T00:00:00.000Z' } },
    ])
  })

  test('is narrowed to what the caller may read: a province to its own, a city and an administrator to what is national', async () => {
    await start()
    const callers = [
      await follow(await w.bearer('hq', 'HQ', 'HQ_VIEW')),
      await follow(await w.bearer('south', 'P13S', 'PV_TARIFF')),
      await follow(await w.bearer('city', '13401', 'CT_TARIFF')),
      await follow(await w.bearer('admin', 'HQ', 'ADMIN')),
    ]
    await write(NORTH, SOUTH, IMPORT, LIST)
    const heard = await Promise.all([callers[0]!.next(4), callers[1]!.next(3), callers[2]!.next(1), callers[3]!.next(1)])
    expect(heard.map(streamsOf)).toEqual([[NORTH, SOUTH, IMPORT, LIST], [SOUTH, IMPORT, LIST], [LIST], [LIST]])
  })

  test('of work orders are told to the province they were issued to, and of drafts to nobody but headquarters', async () => {
    await start()
    const [hq, south, north] = [
      await follow(await w.bearer('hq', 'HQ', 'HQ_VIEW')),
      await follow(await w.bearer('south', 'P13S', 'PV_TARIFF')),
      await follow(await w.bearer('north', 'P13N', 'PV_TARIFF')),
    ]
    const [issued, dropped] = [streamName('WarningWorkOrder', '20260303', '1'), streamName('WarningWorkOrder', '20260303', '2')]
    const silences = streamName('WarningSilences', 'national')
    const append = async (stream: typeof LIST, ...types: string[]) => {
      const events = types.map((type) => ({ id: uuid(written++), type, data: '{"province":"P13S"}', metadata: '{"at":"2026-03-03T00:00:00.000Z"}' }))
      await w.store.append({ stream, expected: 'absent', events })
    }
    await append(issued, 'OrderDrafted', 'OrderIssued', 'OrderWithdrawn')
    await append(dropped, 'OrderDrafted', 'OrderWithdrawn')
    await append(silences, 'Silenced')
    await append(streamName('WarningSubject', 'P13S', '0000000001'), 'SubjectClaimed', 'SubjectReleased')
    await append(streamName('WarningRun', 'P13S', '20260302'), 'WarningsDrafted')
    await write(LIST)
    expect(streamsOf(await hq!.next(10)).filter((stream) => !stream.startsWith('WarningSubject') && !stream.startsWith('WarningRun'))).toEqual([
      issued,
      issued,
      issued,
      dropped,
      dropped,
      silences,
      LIST,
    ])
    expect((await south!.next(3)).map(({ data }) => `${data.stream} ${data.type}`)).toEqual([
      `${issued} OrderIssued`,
      `${issued} OrderWithdrawn`,
      `${LIST} Happened`,
    ])
    expect(streamsOf(await north!.next(1))).toEqual([LIST])
  })

  test('goes on after the last id without gap or repetition, however the writing goes', async () => {
    await start()
    const south = await w.bearer('south', 'P13S', 'PV_TARIFF')
    const first = await follow(south)
    const all: Change[] = []
    const writing = (async () => {
      for (let i = 0; i < 150; i++) await write(SOUTH, NORTH, LIST)
    })()
    all.push(...(await first.next(70)))
    first.leave()
    const second = await follow({ ...south, 'last-event-id': all.at(-1)!.id })
    all.push(...(await second.next(100)))
    second.leave()
    const third = await follow(south, `?after=${all.at(-1)!.id}`)
    all.push(...(await third.next(130)))
    await writing
    for (const [stream, count] of [
      [SOUTH, 150],
      [LIST, 150],
    ] as const)
      expect(all.filter(({ data }) => data.stream === stream).map(({ data }) => Number(data.revision))).toEqual(Array.from({ length: count }, (_, i) => i))
    expect(streamsOf(all)).not.toContain(NORTH)
  })

  test('says where it stands while there is nothing to tell, so that who comes back need not read it all again', async () => {
    await start({ changes: { beatMs: 1 } })
    const heard = await follow(await w.bearer('south', 'P13S', 'PV_TARIFF'))
    await write(NORTH)
    await heard.until(`: here\nid: ${await w.feed.head()}\n\n`)
  })

  test('ends with the server, and when the log is silent', async () => {
    const log = createMemoryEventLog(testClock())
    let silent = false
    const feed = {
      ...log.feed,
      read: async (...how: Parameters<typeof log.feed.read>) => (silent ? Promise.reject(new LogUnavailable('gone')) : log.feed.read(...how)),
    }
    await start({ log: { store: log.store, feed } })
    const headers = await w.bearer('hq', 'HQ', 'HQ_VIEW')
    const one = await follow(headers)
    silent = true
    await write(LIST)
    expect(await one.rest()).not.toContain('data:')
    silent = false
    const other = await follow(headers)
    const closed = w.app.close()
    expect(await other.rest()).not.toContain('data:')
    await closed
  })

  test('is given up by who leaves, and only so many follow at once', async () => {
    await start({ changes: { mostEach: 1, most: 2 } })
    const hq = await w.bearer('hq', 'HQ', 'HQ_VIEW')
    const first = await follow(hq)
    const again = await follow(hq)
    expect([again.response.status, again.response.headers.get('retry-after')]).toEqual([429, '10'])
    await follow(await w.bearer('south', 'P13S', 'PV_TARIFF'))
    expect((await follow(await w.bearer('north', 'P13N', 'PV_TARIFF'))).response.status).toBe(429)
    first.leave()
    await expect.poll(async () => (await follow(hq)).response.status).toBe(200)
  })

  test.each(['twelve', '-', '1.5.x'])('from %s, which is no place in the log, is refused', async (place) => {
    await start()
    const { response } = await follow({ ...(await w.bearer('hq', 'HQ', 'HQ_VIEW')), 'last-event-id': place })
    expect(response.status).toBe(400)
  })
})
