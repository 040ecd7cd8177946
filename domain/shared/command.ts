import { z } from 'zod'
import { signed } from './identity.ts'

/** The shape of one command: its name, and its data with who says it and when (both set by the application, never by the caller). */
export const command = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.strictObject({ type: z.literal(type), data: z.strictObject({ ...signed, ...shape }) })
