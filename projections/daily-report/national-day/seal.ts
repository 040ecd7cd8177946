import { z } from 'zod'
import type { BillFigure, Row } from '#domain/daily-report/fields.ts'
import { addMonths, type BillMonth, type BusinessDate, firstDay, monthOf } from '#domain/shared/dates.ts'
import type { ConsNo } from '#domain/shared/identity.ts'
import { names, typed } from '#projections/shared/columns.ts'
import type { ProjectionDb } from '#projections/shared/projection.ts'
import { rowset, run, sql, text } from '#projections/shared/sql.ts'
import { BILL_FACTS, BILL_KEY, OPEN_VERSION, USER_FACTS, USER_KEY, USER_SUMS } from './columns.ts'
import { balanceOf, sumsOf } from './figures.ts'
import { meetTrades } from './industry-list.ts'
import type { Seal } from './report.ts'

/** Users in one statement: enough to make the trip worth while, few enough to keep the parameter small. */
const CHUNK = 1000

type Touched = { stat_date: BusinessDate; province: string; cons_no: ConsNo; version: number }

/** Writes the rows of sealed versions: a first version as it is, a later one only where it differs from the version before. */
export const writeSeals = async (seals: readonly Seal[], db: ProjectionDb): Promise<void> => {
  await ensureMonths(
    db,
    seals.map(({ report }) => monthOf(report.stat_date)),
  )
  const trades = seals.flatMap(({ rows }) => [...rows.values()].flatMap(({ row }) => (row ? [{ standard: row.standard, code: row.tradeCode }] : [])))
  await meetTrades(db, trades)
  for (const first of [true, false]) {
    let chunk: Sealed[] = []
    for (const sealed of seals.filter(({ report }) => (report.latest_version === null) === first).flatMap(rowsOf)) {
      chunk.push(sealed)
      if (chunk.length === CHUNK) {
        await (first ? insert(db, chunk) : revise(db, chunk))
        chunk = []
      }
    }
    if (chunk.length > 0) await (first ? insert(db, chunk) : revise(db, chunk))
  }
}

type Sealed = { readonly key: Touched; readonly user: object | undefined; readonly bills: readonly object[] }

const rowsOf = ({ report, version, rows }: Seal): Sealed[] => {
  const expected = new Set(report.expected)
  return [...rows].map(([cons_no, { row, warned }]) => {
    const key = { stat_date: report.stat_date, province: report.province, cons_no, version }
    if (!row) return { key, user: undefined, bills: [] }
    return {
      key,
      user: { ...key, ...factsOf(row), ...sumsOf(row, report.stat_date), warned, expected: expected.has(cons_no) },
      bills: row.bills.map((bill) => ({ ...key, ...billOf(bill) })),
    }
  })
}

const factsOf = (row: Row): Record<Exclude<keyof typeof USER_FACTS, 'warned' | 'expected'>, unknown> => ({
  cons_name: row.consName,
  org_code: row.orgCode,
  standard: row.standard,
  trade_code: row.tradeCode,
  hec_class: row.hecClass,
  elect_type: row.electType,
  voltage: row.voltage,
  contract_capacity: row.contractCapacity,
  running_capacity: row.runningCapacity,
  electricity_day: row.electricityDay,
  electricity_mtd: row.electricityMonthToDate,
  received_today: row.receivedToday,
  prepaid: row.prepaidBalance,
  in_transit: row.inTransit,
  power_off: row.powerOff,
  power_off_date: row.powerOffDate,
  instalment_periods: row.instalment?.periods,
  instalment_planned: row.instalment?.planned,
  instalment_received: row.instalment?.received,
  guarantee: row.guaranteeAmount,
  risk_level: row.riskLevel,
  measures: `{${row.measures.join(',')}}`,
  remark: row.remark,
  comment: row.comment,
})

const billOf = (bill: BillFigure): Record<'bill_month' | keyof typeof BILL_FACTS, unknown> => ({
  bill_month: bill.billMonth,
  due_date: bill.dueDate,
  receivable: bill.receivable,
  received: bill.received,
  written_off: bill.writtenOff,
  arrears: bill.arrears,
  balance: balanceOf(bill),
  penalty_receivable: bill.penaltyReceivable,
  penalty_received: bill.penaltyReceived,
  settle_flag: bill.settleFlag,
})

