/** Approves the merge of G01 and carries it out, says each append that was answered, and stands still after so many, to be killed there. */
import { writeSync } from 'node:fs'
import { openPostgresEventLog } from '#infrastructure/postgres/event-log.ts'
import { groupWorld } from './group-world.ts'

const [url, most] = process.argv.slice(2)
let said = 0
const log = await openPostgresEventLog({ url: url!, allowUnsafe: true })
const world = await groupWorld(log, {
  through: (store) => ({
    ...store,
    append: async (append) => {
      const outcome = await store.append(append)
      said++
      writeSync(1, `${append.events.map(({ type }) => type).join(' ')}\n`)
      return said < Number(most) ? outcome : new Promise(() => undefined)
    },
  }),
})
await world.approveMerge('G01')
