import type { Deliver, NoticeChannel } from '#application/ports/notice.ts'

/** Each notice by the channel it is for; one that is not set up is tried again later, when it may be. */
export const channels =
  (ways: Readonly<Partial<Record<NoticeChannel, Deliver>>>): Deliver =>
  async (delivery, now) =>
    (await ways[delivery.channel]?.(delivery, now)) ?? { ok: false, fault: `the channel ${delivery.channel} is not set up`, again: true }
