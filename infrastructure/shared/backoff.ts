const FIRST_MS = 20
const LONGEST_MS = 2_000

/** The pause after a failed attempt, counted from 0: doubling, with some chance in it so that many do not return at once. */
export const pauseAfter = (attempt: number): number => Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2)

export const backoff = (attempt: number): Promise<void> => new Promise((done) => setTimeout(done, pauseAfter(attempt)))
