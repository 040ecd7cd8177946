import { expect, test } from 'vitest'
import { nodeOf } from '#infrastructure/eventstoredb/http.ts'
import { inspectEventStoreDb } from '#infrastructure/eventstoredb/inspect.ts'
import { startStandIn } from '#test/support/eventstoredb/server.ts'

test('an inspection writes nothing, and finds what an insecure server lets anybody do', async () => {
  const server = await startStandIn()
  const before = server.log.all.length
  const findings = new Map((await inspectEventStoreDb(server.url)).map(({ check, verdict, detail }) => [check, { verdict, detail }]))
  expect(server.log.all).toHaveLength(before)
  expect(findings.get('$all is readable')).toMatchObject({ verdict: 'ok' })
  expect(findings.get('server version')).toMatchObject({ verdict: 'unknown', detail: expect.stringContaining('stand-in') })
  expect(findings.get('largest append')).toEqual({ verdict: 'ok', detail: 'takes 1048576 bytes' })
  expect(findings.get('deletion is refused')).toMatchObject({ verdict: 'fault', detail: expect.stringContaining('everyone may') })
  expect(findings.get('safe settings')).toMatchObject({ verdict: 'unknown' })
  server.stop()
})

test('a server that is not there is one finding', async () => {
  const server = await startStandIn()
  server.stop()
  expect(await inspectEventStoreDb(server.url)).toMatchObject([{ check: '$all is readable', verdict: 'fault' }])
})

test('a server that takes less than the limits is found out', async () => {
  const server = await startStandIn()
  server.faults.onAppend('too large')
  expect(await inspectEventStoreDb(server.url)).toContainEqual({
    check: 'largest append',
    verdict: 'fault',
    detail: 'takes only 524288 bytes; set MaxAppendSize to at least 1048576',
  })
  server.stop()
})

test('finds the node that answers HTTP in a connection string', () => {
  expect(nodeOf('esdb://epm:s%40cret@log.example:2114,log2.example:2113?nodePreference=leader')).toEqual({
    origin: 'https://log.example:2114',
    secure: true,
    authorization: `Basic ${Buffer.from('epm:s@cret').toString('base64')}`,
  })
  expect(nodeOf('esdb+discover://log.example/?tls=false')).toEqual({ origin: 'http://log.example:2113', secure: false, authorization: undefined })
  expect(nodeOf('postgres://x')).toBeUndefined()
})
