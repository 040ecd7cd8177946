import type { Subscription } from 'rxjs'
import type { Recorded } from '#application/ports/event-store.ts'
import { deliverNotices, type NoticeNeeds, queueNotices } from '#application/processes/notices.ts'
import type { Instant } from '#domain/shared/dates.ts'
import type { Config } from '#infrastructure/config.ts'
import { channels } from '#infrastructure/notice/channels.ts'
import { smtp } from '#infrastructure/notice/smtp.ts'
import { webhook } from '#infrastructure/notice/webhook.ts'
import { openAttachments } from '#infrastructure/postgres/attachments.ts'
import { openNoticeOutbox } from '#infrastructure/postgres/notice-outbox.ts'
import type { Logger } from '#infrastructure/telemetry/log.ts'
import { inbox } from '#projections/notice/inbox.ts'
import { noticesOf } from '#projections/notice/notices-of.ts'
import { readFor } from '#projections/shared/decode.ts'
import type { Platform } from '../compose.ts'
import { every } from './processes.ts'

const EVERY_MS = 5_000
const SWEEP_MS = 3_600_000

/** What an event tells whom, by the same rules as the inbox. */
export const noticesIn = (): NoticeNeeds['noticesOf'] => {
  const read = readFor(inbox)
  return (event: Recorded) => read([event]).flatMap((one) => noticesOf(one as unknown as Parameters<typeof noticesOf>[0]))
}

/** Notices by the channels that are configured. */
const noticeNeeds = (platform: Platform, config: Config, log: Logger): NoticeNeeds => {
  const { outbox, close } = openNoticeOutbox(platform.databaseUrl, platform.engine, platform.sealing)
  platform.onClose(close)
  const mail = config.SMTP_URL === undefined ? undefined : smtp({ url: config.SMTP_URL, from: config.SMTP_FROM, timeoutMs: config.NOTICE_TIMEOUT_MS })
  if (mail) platform.onClose(async () => mail.close())
  return {
    feed: platform.feed,
    outbox,
    noticesOf: noticesIn(),
    deliver: channels({ webhook: webhook({ allowed: config.NOTICE_ALLOWED_NETWORKS, timeoutMs: config.NOTICE_TIMEOUT_MS }), ...(mail && { smtp: mail }) }),
    attempts: config.NOTICE_ATTEMPTS,
    onUnreadable: ({ stream, revision }, error) =>
      log.error({ stream, revision: String(revision), err: error }, 'an event tells nobody, for it cannot be read'),
  }
}

/** Looks every few seconds for what is to be told and what is due; in the hour, for uploads that broke off. */
export const runNotices = (platform: Platform, config: Config, now: () => Instant, log: Logger): Subscription => {
  const needs = noticeNeeds(platform, config, log)
  const files = openAttachments(platform.databaseUrl, { bytes: config.ATTACHMENT_MAX_BYTES, mediaTypes: config.ATTACHMENT_TYPES })
  platform.onClose(files.close)
  const running = every(EVERY_MS, 'notices', log, async () => {
    await queueNotices(needs, now())
    return deliverNotices(needs, now)
  })
  running.add(every(SWEEP_MS, 'pieces of uploads that broke off', log, files.sweep))
  return running
}
