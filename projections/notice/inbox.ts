import { bulletinEvents } from '#domain/bulletin/events.ts'
import { groupUserEvents } from '#domain/group-user/events.ts'
import { warningWorkOrderEvents } from '#domain/warning-work-order/events.ts'
import { projection } from '#projections/shared/projection.ts'
import { rowset, run } from '#projections/shared/sql.ts'
import { noticesOf } from './notices-of.ts'

/** 消息: what people of a unit, in their roles, are told. Who has read what stands elsewhere, so that it outlives a rebuild. */
export const inbox = projection({
  name: 'notice-inbox',
  version: 3,
  sources: { WarningWorkOrder: warningWorkOrderEvents, Bulletin: bulletinEvents, GroupUser: groupUserEvents },
  onPoison: 'park-stream',
  restMs: 100,
  publishes: ['notice'],

  create: `
    create table notice (
      notice_id text primary key, at timestamptz not null, by text not null, kind text not null, org_code text not null, roles text[] not null, user_id text,
      province text, order_no text, bulletin_id text, facts jsonb not null, withdrawn boolean not null default false
    );
    create index on notice (org_code, at desc, notice_id desc) include (roles, user_id);
    create index on notice (bulletin_id) where bulletin_id is not null;`,

  apply: async (events, db) => {
    // Ids in the order of a stream's events, so that what happened at one instant is told in order.
    const notices = events.flatMap((event) =>
      noticesOf(event).map(({ no, orgCode: org_code, userId: user_id, orderNo: order_no, bulletinId: bulletin_id, ...rest }) => ({
        ...{ notice_id: `${event.stream}.${String(event.revision).padStart(8, '0')}.${no}`, org_code, user_id, order_no, bulletin_id },
        ...rest,
      })),
    )
    if (notices.length > 0)
      await db.query(run`
        insert into notice (notice_id, at, by, kind, org_code, roles, user_id, province, order_no, bulletin_id, facts)
        select notice_id, at, by, kind, org_code, roles, user_id, province, order_no, bulletin_id, facts from ${rowset(
          notices,
          'notice_id text, at timestamptz, by text, kind text, org_code text, roles text[], user_id text, province text, order_no text, bulletin_id text, facts jsonb',
        )} on conflict do nothing`)
    const withdrawn = events.flatMap(({ type, data }) => (type === 'BulletinWithdrawn' ? [{ bulletin_id: data.bulletinId }] : []))
    if (withdrawn.length > 0)
      await db.query(run`update notice n set withdrawn = true from ${rowset(withdrawn, 'bulletin_id text')} where n.bulletin_id = r.bulletin_id`)
  },
})
