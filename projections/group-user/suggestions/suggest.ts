import type { DatabasePool, DatabasePoolConnection, DatabaseTransactionConnection, FragmentSqlToken } from 'slonik'
import { z } from 'zod'
import { run, sql } from '#projections/shared/sql.ts'
import { type FoldingStep, foldedIn } from './fold.sql.ts'

const STATEMENT_MS = 600_000
/** The best of one customer are kept. */
const MOST = 5

/**
 * Suggests links for the customers of every province whose customers, or the groups they are compared with, have changed since; answers how
 * many provinces were looked through. One process at a time does it, others answer 0 at once.
 */
export const keepSuggestions = (pool: DatabasePool, steps: readonly FoldingStep[]): Promise<number> =>
  pool.connect(async (db) => {
    const locked = await db.one(sql.type(z.object({ mine: z.boolean() }))`select pg_try_advisory_lock(hashtextextended('group suggestions', 0)) as mine`)
    if (!locked.mine) return 0
    try {
      // all are folded before any is compared: the codes of members in other provinces count too
      const unfolded = (await provincesDue(db, steps)).filter(({ unfolded }) => unfolded)
      await sideBySide(pool, unfolded, (db, { province, refold }) => foldCustomers(db, province, steps, refold))
      const due = await provincesDue(db, steps)
      if (due.length > 0) await inTransaction(db, (db) => keepCompared(db, steps))
      await sideBySide(pool, due, async (db, { province, digest }) => {
        await suggest(db, province)
        await db.query(run`
          insert into group_figure.suggested (province, digest, made_at) values (${province}, ${digest}, now())
          on conflict (province) do update set digest = excluded.digest, made_at = excluded.made_at`)
      })
      return due.length
    } finally {
      await db.query(run`select pg_advisory_unlock(hashtextextended('group suggestions', 0))`)
    }
  })

/** Provinces are worked on by so many connections at once. */
const AT_ONCE = 2

