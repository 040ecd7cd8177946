import { groupReleaseEvents } from '#domain/group-user/events.ts'
import { MEASURES } from '#domain/group-user/fields.ts'
import { projection } from '#projections/shared/projection.ts'
import { rowset, run } from '#projections/shared/sql.ts'

/** What was released of groups to provinces (集团数据发布): one row a group and month, and one for each province's part in it. */
export const groupReleases = projection({
  name: 'group-release',
  version: 1,
  sources: { GroupRelease: groupReleaseEvents },
  onPoison: 'halt', // what was told must not be told otherwise
  publishes: ['group_release', 'group_release_province'],
  create: `
    create table group_release (
      group_no text not null, month char(6) not null, released_at timestamptz not null, rules_version int not null, measures text[] not null,
      round_money bigint not null, round_electricity bigint not null, primary key (group_no, month)
    );
    create index on group_release (month desc, group_no);
    create table group_release_province (
      group_no text not null, month char(6) not null, province text not null, members int not null,
      -- in the order of the measures
      sums bigint[] not null,
      primary key (group_no, month, province)
    );`,
  apply: async (events, db) => {
    const releases = events.map(({ data: { groupNo: group_no, month, at: released_at, rules } }) => ({
      ...{ group_no, month, released_at, rules_version: rules.version, measures: rules.measures },
      ...{ round_money: rules.roundMoneyTo, round_electricity: rules.roundElectricityTo },
    }))
    await db.query(run`
      insert into group_release (group_no, month, released_at, rules_version, measures, round_money, round_electricity)
      select group_no, month, released_at, rules_version, measures, round_money, round_electricity from ${rowset(releases, RELEASE)} on conflict do nothing`)
    const parts = events.flatMap(({ data: { groupNo: group_no, month, provinces } }) =>
      provinces.map(({ province, members, ...figures }) => ({
        ...{ group_no, month, province, members: members.length },
        sums: MEASURES.map((measure) => String(figures[measure])),
      })),
    )
    await db.query(run`
      insert into group_release_province (group_no, month, province, members, sums)
      select group_no, month, province, members, sums from ${rowset(parts, PART)} on conflict do nothing`)
  },
})

const RELEASE = 'group_no text, month text, released_at timestamptz, rules_version int4, measures text[], round_money int8, round_electricity int8'
const PART = 'group_no text, month text, province text, members int4, sums int8[]'
