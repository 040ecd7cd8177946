import { type HighRiskUserEvent, highRiskUserEvents } from '#domain/high-risk-user/events.ts'
import type { Profile } from '#domain/high-risk-user/fields.ts'
import { bareCode } from '#domain/shared/trade.ts'
import { type Projected, projection } from '#projections/shared/projection.ts'
import { rowset, run } from '#projections/shared/sql.ts'

/**
 * The register of high-risk users (高风险用户台账): one row a user, and each change of the level at which he is listed
 * with the date from which it holds, so that the list of any date can be told.
 */
export const register = projection({
  name: 'high-risk-user-register',
  version: 2,
  sources: { HighRiskUser: highRiskUserEvents },
  onPoison: 'park-stream', // one unreadable record must not freeze the other provinces
  publishes: ['high_risk_user', 'high_risk_user_level'],

  create: `
    create table high_risk_user (
      province text not null, cons_no text not null, revision bigint not null,
      status text not null, proposed_level text, level text, owner text,
      name text not null, org_code text not null, standard text not null, trade_code text not null,
      hec_class text, elect_type text, voltage text, contract_capacity bigint not null, running_capacity bigint not null,
      listed_on date, delisted_on date, reported_on date, recheck_after date, override_expires_on date,
      computed_level text, score int,
      changed_at timestamptz not null, changed_by text not null,
      primary key (province, cons_no)
    );
    create index on high_risk_user (cons_no text_pattern_ops);
    do $$ begin
      create index on high_risk_user using gin (name gin_trgm_ops);
    exception when undefined_object then
      null; -- without pg_trgm a search in names reads every row
    end $$;

    -- level is null from the date on which the user is no longer listed
    create table high_risk_user_level (
      province text not null, cons_no text not null, revision bigint not null, on_date date not null, level text
    );
    create unique index on high_risk_user_level (province, cons_no, revision desc) include (on_date, level);`,

  apply: async (events, db) => {
    // Made once a user and then written over: copying them for every event would cost more than all the rest.
    const changes = new Map<string, Said>()
    const levels: LevelChange[] = []
    for (const event of events) {
      const { province, consNo: cons_no, at, by } = event.data
      const revision = event.revision.toString()
      const change = changes.get(event.stream)
      const now = { province, cons_no, revision, changed_at: at, changed_by: by }
      if (change) Object.assign(change, said(event), now)
      else changes.set(event.stream, Object.assign(now, said(event)))
      const level = levelSaid(event)
      if (level) levels.push({ province, cons_no, revision, ...level })
    }
    await db.query(run`
      with stays as (
        insert into high_risk_user_level (province, cons_no, revision, on_date, level)
        select r.* from ${rowset(levels, 'province text, cons_no text, revision int8, on_date date, level text')} on conflict do nothing
      )
      merge into high_risk_user u using ${rowset([...changes.values()], COLUMNS)} on u.province = r.province and u.cons_no = r.cons_no
      when matched and u.revision < r.revision then update set
        revision = r.revision, changed_at = r.changed_at, changed_by = r.changed_by,
        status = coalesce(r.status, u.status), proposed_level = coalesce(r.proposed_level, u.proposed_level), owner = coalesce(r.owner, u.owner),
        level = coalesce(r.level, u.level),
        computed_level = case when r.level is null and r.reviewed is null then u.computed_level else r.computed_level end,
        score = case when r.level is null then coalesce(r.score, u.score) else r.score end,
        override_expires_on = case when r.level is null then u.override_expires_on else r.override_expires_on end,
        name = coalesce(r.name, u.name), org_code = coalesce(r.org_code, u.org_code),
        standard = coalesce(r.standard, u.standard), trade_code = coalesce(r.trade_code, u.trade_code),
        hec_class = case when r.name is null then u.hec_class else r.hec_class end,
        elect_type = case when r.name is null then u.elect_type else r.elect_type end,
        voltage = case when r.name is null then u.voltage else r.voltage end,
        contract_capacity = coalesce(r.contract_capacity, u.contract_capacity), running_capacity = coalesce(r.running_capacity, u.running_capacity),
        listed_on = coalesce(r.listed_on, u.listed_on),
        reported_on = case when r.listed_on is null then coalesce(r.reported_on, u.reported_on) else r.reported_on end,
        delisted_on = case when r.status in ('listed', 'delist-pending') then null else coalesce(r.delisted_on, u.delisted_on) end,
        recheck_after = case when r.status is null then u.recheck_after when r.status = 'dismissed' then r.recheck_after end
      when not matched then insert (
        province, cons_no, revision, status, proposed_level, level, owner, name, org_code, standard, trade_code, hec_class, elect_type, voltage,
        contract_capacity, running_capacity, listed_on, delisted_on, reported_on, recheck_after, override_expires_on, computed_level, score, changed_at, changed_by
      ) values (
        r.province, r.cons_no, r.revision, r.status, r.proposed_level, r.level, r.owner, r.name, r.org_code, r.standard, r.trade_code, r.hec_class, r.elect_type,
        r.voltage, r.contract_capacity, r.running_capacity, r.listed_on, case when r.status not in ('listed', 'delist-pending') then r.delisted_on end, r.reported_on,
        case when r.status = 'dismissed' then r.recheck_after end, r.override_expires_on, r.computed_level, r.score, r.changed_at, r.changed_by
      )`)
  },
})

