import { bulletinEvents } from '#domain/bulletin/events.ts'
import { projection } from '#projections/shared/projection.ts'
import { rowset, run } from '#projections/shared/sql.ts'

/** 通报 with its receipts: one row a bulletin, one a province that has read it. */
export const bulletins = projection({
  name: 'bulletins',
  version: 1,
  sources: { Bulletin: bulletinEvents },
  onPoison: 'park-stream',
  restMs: 100,
  publishes: ['bulletin', 'bulletin_receipt'],

  create: `
    create table bulletin (
      bulletin_id text primary key, revision bigint not null, title text not null, content text not null,
      provinces text[] not null, orders text[] not null, published_at timestamptz not null, published_by text not null, expires_at timestamptz,
      withdrawn_at timestamptz, withdrawn_by text, withdrawn_why text
    );
    create index on bulletin (published_at desc, bulletin_id desc);
    create index on bulletin using gin (provinces);
    create table bulletin_receipt (
      bulletin_id text not null, province text not null, at timestamptz not null, by text not null, primary key (bulletin_id, province)
    );`,

  apply: async (events, db) => {
    const published: object[] = []
    const receipts: object[] = []
    const withdrawn: object[] = []
    for (const { type, data } of events) {
      const { bulletinId: bulletin_id, at, by } = data
      if (type === 'BulletinPublished') {
        const { title, text: content, provinces, orders, expiresAt: expires_at } = data
        published.push({ bulletin_id, title, content, provinces, orders, published_at: at, published_by: by, expires_at })
      } else if (type === 'BulletinRead') receipts.push({ bulletin_id, province: data.province, at, by })
      else withdrawn.push({ bulletin_id, at, by, reason: data.reason })
    }
    if (published.length > 0)
      await db.query(run`
        insert into bulletin (bulletin_id, revision, title, content, provinces, orders, published_at, published_by, expires_at)
        select bulletin_id, 0, title, content, provinces, orders, published_at, published_by, expires_at
        from ${rowset(published, 'bulletin_id text, title text, content text, provinces text[], orders text[], published_at timestamptz, published_by text, expires_at timestamptz')}
        on conflict do nothing`)
    if (receipts.length > 0)
      await db.query(run`
        insert into bulletin_receipt select r.* from ${rowset(receipts, 'bulletin_id text, province text, at timestamptz, by text')} on conflict do nothing`)
    if (withdrawn.length > 0)
      await db.query(run`
        update bulletin b set withdrawn_at = r.at, withdrawn_by = r.by, withdrawn_why = r.reason
        from ${rowset(withdrawn, 'bulletin_id text, at timestamptz, by text, reason text')} where b.bulletin_id = r.bulletin_id`)
    // The last word of each stream in the batch is its revision.
    const revisions = new Map(events.map(({ data, revision }) => [data.bulletinId, { bulletin_id: data.bulletinId, revision: revision.toString() }]))
    await db.query(run`
      update bulletin b set revision = r.revision from ${rowset([...revisions.values()], 'bulletin_id text, revision int8')}
      where b.bulletin_id = r.bulletin_id and b.revision < r.revision`)
  },
})