const USER = { ...USER_FACTS, ...USER_SUMS }
const VERSION = { version: 'integer' }
/** Codes have nothing in them that an array's text would have to quote; a set of rows without arrays goes to the server several times faster. */
const userRows = typed({ ...USER_KEY, ...VERSION, ...USER, measures: 'text' })
const userColumns = text(names({ ...USER_KEY, ...VERSION, ...USER }).replace('measures', 'measures::text[] as measures'))
const userSet = (users: readonly object[]) => sql.fragment`select ${userColumns} from ${rowset(users, userRows)}`
const billRows = typed({ ...BILL_KEY, ...VERSION, ...BILL_FACTS })
const userTarget = text(`user_day (${names(USER_KEY)}, version_from, version_to, ${names(USER)})`)
const billTarget = text(`bill_day (${names(BILL_KEY)}, version_from, version_to, ${names(BILL_FACTS)})`)
const userValues = text(`${names(USER_KEY, 'r.')}, r.version, ${OPEN_VERSION}, ${names(USER, 'r.')}`)
const billValues = text(`${names(BILL_KEY, 'r.')}, r.version, ${OPEN_VERSION}, ${names(BILL_FACTS, 'r.')}`)

const insert = async (db: ProjectionDb, chunk: readonly Sealed[]): Promise<void> => {
  const users = chunk.flatMap(({ user }) => (user ? [user] : []))
  await db.query(run`insert into ${userTarget} select ${userValues} from (${userSet(users)}) r on conflict do nothing`)
  const bills = chunk.flatMap(({ bills }) => bills)
  await db.query(run`insert into ${billTarget} select ${billValues} from ${rowset(bills, billRows)} on conflict do nothing`)
}

const same = (columns: Readonly<Record<string, string>>) => text(`(${names(columns, 'o.')}) is not distinct from (${names(columns, 'r.')})`)
const sameUser = same(USER)
const sameBill = same(BILL_FACTS)

/** `o` is a row in force: it is closed unless the new version says the same, and what the new version says anew is added. */
const revise = async (db: ProjectionDb, chunk: readonly Sealed[]): Promise<void> => {
  const touched = chunk.map(({ key }) => key)
  const dates = sql.array([...new Set(touched.map(({ stat_date }) => stat_date))], 'date')
  const keys = sql.fragment`select * from ${rowset(touched, typed({ ...USER_KEY, ...VERSION }))}`
  const inForce = sql.fragment`o.stat_date = any(${dates}) and o.version_to = ${OPEN_VERSION}`
  const users = chunk.flatMap(({ user }) => (user ? [user] : []))
  await db.query(run`
    with t as materialized (${keys}), r as materialized (${userSet(users)}),
    closed as (
      update user_day o set version_to = t.version from t
      where ${inForce} and o.stat_date = t.stat_date and o.province = t.province and o.cons_no = t.cons_no
        and not exists (select 1 from r where r.stat_date = o.stat_date and r.province = o.province and r.cons_no = o.cons_no and ${sameUser}))
    insert into ${userTarget} select ${userValues} from r
    where not exists (select 1 from user_day o
      where ${inForce} and o.stat_date = r.stat_date and o.province = r.province and o.cons_no = r.cons_no and ${sameUser})`)
  const bills = chunk.flatMap(({ bills }) => bills)
  await db.query(run`
    with t as materialized (${keys}), r as materialized (select * from ${rowset(bills, billRows)}),
    closed as (
      update bill_day o set version_to = t.version from t
      where ${inForce} and o.stat_date = t.stat_date and o.province = t.province and o.cons_no = t.cons_no
        and not exists (select 1 from r
          where r.stat_date = o.stat_date and r.province = o.province and r.cons_no = o.cons_no and r.bill_month = o.bill_month and ${sameBill}))
    insert into ${billTarget} select ${billValues} from r
    where not exists (select 1 from bill_day o
      where ${inForce} and o.stat_date = r.stat_date and o.province = r.province and o.cons_no = r.cons_no and o.bill_month = r.bill_month and ${sameBill})`)
}

/** Makes the months' partitions. Attached rather than created in place, so that readers of the other months are not held up. */
export const ensureMonths = async (db: ProjectionDb, months: readonly BillMonth[]): Promise<void> => {
  const wanted = [...new Set(months)]
  const missing = await db.any(
    sql.type(z.object({ month: z.string() }))`
      select month from unnest(${sql.array(wanted, 'text')}) month where to_regclass(current_schema() || '.user_day_' || month) is null`,
  )
  for (const month of wanted.filter((wanted) => missing.some(({ month }) => month === wanted))) {
    const from = sql.literalValue(firstDay(month))
    const to = sql.literalValue(firstDay(addMonths(month, 1)))
    for (const table of ['user_day', 'bill_day']) {
      const partition = sql.identifier([`${table}_${month}`])
      await db.query(run`create table ${partition} (like ${sql.identifier([table])} including all)`)
      await db.query(run`alter table ${sql.identifier([table])} attach partition ${partition} for values from (${from}) to (${to})`)
    }
  }
}
