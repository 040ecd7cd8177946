import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ExtractionCommand } from '#domain/extraction/commands.ts'
import { extraction } from '#domain/extraction/decider.ts'
import { type ExtractionEvent, extractionEvents } from '#domain/extraction/events.ts'
import { fen } from '#domain/shared/quantities.ts'
import { day, province, shanghai, user } from '#test/support/arbitraries/values.ts'
import { specFor, walk } from '#test/support/spec.ts'

const { given } = specFor(extractionEvents, extraction)
const signed = { at: shanghai('2026-03-03', '00:30'), by: user('sys') }
const key = { province: province('P13S'), date: day('2026-03-02'), source: 'bills' as const }
const sha256 = 'a'.repeat(64)

const start: ExtractionCommand = { type: 'StartExtraction', data: { ...signed, ...key, fileName: 'bills.csv' } }
const started = (run: number): ExtractionEvent => ({ type: 'ExtractionStarted', data: { ...signed, ...key, fileName: 'bills.csv', run } })
const outcome = { received: { rows: 10, amount: fen(1000n) }, stored: { rows: 8, amount: fen(900n) }, quarantined: 2, unmapped: [], sha256 }
const complete: ExtractionCommand = { type: 'CompleteExtraction', data: { ...signed, ...outcome } }
const completed = (run: number): ExtractionEvent => ({ type: 'ExtractionCompleted', data: { ...signed, ...key, run, ...outcome } })
const fail: ExtractionCommand = { type: 'FailExtraction', data: { ...signed, reason: 'line cut' } }
const failed = (run: number): ExtractionEvent => ({ type: 'ExtractionFailed', data: { ...signed, ...key, run, reason: 'line cut' } })

test('an extraction runs, one run after another; each later one replaces', () => {
  given().when(start).thenYields(started(1))
  given(started(1)).when(start).thenRejected({ code: 'ALREADY_RUNNING', run: 1 })
  given(started(1), completed(1)).when(start).thenYields(started(2))
  given(started(1), failed(1)).when(start).thenYields(started(2))
})

test('not of a day to come', () => {
  const data = { ...start.data, date: day('2026-03-04') } as Extract<ExtractionCommand, { type: 'StartExtraction' }>['data']
  given()
    .when({ type: 'StartExtraction', data })
    .thenRejected({ code: 'FUTURE_DATE', date: day('2026-03-04'), today: day('2026-03-03') })
  given()
    .when({ type: 'StartExtraction', data: { ...data, date: day('2026-03-03') } })
    .thenYields({ type: 'ExtractionStarted', data: { ...data, date: day('2026-03-03'), run: 1 } })
})

test('it is completed once, and every row that came is accounted for', () => {
  given(started(1)).when(complete).thenYields(completed(1))
  given(started(1), completed(1)).when(complete).thenNothing()
  given(started(1), completed(1))
    .when({ type: 'CompleteExtraction', data: { ...signed, ...outcome, sha256: 'b'.repeat(64) } })
    .thenRejected({ code: 'INVALID_STATE', status: 'completed' })
  given(started(1), failed(1)).when(complete).thenRejected({ code: 'INVALID_STATE', status: 'failed' })
  given(started(1))
    .when({ type: 'CompleteExtraction', data: { ...signed, ...outcome, quarantined: 1 } })
    .thenRejected({ code: 'ROWS_NOT_RECONCILED', received: 10, stored: 8, quarantined: 1 })
  given().when(complete).thenRejected({ code: 'NOT_FOUND' })
})

test('it fails with a reason, once', () => {
  given(started(1)).when(fail).thenYields(failed(1))
  given(started(1), failed(1)).when(fail).thenNothing()
  given(started(1), completed(1)).when(fail).thenRejected({ code: 'INVALID_STATE', status: 'completed' })
  given().when(fail).thenRejected({ code: 'NOT_FOUND' })
})

test('whatever is said, in whatever order: nothing throws, and what is said twice is written once', () => {
  const reached = new Set<string>()
  fc.assert(
    fc.property(fc.array(fc.constantFrom(start, complete, fail), { maxLength: 20, size: 'max' }), (commands) => {
      for (const job of walk(extractionEvents, extraction, commands)) {
        reached.add(job.status)
        if (job.status !== 'absent' && job.run > 1) reached.add('later run')
      }
    }),
  )
  expect([...reached].toSorted()).toEqual(['absent', 'completed', 'failed', 'later run', 'running'])
})
