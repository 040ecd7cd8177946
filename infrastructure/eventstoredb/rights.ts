import { ANY, EventStoreDBClient, jsonEvent } from '@eventstore/db-client'
import services from '@eventstore/db-client/generated/users_grpc_pb.js'
import messages from '@eventstore/db-client/generated/users_pb.js'
import { PATIENCE, within } from './ask.ts'

export type RightsOptions = {
  /** A connection string of an administrator. */
  readonly adminUrl: string
  /** The program's own user; its name is also the name of its only group. */
  readonly user: string
  readonly password: string
}

/** Reads and appends every stream of ours, and reads `$all`; deletes, truncates and grants nothing. */
const settingsFor = (group: string) => ({
  $userStreamAcl: { $r: [group, '$admins'], $w: [group, '$admins'], $d: '$admins', $mr: [group, '$admins'], $mw: '$admins' },
  $systemStreamAcl: { $r: [group, '$admins'], $w: '$admins', $d: '$admins', $mr: '$admins', $mw: '$admins' },
})

/**
 * Makes the user that the program runs as, where it is not there yet, and replaces the server's default rights. May be
 * repeated. Throws what the server refuses. Whether it took effect is for inspectEventStoreDb to try with that user.
 */
export const setUpRights = async ({ adminUrl, user, password }: RightsOptions): Promise<void> => {
  const client = EventStoreDBClient.connectionString(adminUrl)
  try {
    await makeUser(client, user, password)
    await within(client.appendToStream('$settings', jsonEvent({ type: '$settings', data: settingsFor(user) }), { expectedRevision: ANY }), PATIENCE.answerMs)
  } finally {
    await client.dispose()
  }
}

type Users = { readonly create: (request: messages.CreateReq, ...rest: [...unknown[], (error: unknown) => void]) => unknown }
/** What the client keeps to itself: it has no method for users. */
type Inside = { readonly getGRPCClient: (kind: unknown, name: string) => Promise<Users>; readonly callArguments: (options: object) => readonly unknown[] }

const makeUser = async (client: EventStoreDBClient, user: string, password: string): Promise<void> => {
  const inside = client as unknown as Inside
  const users = await inside.getGRPCClient(services.UsersClient, 'users')
  const options = new messages.CreateReq.Options().setLoginName(user).setPassword(password).setFullName(user).setGroupsList([user])
  const request = new messages.CreateReq().setOptions(options)
  const answer = new Promise<void>((done, fail) => {
    users.create(request, ...inside.callArguments({}), (error: unknown) => {
      if (!error || isUnreadable(error) || isThere(error)) done()
      else fail(error as Error)
    })
  })
  return within(answer, PATIENCE.answerMs)
}

const has = (error: unknown, text: string): boolean => error instanceof Error && error.message.includes(text)
/** A server of the 24.10 line marks its empty answer as compressed without compressing it; a refusal can be read. */
const isUnreadable = (error: unknown): boolean => has(error, 'Failed to decompress gzip-encoded message')
const isThere = (error: unknown): boolean => has(error, 'ALREADY_EXISTS') || (error as { readonly code?: unknown }).code === 6
