import type { DatabasePool } from 'slonik'
import type { Clock } from '#application/ports/clock.ts'
import type { NoticeRecord } from '#application/ports/notice.ts'
import type { Freshness } from '../freshness.ts'
import type { App } from '../schemas.ts'
import { inboxRoutes } from './inbox.ts'
import { subscriptionRoutes } from './subscriptions.ts'

type Needs = { readonly pool: DatabasePool; readonly record: NoticeRecord; readonly clock: Clock; readonly fresh: Freshness }

/** 消息通知: each one's inbox, and the ways out of the system. */
export const noticeRoutes =
  (needs: Needs) =>
  async (app: App): Promise<void> => {
    inboxRoutes(app, needs)
    subscriptionRoutes(app, needs)
  }
