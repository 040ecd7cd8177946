#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander'
import { runCommand } from './commands/run.ts'

const program = new Command('epm')
  .description('Tariff recovery: high-risk users of 27 provincial companies')
  .showHelpAfterError()
  .configureOutput({ outputError: (text, write) => write(text) })

const date = (text: string): string => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) throw new InvalidArgumentError('a date such as 2026-01-31 is wanted')
  return text
}

const days = (text: string): number => {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('a number of days is wanted')
  return count
}

program
  .command('demo')
  .description('everything from nothing: sample data, a season of daily reports, the statistics of the last day, then serve')
  .option('--no-serve', 'end after the table')
  .option('--days <number>', 'only so many days of reports', days)
  .action(async (options: { serve: boolean; days?: number }) => runCommand(async () => (await import('./demo/demo.ts')).runDemo(options)))

program
  .command('start')
  .description('serve (the same as npm start); configured by the environment')
  .action(async () => runCommand(async () => (await import('./commands/start.ts')).runServer()))

program
  .command('config')
  .description('what is in force, and what each setting means')
  .action(async () => runCommand(async () => (await import('./commands/config.ts')).showConfig()))

program
  .command('migrate')
  .description('bring the database to this release and register the organisation and calendars that ship with it')
  .action(async () => runCommand(async () => (await import('./commands/migrate.ts')).runMigrate()))

program
  .command('import')
  .description('bring customers, bills, payments or daily kWh from a CSV file (gzip too)')
  .argument('<file>')
  .addOption(new Option('--source <source>', 'what the file holds').choices(['customers', 'bills', 'payments', 'daily-kwh']).makeOptionMandatory())
  .requiredOption('--date <date>', 'the business date that was extracted', date)
  .action(async (file: string, options: { source: string; date: string }) =>
    runCommand(async () => (await import('./commands/import.ts')).runImport(file, options)),
  )

program
  .command('replay')
  .description('a stream as a timeline, e.g. epm replay DailyReport-P37_20260402')
  .argument('<stream>')
  .option('--revision <number>', 'up to this revision')
  .option('--at <instant>', 'as of this instant, e.g. 2026-04-03T02:00:00.000Z')
  .option('--state', 'also print the state that it adds up to')
  .option('--json', 'one JSON object a line instead of a table')
  .action(async (stream: string, options: { revision?: string; at?: string; state?: boolean; json?: boolean }) =>
    runCommand(async () => (await import('./commands/replay.ts')).runReplay(stream, options)),
  )

const projections = program.command('projections').description('the read models')
projections
  .command('list', { isDefault: true })
  .description('how each stands')
  .action(async () => runCommand(async () => (await import('./commands/projections.ts')).listProjections()))
projections
  .command('rebuild')
  .description('build one again beside the live one, and switch when it has caught up')
  .argument('<name>')
  .action(async (name: string) => runCommand(async () => (await import('./commands/projections.ts')).rebuildProjection(name)))
projections
  .command('release')
  .description('go on after a halt, and apply what was set aside')
  .argument('<name>')
  .option('--stream <stream>', 'of this stream only')
  .action(async (name: string, options: { stream?: string }) =>
    runCommand(async () => (await import('./commands/projections.ts')).releaseProjection(name, options.stream)),
  )

await program.parseAsync()
