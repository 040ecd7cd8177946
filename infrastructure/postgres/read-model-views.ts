import pg from 'pg'
import type { Projection } from '#projections/shared/projection.ts'

/** What readers know by a fixed name. Both are made over one generation's tables. */
const PUBLISHED = 'read_model'
const FOR_ANALYSTS = 'analysis'

/**
 * How long a switch waits for one view that somebody is reading. Readers who come later wait behind it, so it is short; and shorter
 * than the server's deadlock_timeout (1 s), so that of a reader and a switch that wait for each other it is the switch that gives up.
 */
const VIEW_LOCK_MS = 500

type View = { readonly schema: string; readonly table: string; readonly withheld: readonly string[]; readonly means?: string }
type Built = { readonly schema: string; readonly publishes: readonly string[] }

/**
 * Points the views of a read model at a generation's tables, within the caller's transaction; says nothing where they point there
 * already. Grants, of columns too, and comments stay as they were; a view whose columns stay, or only gain some at the end, stays itself,
 * so that views made over it by others live on. Where columns go or change it is made anew, and such views go with it: their names are
 * the answer. Throws what the server throws when somebody reads a view for too long.
 */
export const publish = async (client: pg.Client, projection: Projection, next: Built, generations: readonly Built[]): Promise<readonly string[]> => {
  const views = viewsOf(projection, next)
  const stale = await staleViews(client, generations, views)
  const changes: Change[] = []
  for (const view of views) changes.push(await change(client, view, next.schema))
  const dropped = stale.flatMap(({ dependents }) => dependents).concat(changes.flatMap(({ dependents }) => dependents))
  const statements = [...stale.map(({ name }) => `drop view ${name} cascade`), ...changes.flatMap((one) => one.statements)]
  // All of it in one message: a view is locked from its statement to the end.
  if (statements.length > 0) await client.query([`set local lock_timeout = ${VIEW_LOCK_MS}`, ...statements].join(';\n'))
  return [...new Set(dropped)]
}

const viewsOf = ({ analysis = [] }: Projection, { publishes }: Built): readonly View[] => [
  ...publishes.map((table) => ({ schema: PUBLISHED, table, withheld: [] })),
  ...analysis.map((view) => ({ ...view, schema: FOR_ANALYSTS })),
]
const nameOf = ({ schema, table }: View): string => `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`

/** Views that rest on these views, directly or by others. */
const DEPENDENTS = `
  with recursive resting (oid) as (
    select r.ev_class from pg_depend d join pg_rewrite r on r.oid = d.objid
    where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = v.oid and r.ev_class <> v.oid
    union
    select r.ev_class from resting join pg_depend d on d.refobjid = resting.oid join pg_rewrite r on r.oid = d.objid
    where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and r.ev_class <> resting.oid
  ) select coalesce(array_agg(distinct oid::regclass::text), '{}') from resting`

/** Views over these generations' tables that are no longer asked for. */
const staleViews = async (
  client: pg.Client,
  generations: readonly Built[],
  views: readonly View[],
): Promise<readonly { readonly name: string; readonly dependents: readonly string[] }[]> => {
  const { rows } = await client.query<{ name: string; dependents: readonly string[] }>(
    `select format('%I.%I', n.nspname, v.relname) as name, (${DEPENDENTS}) as dependents
     from pg_class v join pg_namespace n on n.oid = v.relnamespace
     where v.relkind = 'v' and n.nspname in ('${PUBLISHED}', '${FOR_ANALYSTS}')
       and not exists (select from unnest($1::text[], $2::text[]) as wanted (s, t) where s = n.nspname and t = v.relname)
       and exists (
         select from pg_rewrite r join pg_depend d on d.objid = r.oid and d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
         join pg_class t on t.oid = d.refobjid join pg_namespace s on s.oid = t.relnamespace
         where r.ev_class = v.oid and s.nspname = any ($3))`,
    [views.map(({ schema }) => schema), views.map(({ table }) => table), generations.map(({ schema }) => schema)],
  )
  return rows
}
type Standing = {
  /** Columns with their types, of the table without what is withheld, and of the view as it is; null when there is none. */
  readonly wanted: readonly string[]
  readonly columns: readonly string[]
  readonly shown: readonly string[] | null
  readonly points_there: boolean
  /** Who owns the tables, and whether the view is his. */
  readonly owner: string
  readonly owned: boolean
  readonly comment: string | null
  readonly granted: readonly string[]
  readonly by_default: readonly string[]
  readonly dependents: readonly string[]
}

