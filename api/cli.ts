#!/usr/bin/env node
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Engine } from '#infrastructure/log.ts'
import { runCommand } from './commands/run.ts'
import type { ScreenOptions } from './commands/screen-options.ts'

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

const screening = (command: Command): Command =>
  command
    .option('--as-of <date>', 'what was known at the end of this date', date)
    .option('--province <codes>', 'one or several, separated by commas; all of them when left out')
    .option('--months <number>', 'how many months afterwards are looked at', '3')
    .option('--grace <days>', 'a bill open longer than this after it was due is arrears')
    .option('--part <from-to>', 'for --backtest and calibrate only customers of this part of 100, by a hash of who they are: fit 0-70, judge 70-100')
    .option('--rules <file>', 'rules from a file, as calibrate writes them')
    .option('--draft', 'the rules that are being drafted instead of those in force')

const screen = screening(program.command('screen').description('score all customers by the rule set and say whom it names'))
  .option('--backtest', 'how many of those who then fell into arrears the rules had named')
  .option('--propose', 'make candidates of those named')
  .option('--review', 'review the levels of those who are listed')
  .action(async (options: ScreenOptions) => runCommand(async () => (await import('./commands/screen.ts')).runScreen(options)))
screening(screen.command('calibrate').description('fit the points of a draft to what became of the customers of a past date'))
  .option('--out <file>', 'where to write the rules; standard output when left out')
  .action(async (_: unknown, command: Command) => runCommand(async () => (await import('./commands/screen.ts')).runCalibrate(command.optsWithGlobals())))

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

program
  .command('doctor')
  .description('what can be seen of the event log and the read models from here')
  .option('--reconcile', 'count the whole log again beside what the read models say they passed')
  .action(async (options: { reconcile?: boolean }) => runCommand(async () => (await import('./commands/doctor.ts')).runDoctor(options)))

const log = program.command('log').description('the event log on its engines')
const engine = (flag: string, what: string): Option => new Option(`${flag} <engine>`, what).choices(['postgres', 'eventstoredb']).makeOptionMandatory()
log
  .command('copy')
  .description('every event from one engine to the other, in order; goes on where an earlier copy stopped')
  .addOption(engine('--from', 'source'))
  .addOption(engine('--to', 'target'))
  .action(async (ends: { from: Engine; to: Engine }) => runCommand(async () => (await import('./commands/log.ts')).runLogCopy(ends)))
log
  .command('compare')
  .description('prove that two engines hold the same events, or name the first that differs')
  .addOption(engine('--from', 'one'))
  .addOption(engine('--to', 'the other'))
  .action(async (ends: { from: Engine; to: Engine }) => runCommand(async () => (await import('./commands/log.ts')).runLogCompare(ends)))

log
  .command('rights')
  .description("make the program's user (of EVENTSTORE_URL) on an EventStoreDB, without the right to delete")
  .requiredOption('--admin <url>', 'connection string of an administrator')
  .action(async (options: { admin: string }) => runCommand(async () => (await import('./commands/log.ts')).runLogRights(options)))

await program.parseAsync()
