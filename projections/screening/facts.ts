import { type GroupLinkEvent, groupLinkEvents } from '#domain/group-user/events.ts'
import { type HighRiskUserEvent, highRiskUserEvents } from '#domain/high-risk-user/events.ts'
import type { Rule } from '#domain/screening/fields.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import { type Projected, projection } from '#projections/shared/projection.ts'
import { rowset, run } from '#projections/shared/sql.ts'
import { applyLevels, applyLinks, CONTAGION } from './contagion.ts'

type Recorded = Extract<HighRiskUserEvent, { type: 'AdverseFactRecorded' }>['data']

/** The measure of screening that counts a fact of each kind. */
const MEASURE_OF = {
  stopped: 'stopped',
  closure: 'closedByOrder',
  bankruptcy: 'bankrupt',
  bouncedBill: 'bouncedBills',
  absconded: 'absconded',
  creditAdverse: 'creditAdverse',
} as const satisfies Record<Recorded['kind'], Rule['measure']>
const BROKEN: Rule['measure'] = 'brokenPromises'

const LINKS: ReadonlySet<string> = new Set(Object.keys(groupLinkEvents))

/**
 * What no bill tells about customers (不良事实): adverse facts, broken promises and level I in their group, each with the day since
 * when it is so and the day on which it became known here. Screening as of a date counts what was so and known by then; what is
 * withdrawn counts up to the day before.
 */
export const screeningFacts = projection({
  name: 'screening-facts',
  version: 2,
  sources: { HighRiskUser: highRiskUserEvents, GroupLink: groupLinkEvents },
  onPoison: 'park-stream',
  publishes: ['screening_fact'],

  create: `
    create table recorded_fact (
      province text not null, cons_no text not null, kind text not null, fact_id text not null,
      since date not null, until date, known_on date not null, source text not null,
      primary key (province, cons_no, kind, fact_id)
    );
    ${CONTAGION}
    create view screening_fact as select * from recorded_fact union all select * from contagion;`,

  apply: async (events, db) => {
    const links = events.filter((event) => LINKS.has(event.type)) as Projected<GroupLinkEvent>[]
    const users = events.filter((event) => !LINKS.has(event.type)) as Projected<HighRiskUserEvent>[]
    await applyLinks(links, db)
    await applyLevels(users, db)
    const facts = users.flatMap(factOf)
    if (facts.length > 0)
      await db.query(run`
        insert into recorded_fact (province, cons_no, kind, fact_id, since, known_on, source)
        select province, cons_no, kind, fact_id, since, known_on, source
        from ${rowset(facts, 'province text, cons_no text, kind text, fact_id text, since date, known_on date, source text')}
        on conflict do nothing`)
    const ended = users.flatMap((event) => (event.type === 'AdverseFactWithdrawn' ? [endOf(event.data)] : []))
    if (ended.length > 0)
      await db.query(run`
        update recorded_fact f set until = r.until
        from ${rowset(ended, 'province text, cons_no text, kind text, fact_id text, until date')}
        where f.province = r.province and f.cons_no = r.cons_no and f.kind = r.kind and f.fact_id = r.fact_id and f.until is null`)
  },
})

const factOf = ({ type, data }: Projected<HighRiskUserEvent>): object[] => {
  if (type === 'AdverseFactRecorded') {
    const { province, consNo, kind, factId, on, source, at } = data
    return [{ province, cons_no: consNo, kind: MEASURE_OF[kind], fact_id: factId, since: on, known_on: businessDateOf(at), source }]
  }
  if (type !== 'PromiseBroken') return []
  const { province, consNo, promiseId, reportDate, at } = data
  return [
    { province, cons_no: consNo, kind: BROKEN, fact_id: promiseId, since: reportDate, known_on: businessDateOf(at), source: `daily report ${reportDate}` },
  ]
}

const endOf = ({ province, consNo, kind, factId, at }: Extract<HighRiskUserEvent, { type: 'AdverseFactWithdrawn' }>['data']): object => ({
  province,
  cons_no: consNo,
  kind: MEASURE_OF[kind],
  fact_id: factId,
  until: businessDateOf(at),
})
