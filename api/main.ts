import { runCommand } from './commands/run.ts'
import { runServer } from './commands/start.ts'

await runCommand(runServer)
