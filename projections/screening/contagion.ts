import type { GroupLinkEvent } from '#domain/group-user/events.ts'
import type { HighRiskUserEvent } from '#domain/high-risk-user/events.ts'
import { type BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import type { Projected, ProjectionDb } from '#projections/shared/projection.ts'
import { rowset, run } from '#projections/shared/sql.ts'

/**
 * 集团传导: a member of the same group stands at level I. It is so while both belong to the group and he stands there, each from the
 * day on which that was known here: what was said in retrospect changes nothing of the days before. Who he is, is not told.
 */
export const CONTAGION = `
    create table group_membership (
      province text not null, cons_no text not null, link_id text not null, group_no text not null, since date not null, until date,
      primary key (province, cons_no, link_id)
    );
    create index on group_membership (group_no);
    create table level_one (
      province text not null, cons_no text not null, revision bigint not null, since date not null, until date,
      primary key (province, cons_no, revision)
    );
    create view contagion as
    select a.province, a.cons_no, 'groupAtLevelI' as kind, md5(l.province || '_' || l.cons_no || '_' || l.revision) as fact_id,
      greatest(a.since, b.since, l.since) as since, least(a.until, b.until, l.until) as until, greatest(a.since, b.since, l.since) as known_on,
      'group ' || a.group_no as source
    from level_one l
    join group_membership b on b.province = l.province and b.cons_no = l.cons_no
    join group_membership a on a.group_no = b.group_no and (a.province, a.cons_no) <> (b.province, b.cons_no)
    where greatest(a.since, b.since, l.since) < coalesce(least(a.until, b.until, l.until), date 'infinity');`

/** The later of a day and the day on which it was said. */
const known = (on: BusinessDate, { at }: { readonly at: Parameters<typeof businessDateOf>[0] }): BusinessDate => {
  const said = businessDateOf(at)
  return on > said ? on : said
}

type Link = { readonly province: string; readonly cons_no: string; readonly link_id: string }

/** Confirmed links begin, ended and moved ones end; a link moved goes on in another group. */
export const applyLinks = async (events: readonly Projected<GroupLinkEvent>[], db: ProjectionDb): Promise<void> => {
  const begun: (Link & { readonly group_no: string; readonly since: BusinessDate; readonly until: BusinessDate | null })[] = []
  const ended: (Link & { readonly until: BusinessDate })[] = []
  for (const { type, data } of events) {
    const link = { province: data.province, cons_no: data.consNo }
    if (type === 'LinkConfirmed') {
      const { linkId, groupNo, effectiveFrom, endedOn } = data
      begun.push({ ...link, link_id: linkId, group_no: groupNo, since: known(effectiveFrom, data), until: endedOn ? known(endedOn, data) : null })
    }
    if (type === 'LinkEnded') ended.push({ ...link, link_id: data.linkId, until: known(data.on, data) })
    if (type === 'LinkMoved') {
      const { linkId, newLinkId, to, on, endedOn } = data
      ended.push({ ...link, link_id: linkId, until: known(on, data) })
      begun.push({ ...link, link_id: newLinkId, group_no: to, since: known(on, data), until: endedOn ? known(endedOn, data) : null })
    }
  }
  if (begun.length > 0)
    await db.query(run`
      insert into group_membership (province, cons_no, link_id, group_no, since, until)
      select province, cons_no, link_id, group_no, since, until
      from ${rowset(begun, 'province text, cons_no text, link_id text, group_no text, since date, until date')} on conflict do nothing`)
  if (ended.length > 0)
    await db.query(run`
      update group_membership m set until = least(m.until, r.until)
      from ${rowset(ended, 'province text, cons_no text, link_id text, until date')}
      where m.province = r.province and m.cons_no = r.cons_no and m.link_id = r.link_id`)
}

/** From when to when a user stands at level I. Each end closes what began before it and is still open, the first one what it belongs to. */
export const applyLevels = async (events: readonly Projected<HighRiskUserEvent>[], db: ProjectionDb): Promise<void> => {
  const changes = events.flatMap((event) => {
    const found = changeOf(event)
    return found
      ? [{ province: event.data.province, cons_no: event.data.consNo, revision: event.revision, on_date: known(found.on, event.data), one: found.one }]
      : []
  })
  if (changes.length === 0) return
  const begun = changes.filter(({ one }) => one)
  await db.query(run`
    insert into level_one (province, cons_no, revision, since)
    select province, cons_no, revision, on_date from ${rowset(begun, KEY)} on conflict do nothing`)
  await db.query(run`
    update level_one l set until = e.on_date
    from (
      select distinct on (o.province, o.cons_no, o.revision) o.province, o.cons_no, o.revision as begun, r.on_date
      from level_one o join ${rowset(
        changes.filter(({ one }) => !one),
        KEY,
      )} on r.province = o.province and r.cons_no = o.cons_no and r.revision > o.revision
      where o.until is null order by o.province, o.cons_no, o.revision, r.revision
    ) e
    where l.province = e.province and l.cons_no = e.cons_no and l.revision = e.begun`)
}

const KEY = 'province text, cons_no text, revision int8, on_date date'

/** Whether a user stands at level I from a day on; undefined when nothing is said of that. */
const changeOf = ({ type, data }: HighRiskUserEvent): { readonly on: BusinessDate; readonly one: boolean } | undefined => {
  switch (type) {
    case 'UserListed':
      return { on: data.listedOn, one: data.level === 'I' }
    case 'UserRelisted':
      return { on: data.on, one: data.level === 'I' }
    case 'RiskLevelChanged':
      return { on: data.on, one: data.to === 'I' }
    case 'UserDelisted':
      return { on: data.on, one: false }
    case 'RecordClosed':
      return data.wasListed ? { on: data.on, one: false } : undefined
    default:
      return undefined
  }
}
