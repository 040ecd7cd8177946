import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino'

export type Logger = PinoLogger

const SECRET = ['authorization', 'password', 'token', 'cookie', 'url', 'databaseUrl']

/** The program's log: one JSON line an entry on stderr, UTC, with nothing in it that opens a door. What people decide stands in the event log, not here. */
export const createLog = (level: string, destination: DestinationStream = process.stderr): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '***' },
    },
    destination,
  )
