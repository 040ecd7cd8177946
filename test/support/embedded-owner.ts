/** A process that starts the embedded server of a directory, says what it got, and stops it when its input ends. */
import { once } from 'node:events'
import { startEmbeddedPostgres } from '#infrastructure/postgres/embedded.ts'

const server = await startEmbeddedPostgres({ directory: process.argv[2]!, settings: { fsync: 'off' } })
process.stdout.write(`${JSON.stringify({ url: server.url, pid: server.pid, owned: server.owned })}\n`)
process.stdin.resume()
await once(process.stdin, 'end')
await server.stop()
