import type { Scoring } from '#application/ports/screening.ts'
import { INSTALMENT_KINDS } from '#domain/extraction/fields.ts'
import { addDays, type BusinessDate, sameDay } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'

// Temporary tables take no parameters, so values stand in the text: each is checked to be what it says before it does.
const day = (date: BusinessDate): string => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) throw new RangeError(`"${date}" is no date`)
  return `date '${date}'`
}
const code = (text: string): string => {
  if (!/^[0-9A-Za-z]{1,40}$/.test(text)) throw new RangeError(`"${text}" is no code`)
  return `'${text}'`
}

/** What does not reduce a bill's principal. */
const BESIDE = "('prepayment', 'instalment', 'penalty')"
/** What is no money of this day. */
const NO_MONEY = "('prepayment-applied', 'instalment-applied', 'write-off', 'penalty')"
const INSTALMENT = `(${INSTALMENT_KINDS.map((kind) => `'${kind}'`).join(', ')})`

/**
 * Of the versions that extraction brought on several dates, the one that stood on the date counts; what was first brought
 * later (history filled in) counts as it first came, so that a later correction never reaches back.
 */
const asKnown = (date: string): string => `(extracted_on > ${date}), abs(extracted_on - ${date})`

const MONTHS = [0, 1, 2, 3, 4, 5] as const
const each = (write: (month: number) => string): string => MONTHS.map(write).join(', ')

/**
 * Bill months as they stood on a date: what was billed, what was paid, and when the last gap was closed (infinity: still open).
 * A month paid to the fen was closed by its last payment; only where too much was paid, or something given back, are the
 * payments gone through one by one.
 */
export const settledMonths = (province: ProvinceCode, asOf: BusinessDate): string => {
  const on = day(asOf)
  return `
bill as (
  select cons_no, bill_month, receivable_fen, electricity_kwh, issued_on, due_on
  from (select distinct on (cons_no, bill_id) cons_no, bill_month, kind, receivable_fen, electricity_kwh, issued_on, due_on
    from source.bill where province = ${code(province)} order by cons_no, bill_id, ${asKnown(on)}) b
  where issued_on <= ${on} and kind not in ${INSTALMENT}),
payment as (
  select cons_no, bill_month, payment_id, kind, amount_fen, credited_on
  from (select distinct on (cons_no, payment_id) cons_no, bill_month, payment_id, kind, amount_fen, credited_on
    from source.payment where province = ${code(province)} order by cons_no, payment_id, ${asKnown(on)}) p
  where credited_on <= ${on}),
month as (
  select cons_no, bill_month, screening.total(receivable_fen)::bigint as billed, max(due_on) as due, max(issued_on) as issued, screening.total(electricity_kwh)::bigint as kwh
  from bill group by cons_no, bill_month),
paid as (
  select cons_no, bill_month, screening.total(amount_fen)::bigint as paid, max(credited_on) as last_on, count(*) as times, bool_or(amount_fen <= 0) as given_back
  from payment where bill_month is not null and kind not in ${BESIDE} group by cons_no, bill_month),
plain as (
  select m.cons_no, m.bill_month, m.billed, m.due, m.issued, m.kwh, coalesce(p.paid, 0) as paid, p.last_on,
    coalesce(m.billed <= p.paid and (m.billed <= 0 or p.given_back or (m.billed < p.paid and p.times > 1)), false) as winding
  from month m left join paid p using (cons_no, bill_month) order by m.cons_no, m.bill_month),
flow as (
  select cons_no, bill_month, max(credited_on) filter (where so_far - amount_fen < billed) as closed_on
  from (select cons_no, bill_month, w.billed, f.amount_fen, f.credited_on,
      sum(f.amount_fen) over (partition by cons_no, bill_month order by f.credited_on, f.payment_id rows unbounded preceding) as so_far
    from (select cons_no, bill_month, billed from plain where winding) w
    join (select * from payment where bill_month is not null and kind not in ${BESIDE}) f using (cons_no, bill_month)) s
  group by cons_no, bill_month),
settled as (
  select cons_no, bill_month, billed, due, issued, kwh, paid,
    case when billed > paid then date 'infinity' when winding then coalesce(closed_on, due) else coalesce(last_on, due) end as settled_on
  from plain left join flow using (cons_no, bill_month))`
}