const COLUMNS = `province text, cons_no text, revision int8, status text, proposed_level text, level text, owner text, name text, org_code text, standard text,
  trade_code text, hec_class text, elect_type text, voltage text, contract_capacity int8, running_capacity int8, listed_on date, delisted_on date,
  reported_on date, recheck_after date, override_expires_on date, computed_level text, score int, reviewed boolean, changed_at timestamptz, changed_by text`

type Said = Record<string, string | number | boolean | null>
type LevelChange = { readonly province: string; readonly cons_no: string; readonly revision: string; readonly on_date: string; readonly level: string | null }

/** What an event says of its user's row; the last word of a batch stands. Null is said where an earlier word must not stay. */
const said = ({ type, data }: Projected<HighRiskUserEvent>): Said => {
  switch (type) {
    case 'CandidateScreened':
      return { status: 'candidate', proposed_level: data.proposedLevel, score: data.score, ...profileSaid(data.profile) }
    case 'CandidateNominated':
      return { status: 'candidate', proposed_level: data.proposedLevel, ...profileSaid(data.profile) }
    case 'CandidateDismissed':
      return { status: 'dismissed', recheck_after: data.recheckAfter }
    case 'UserListed':
      return { status: 'listed', ...assessed(data), owner: data.owner, listed_on: data.listedOn, reported_on: null, ...profileSaid(data.profile) }
    case 'OwnerTransferred':
      return { owner: data.to }
    case 'UserReportedToHq':
      return { reported_on: data.reportDate }
    case 'RiskLevelChanged':
      return assessed({ ...data, level: data.to })
    case 'LevelReviewed':
      return { reviewed: true, computed_level: data.computedLevel, score: data.score }
    case 'ProfileAmended':
      return profileSaid(data.profile)
    case 'DelistProposed':
      return { status: 'delist-pending' }
    case 'DelistRejected':
      return { status: 'listed' }
    case 'UserDelisted':
      return { status: 'delisted', delisted_on: data.on }
    case 'UserRelisted':
      return { status: 'listed', ...assessed(data), listed_on: data.on, reported_on: null }
    case 'RecordClosed':
      return { status: 'closed', ...(data.wasListed && { delisted_on: data.on }) }
    default:
      return {} // of the work on him, which is told elsewhere
  }
}

type Assessed = {
  readonly level: string
  readonly computedLevel?: string | undefined
  readonly score?: number | undefined
  readonly override?: { readonly expiresOn: string } | undefined
}

const assessed = ({ level, computedLevel, score, override }: Assessed): Said => ({
  level,
  computed_level: computedLevel ?? null,
  score: score ?? null,
  override_expires_on: override?.expiresOn ?? null,
})

const profileSaid = (profile: Profile): Said => ({
  name: profile.name,
  org_code: profile.orgCode,
  standard: profile.standard,
  trade_code: bareCode(profile.tradeCode),
  hec_class: profile.hecClass ?? null,
  elect_type: profile.electType ?? null,
  voltage: profile.voltage ?? null,
  contract_capacity: profile.contractCapacity.toString(),
  running_capacity: profile.runningCapacity.toString(),
})

/** From which date the user stands on the list at which level; null once he no longer stands there. */
const levelSaid = ({ type, data }: Projected<HighRiskUserEvent>): { readonly on_date: string; readonly level: string | null } | undefined => {
  switch (type) {
    case 'UserListed':
      return { on_date: data.listedOn, level: data.level }
    case 'UserRelisted':
      return { on_date: data.on, level: data.level }
    case 'RiskLevelChanged':
      return { on_date: data.on, level: data.to }
    case 'UserDelisted':
      return { on_date: data.on, level: null }
    case 'RecordClosed':
      return data.wasListed ? { on_date: data.on, level: null } : undefined
    default:
      return undefined
  }
}
