import type { Attachments } from '../ports/attachments.ts'
import type { OrderCommand } from './bring.ts'
import type { OrderOutcome, WarningWorkOrderUseCases } from './use-cases.ts'

/** Feedback may only carry files that are stored, under the type and size that they have: the event names them for good. */
export const withStoredAttachments = (useCases: WarningWorkOrderUseCases, { files }: Pick<Attachments, 'files'>): WarningWorkOrderUseCases => {
  const refused = async (command: OrderCommand): Promise<OrderOutcome | undefined> => {
    if (command.type !== 'SubmitFeedback' || command.data.attachments.length === 0) return undefined
    const stored = await files(command.data.attachments.map(({ sha256 }) => sha256))
    const missing = command.data.attachments.filter(({ sha256, mediaType, bytes }) => {
      const file = stored.get(sha256)
      return file?.mediaType !== mediaType || file.bytes !== bytes
    })
    if (missing.length === 0) return undefined
    return { kind: 'rejected', rejection: { code: 'ATTACHMENT_UNKNOWN', sha256: missing.map(({ sha256 }) => sha256) } }
  }
  return {
    ...useCases,
    execute: async (orderNo, command, asked) => (await refused(command)) ?? useCases.execute(orderNo, command, asked),
    executeMany: async (tasks) => {
      const refusals = await Promise.all(tasks.map(({ command }) => refused(command)))
      const carried = await useCases.executeMany(tasks.filter((_, index) => refusals[index] === undefined))
      let next = 0
      return refusals.map((refusal) => refusal ?? carried[next++]!)
    },
  }
}