/** How each figure of an account is read from the sums over months and receipts. What nobody can say is null, which `least` would leave out. */
const ACCOUNT: readonly { readonly name: string; readonly sql: string }[] = [
  { name: 'bill0', sql: 'bill0' },
  { name: 'billSum', sql: 'bill_sum' },
  { name: 'overdueAmount', sql: 'overdue' },
  { name: 'owedAmount', sql: 'owed' },
  { name: 'arrearsAge', sql: 'age::bigint' },
  { name: 'lateBills', sql: 'late' },
  ...[0, 1, 2, 3].map((i) => ({ name: `overdueMonths${i}`, sql: `behind${i}::bigint` })),
  { name: 'overdueTimes', sql: `(${MONTHS.map((i) => `least(1, behind${i})`).join(' + ')})::bigint` },
  { name: 'overdueMost', sql: `greatest(${each((i) => `behind${i}`)})::bigint` },
  { name: 'paidShare0', sql: 'case when bill1 > 0 then least(100, greatest(0, paid0 * 100 / bill1)) end' },
  { name: 'paidShare1', sql: 'case when bill2 > 0 then least(100, greatest(0, paid1 * 100 / bill2)) end' },
  { name: 'unpaidMonths', sql: `(${MONTHS.map((i) => `(paid${i} <= 0)::int`).join(' + ')})::bigint` },
  { name: 'billAmount', sql: 'bill0' },
  { name: 'billTrend', sql: 'case when bill_sum > 0 then bill0 * 600 / bill_sum end' },
  { name: 'emptyBills', sql: `(${MONTHS.map((i) => `(bill${i} = 0)::int`).join(' + ')})::bigint` },
  ...[0, 1, 2].map((i) => ({ name: `paid${i}`, sql: `paid${i}` })),
  { name: 'paid6', sql: MONTHS.map((i) => `paid${i}`).join(' + ') },
  { name: 'acceptanceShare', sql: 'case when paid_year > 0 then least(100, greatest(0, accepted * 100 / paid_year)) end' },
  { name: 'electricityShare', sql: 'case when kwh1 + kwh2 + kwh3 > 0 and kwh0 is not null then least(1000, kwh0 * 300 / (kwh1 + kwh2 + kwh3)) end' },
  { name: 'electricityYear', sql: 'case when kwh12 > 0 and kwh0 is not null then least(1000, kwh0 * 100 / kwh12) end' },
]
/** Measures that set a sum of the account against the contract capacity, and which. */
const PER_KVA: Readonly<Record<string, string>> = { billPerKva: 'bill0', billPerKva6: 'billSum', owedPerKva: 'owedAmount' }

/** Only what is asked for: the server computes no sum that nobody reads. */
const account = (province: ProvinceCode, asOf: BusinessDate, asked: readonly string[]): string => {
  const on = day(asOf)
  const ago = (months: number): string => day(sameDay(asOf, -months))
  const within = (column: string, month: number): string => `${column} > ${ago(month + 1)} and ${column} <= ${ago(month)}`
  return `
create temporary table account on commit drop as
with ${settledMonths(province, asOf)},
debt as (
  select cons_no,
    coalesce(screening.total(billed - paid) filter (where billed > paid), 0)::bigint as owed,
    coalesce(screening.total(billed - paid) filter (where billed > paid and due < ${on}), 0)::bigint as overdue,
    coalesce(${on} - min(due) filter (where billed > paid and due < ${on}), 0) as age,
    count(*) filter (where due >= ${ago(12)} and due < ${on} and settled_on > due) as late,
    ${each((i) => `coalesce(max((${ago(i)} - due + 29) / 30) filter (where due < ${ago(i)} and settled_on > ${ago(i)}), 0) as behind${i}`)},
    ${each((i) => `greatest(0, coalesce(screening.total(billed) filter (where ${within('issued', i)}), 0))::bigint as bill${i}`)},
    ${[0, 1, 2, 3, 12].map((i) => `(screening.total(kwh) filter (where ${within('issued', i)}))::bigint as kwh${i}`).join(', ')}
  from settled group by cons_no),
receipt as (
  select cons_no, ${each((i) => `coalesce(screening.total(amount_fen) filter (where ${within('credited_on', i)}), 0)::bigint as paid${i}`)},
    screening.total(amount_fen) filter (where credited_on > ${ago(12)})::bigint as paid_year,
    screening.total(amount_fen) filter (where credited_on > ${ago(12)} and kind = 'acceptance-bill')::bigint as accepted
  from payment where kind not in ${NO_MONEY} group by cons_no),
known as (
  select d.*, ${each((i) => `coalesce(r.paid${i}, 0) as paid${i}`)}, r.paid_year, coalesce(r.accepted, 0) as accepted,
    ${MONTHS.map((i) => `bill${i}`).join(' + ')} as bill_sum
  from debt d left join receipt r using (cons_no))
select cons_no${ACCOUNT.filter(({ name }) => asked.includes(name))
    .map(({ name, sql }) => `, ${sql} as "${name}"`)
    .join('')}
from known`
}

