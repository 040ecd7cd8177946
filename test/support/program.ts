import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

export type Program = { readonly address: string; readonly child: ChildProcess; readonly kill: (signal: NodeJS.Signals) => Promise<void> }

/** The program itself in a process of its own, as `npm start` runs it; answers when it listens. */
export const startProgram = async (environment: Readonly<Record<string, string>>): Promise<Program> => {
  const child = spawn(process.execPath, [file('api/main.ts')], {
    cwd: root,
    env: { ...process.env, PORT: '0', LOG_LEVEL: 'info', ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said: string[] = []
  const gone = once(child, 'exit')
  const lines = createInterface(child.stderr)
  const address = await new Promise<string>((done, fail) => {
    lines.on('line', (line) => {
      said.push(line)
      const found = /"address":"([^"]+)"/.exec(line)?.[1]
      if (found) done(found)
    })
    void gone.then(() => fail(new Error(`the program ended before it listened:\n${said.slice(-10).join('\n')}`)))
  })
  return {
    address,
    child,
    kill: async (signal) => {
      child.kill(signal)
      await gone
    },
  }
}

/** One command of the command line, to its end. */
export const runCli = async (
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> => {
  const child = spawn(process.execPath, [file('api/cli.ts'), ...args], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, out, err }
}
