import { openScreeningEngine } from '#infrastructure/postgres/screening-engine.ts'
import { orderOf, shipped } from './support.ts'

/** Begins a run and does not come to its end: the test that starts this program kills it. */
const [, , url = '', runId = ''] = process.argv
process.stdout.write('begun\n')
await openScreeningEngine(url).engine.run(orderOf(shipped.content, { runId }))