const profile = (province: ProvinceCode, asOf: BusinessDate): string => `
create temporary table profile on commit drop as
select cons_no, org_code, extracted_on > ${day(asOf)} as brought_later, contract_va,
  exists (select from listed_trade l where l.standard = trade_standard and l.code = trade_code)::int::bigint as "industryListed",
  case when contract_va > 0 then running_va * 100 / contract_va end as "runningShare",
  contract_va / 1000 as capacity,
  (power_off_on is not null and power_off_on <= ${day(asOf)})::int::bigint as "powerOff"
from (select distinct on (cons_no) * from source.customer where province = ${code(province)} order by cons_no, ${asKnown(day(asOf))}) c
where not residential`

/** Readings of enough days on both sides; a day that was not read says nothing. */
const readings = (province: ProvinceCode, asOf: BusinessDate): string => {
  const [on, recent, since] = [day(asOf), day(addDays(asOf, -30)), day(addDays(asOf, -120))]
  return `
create temporary table readings on commit drop as
select cons_no, case when now_days >= 10 and then_days >= 30 and then_sum > 0 then least(1000, now_sum * then_days * 100 / (then_sum * now_days)) end::bigint as "readingShare"
from (select cons_no, sum(kwh) filter (where day > ${recent}) as now_sum, count(kwh) filter (where day > ${recent}) as now_days,
    sum(kwh) filter (where day <= ${recent}) as then_sum, count(kwh) filter (where day <= ${recent}) as then_days
  from (select distinct on (cons_no, day) cons_no, day, kwh from source.daily_kwh
    where province = ${code(province)} and day > ${since} and day <= ${on} order by cons_no, day, ${asKnown(on)}) r
  group by cons_no) s`
}

const facts = (province: ProvinceCode, asOf: BusinessDate, kinds: readonly string[]): string => `
create temporary table facts on commit drop as
select cons_no, ${kinds.map((kind) => `count(*) filter (where kind = ${code(kind)}) as "${code(kind).slice(1, -1)}"`).join(', ')}
from screening.fact
where province = ${code(province)} and known_on <= ${day(asOf)} and since <= ${day(asOf)} and (until is null or until > ${day(asOf)}) group by cons_no`

/** The statements that measure a province's customers, one a family; families that no rule asks for are left out. */
export const measuring = ({ measures }: Scoring, province: ProvinceCode, asOf: BusinessDate): readonly string[] => {
  const asks = (family: string): readonly string[] => measures.filter((measure) => measure.family === family).map(({ name }) => name)
  return [
    profile(province, asOf),
    account(
      province,
      asOf,
      asks('account').map((name) => PER_KVA[name] ?? name),
    ),
    ...(asks('readings').length > 0 ? [readings(province, asOf)] : []),
    ...(asks('facts').length > 0 ? [facts(province, asOf, asks('facts'))] : []),
  ]
}

/** How each measure is read from the families' tables, p (profile), a (account), r (readings), f (facts). */
export const inputOf = ({ name, family }: Scoring['measures'][number]): string => {
  const sum = PER_KVA[name]
  if (sum !== undefined) return `case when p.contract_va > 0 and a."${sum}" is not null then least(1000000000, a."${sum}" * 1000 / p.contract_va) end`
  if (family === 'facts') return `coalesce(f."${name}", 0)`
  return `${{ profile: 'p', account: 'a', readings: 'r' }[family]}."${name}"`
}
