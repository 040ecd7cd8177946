import { BadConfiguration } from '#infrastructure/config.ts'

/** What a person did wrong, said so that he can mend it; shown without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const CONFIGURATION = 78

/** Runs a command; an error becomes one clear message on stderr and an exit code, the stack only where nobody foresaw it. */
export const runCommand = async (command: () => Promise<void>): Promise<void> => {
  try {
    await command()
  } catch (error) {
    const { name, message, stack, cause } = error instanceof Error ? error : new Error(String(error))
    const foreseen = error instanceof UsageError || error instanceof BadConfiguration || name === 'UnfitServer'
    process.stderr.write(`${foreseen ? message : (stack ?? message)}\n${cause instanceof Error ? `  because: ${cause.message}\n` : ''}`)
    process.exitCode = error instanceof BadConfiguration ? CONFIGURATION : 1
  }
}