/** Everything that is to be known of one view. Grants are told as the statements that give them again. */
const STANDING = `
  select
    array(select format('%I %s', attname, format_type(atttypid, atttypmod)) from pg_attribute a
      where attrelid = t.oid and attnum > 0 and not attisdropped and attname <> all ($3) order by attnum) as wanted,
    array(select quote_ident(attname) from pg_attribute a
      where attrelid = t.oid and attnum > 0 and not attisdropped and attname <> all ($3) order by attnum) as columns,
    case when v.oid is not null then array(select format('%I %s', attname, format_type(atttypid, atttypmod)) from pg_attribute a
      where attrelid = v.oid and attnum > 0 and not attisdropped order by attnum) end as shown,
    exists (select from pg_rewrite r join pg_depend d on d.objid = r.oid where r.ev_class = v.oid and d.refobjid = t.oid) as points_there,
    t.relowner::regrole::text as owner, v.relowner is not distinct from t.relowner as owned,
    obj_description(v.oid, 'pg_class') as comment,
    array(
      select format('grant %s on %I.%I to %s%s', privilege_type, $1::text, $2::text, grantee(g.grantee), case when is_grantable then ' with grant option' else '' end)
      from aclexplode(v.relacl) g where g.grantee <> v.relowner
      union all
      select format('grant %s (%I) on %I.%I to %s%s', privilege_type, a.attname, $1::text, $2::text, grantee(g.grantee),
        case when is_grantable then ' with grant option' else '' end)
      from pg_attribute a, aclexplode(a.attacl) g
      where a.attrelid = v.oid and g.grantee <> v.relowner
        and exists (select from pg_attribute n where n.attrelid = t.oid and n.attname = a.attname and not n.attisdropped and n.attname <> all ($3))
    ) as granted,
    array(select distinct grantee(g.grantee) from pg_default_acl d, aclexplode(d.defaclacl) g
      where d.defaclobjtype = 'r' and d.defaclrole = current_user::regrole and g.grantee <> d.defaclrole
        and d.defaclnamespace in (0, $1::regnamespace)) as by_default,
    (${DEPENDENTS}) as dependents
  from pg_class t left join pg_class v on v.oid = to_regclass(format('%I.%I', $1::text, $2::text))
  where t.oid = format('%I.%I', $4::text, $2::text)::regclass`.replaceAll(
  'grantee(g.grantee)',
  `case g.grantee when 0 then 'public' else g.grantee::regrole::text end`,
)

type Change = { readonly statements: readonly string[]; readonly dependents: readonly string[] }

const change = async (client: pg.Client, view: View, schema: string): Promise<Change> => {
  const { rows } = await client.query<Standing>(STANDING, [view.schema, view.table, view.withheld, schema])
  const { wanted, columns, shown, points_there, owner, owned, comment, granted, by_default, dependents } = rows[0]!
  const name = nameOf(view)
  const source = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(view.table)}`
  const definition = `view ${name} as select ${columns.join(', ')} from ${source}`
  const said = view.means ?? comment
  const comments = said === null ? [] : [`comment on view ${name} is ${pg.escapeLiteral(said)}`]
  if (shown === null) return { statements: [`create ${definition}`, ...comments], dependents: [] }
  if (shown.every((column, index) => column === wanted[index])) {
    if (points_there && shown.length === wanted.length && said === comment) return { statements: [], dependents: [] }
    // A view reads with its owner's rights, so it belongs to whoever owns the tables.
    const handed = owned ? [] : [`alter view ${name} owner to ${owner}`]
    return { statements: [`create or replace ${definition}`, ...handed, ...comments], dependents: [] }
  }
  const undone = by_default.map((grantee) => `revoke all on ${name} from ${grantee}`)
  return { statements: [`drop view ${name} cascade`, `create ${definition}`, ...undone, ...granted, ...comments], dependents }
}
