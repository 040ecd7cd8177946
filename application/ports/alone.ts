/**
 * Does something while no other process on this installation does what the key names; undefined when somebody else is at it. What
 * must not happen twice is decided in the streams: this only keeps workers from doing each other's work.
 */
export type Alone = <T>(key: string, work: () => Promise<T>) => Promise<T | undefined>

/** Waits until a read model shows everything up to the log's head; false when it does not within its patience. */
export type CaughtUp = () => Promise<boolean>
