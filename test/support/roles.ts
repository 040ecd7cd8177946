import { randomUUID } from 'node:crypto'
import pg from 'pg'

/** A database seen by one of its roles. */
export type Session = {
  readonly query: (text: string) => Promise<readonly Readonly<Record<string, unknown>>[]>
  readonly end: () => Promise<void>
}
export const sessionAt = async (url: string): Promise<Session> => {
  const client = new pg.Client(url)
  await client.connect()
  return { query: async (text) => (await client.query<Readonly<Record<string, unknown>>>(text)).rows, end: () => client.end() }
}

export type Role = { readonly name: string; readonly url: string; readonly drop: () => Promise<void> }

/** A role that may log in and nothing else; roles belong to the whole server, so each has a name of its own. `url`: an administrator's. */
export const freshRole = async (url: string): Promise<Role> => {
  const name = `r_${randomUUID().replaceAll('-', '')}`
  const run = async (statement: string): Promise<void> => {
    const admin = await sessionAt(url)
    try {
      await admin.query(statement)
    } finally {
      await admin.end()
    }
  }
  await run(`create role ${name} login password '${name}'`)
  const at = new URL(url)
  at.username = name
  at.password = name
  return { name, url: at.href, drop: () => run(`drop owned by ${name}; drop role ${name}`) }
}
