import { parse, v5 } from 'uuid'
import type { Uuid } from '#domain/shared/identity.ts'

const EVENTS = parse('6f1f0f64-9d0a-5d0e-8a5b-2f6a3c1d7e10')
const COMMANDS = parse('c0a6c2f2-4a55-5b0b-9a4e-7d8e1b2f3a44')

/** The id of a command's nth event. Sending the command again makes the same ids, so nothing is written twice. */
export const eventId = (commandId: Uuid, index: number): Uuid => v5(`${commandId}/${index}`, EVENTS) as Uuid

/** The id of a command that follows from something: the same cause and step always make the same command. */
export const derivedCommandId = (cause: string, step: string): Uuid => v5(`${cause}/${step}`, COMMANDS) as Uuid
