import type { Instant } from '#domain/shared/dates.ts'

/** The application's only source of time; commands carry what it says. */
export type Clock = { readonly now: () => Instant }