const sideBySide = async <T>(
  pool: DatabasePool,
  items: readonly T[],
  work: (db: DatabaseTransactionConnection, item: T) => Promise<unknown>,
): Promise<void> => {
  const left = [...items]
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      const own = item
      await inTransaction(pool, (db) => work(db, own))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

const inTransaction = (
  db: Pick<DatabasePool | DatabasePoolConnection, 'transaction'>,
  work: (db: DatabaseTransactionConnection) => Promise<unknown>,
): Promise<unknown> =>
  db.transaction(async (db) => {
    await db.query(run`select set_config('statement_timeout', ${String(STATEMENT_MS)}, true), set_config('jit', 'off', true),
      set_config('work_mem', '64MB', true), set_config('synchronous_commit', 'off', true)`)
    await work(db)
  })

/** The codes by which a group is recognised that its members carry. */
const MEMBER_CODES = sql.fragment`
  select distinct m.group_no, c.uscc from read_model.group_membership m join group_figure.customer c using (province, cons_no)
  where c.uscc is not null and m.valid_to = '9999-12-31'`

/** Provinces whose suggestions were made of something else than stands now: how names are folded, their customers, the groups, or the codes of members. */
const provincesDue = (db: DatabasePoolConnection, steps: readonly FoldingStep[]) =>
  db.any(sql.type(z.object({ province: z.string(), digest: z.string(), unfolded: z.boolean(), refold: z.boolean() }))`
    with of_groups as (
      select md5((select coalesce(string_agg(concat_ws('|', group_no, name, uscc), ';' order by group_no), '') from read_model.group_user where status in ('active', 'merging'))
        || (select coalesce(string_agg(group_no || uscc, ';' order by group_no, uscc), '') from (${MEMBER_CODES}) m)) as digest),
    folding as (select md5(${JSON.stringify(steps)}) as digest),
    brought as (
      select province, md5(string_agg(extracted_on || '/' || run, ';' order by extracted_on)) as digest from source.batch where source = 'customers' group by province),
    now as (select b.province, f.digest as folding, f.digest || b.digest as folded, f.digest || b.digest || g.digest as digest from folding f cross join brought b cross join of_groups g)
    select n.province, n.digest, left(s.digest, 64) is distinct from n.folded as unfolded, left(s.digest, 32) is distinct from n.folding as refold
    from now n left join group_figure.suggested s using (province) where s.digest is distinct from n.digest order by n.province`)

/** Keeps each customer's latest name folded; only names that are new or changed are folded, and all when names are folded otherwise than before. */
const foldCustomers = async (db: DatabaseTransactionConnection, province: string, steps: readonly FoldingStep[], refold: boolean): Promise<void> => {
  await db.query(run`
    with latest as materialized (
      select distinct on (cons_no) cons_no, name, uscc, residential from source.customer where province = ${province} order by cons_no, extracted_on desc)
    insert into group_figure.customer as k (province, cons_no, name, folded, uscc)
    select ${province}, l.cons_no, l.name, case when c.name = l.name and not ${refold} then c.folded else ${foldedIn(sql.fragment`l.name`, steps)} end, l.uscc
    from latest l left join group_figure.customer c on c.province = ${province} and c.cons_no = l.cons_no
    where not l.residential and (${refold} or (c.name, c.uscc) is distinct from (l.name, l.uscc))
    on conflict (province, cons_no) do update set name = excluded.name, folded = excluded.folded, uscc = excluded.uscc`)
}

/** What customers are compared with, folded once for all provinces. */
const keepCompared = async (db: DatabaseTransactionConnection, steps: readonly FoldingStep[]): Promise<void> => {
  await db.query(run`delete from group_figure.compared_group`)
  await db.query(run`delete from group_figure.compared_code`)
  await db.query(run`
    insert into group_figure.compared_group (group_no, folded, uscc)
    select group_no, ${foldedIn(sql.fragment`name`, steps)}, uscc from read_model.group_user where status in ('active', 'merging')`)
  await db.query(run`insert into group_figure.compared_code (group_no, uscc) ${MEMBER_CODES}`)
  await db.query(run`analyze group_figure.compared_group, group_figure.compared_code, group_figure.customer`)
}

/** By so much less sure is a name when the two companies say that they are of different cities: 苏州市轨道交通 is not 无锡市轨道交通. */
const ELSEWHERE = 30
const cityOf = (name: FragmentSqlToken): FragmentSqlToken => sql.fragment`substring(${name} from '([^省区市县]{1,3}[^省区市县城都超门股夜])市')`
const [here, there] = [cityOf(sql.fragment`c.name`), cityOf(sql.fragment`g.name`)]
/** Whether both name a city, and neither ends with the other, for a province may stand before it. */
const elsewhere = sql.fragment`right(${here}, length(${there})) <> ${there} and right(${there}, length(${here})) <> ${here}`

/**
 * One statement for a province. By code: the group's own (100), a member's (90). By name: the same core (80; 50 when that is of one or two
 * signs), or one core of at least four signs with which the other begins (30 and up to 50 by how much of it); less where the names say two cities.
 */
const suggest = async (db: DatabaseTransactionConnection, province: string): Promise<void> => {
  await db.query(run`delete from group_figure.suggestion where province = ${province}`)
  await db.query(run`
    insert into group_figure.suggestion (province, cons_no, group_no, reason, score, facts)
    with g as (select group_no, u.name, k.uscc, k.folded from group_figure.compared_group k join read_model.group_user u using (group_no)),
    c as materialized (select cons_no, name, folded, uscc from group_figure.customer where province = ${province}),
    beginning as materialized (select group_no, length(folded) as whole, left(folded, n) as begins from g cross join generate_series(4, length(folded) - 1) n),
    found as (
      select c.cons_no, g.group_no, 'group-uscc' as reason, 100 as score from c join g on g.uscc = c.uscc
      union all
      select c.cons_no, m.group_no, 'member-uscc', 90 from c join group_figure.compared_code m on m.uscc = c.uscc join g using (group_no)
      union all
      select c.cons_no, g.group_no, 'same-name', case when length(c.folded) > 2 then 80 else 50 end from c join g on g.folded = c.folded where c.folded <> ''
      union all
      select c.cons_no, b.group_no, 'similar-name', 30 + 50 * length(c.folded) / b.whole from c join beginning b on b.begins = c.folded
      union all
      select c.cons_no, g.group_no, 'similar-name', 30 + 50 * n / length(c.folded)
      from c cross join generate_series(4, length(c.folded) - 1) n join g on g.folded = left(c.folded, n)),
    best as (select distinct on (cons_no, group_no) * from found order by cons_no, group_no, score desc, reason),
    judged as (
      select b.cons_no, b.group_no, b.reason, b.score - case when b.reason in ('same-name', 'similar-name') and ${elsewhere} then ${ELSEWHERE} else 0 end as score
      from best b join c using (cons_no) join g using (group_no)),
    placed as (select *, row_number() over (partition by cons_no order by score desc, group_no) as place from judged)
    select ${province}, p.cons_no, p.group_no, p.reason, p.score, md5(concat_ws('|', p.reason, c.folded, coalesce(c.uscc, ''), g.folded, coalesce(g.uscc, '')))
    from placed p join c using (cons_no) join g using (group_no) where p.place <= ${MOST}`)
}
