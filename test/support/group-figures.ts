import type { DatabasePool } from 'slonik'
import { instantAt } from '#domain/shared/dates.ts'
import { streamName } from '#domain/shared/stream-name.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'
import { day } from './arbitraries/values.ts'
import type { Log } from './projections.ts'

type Extra = Readonly<Record<string, unknown>>
const signed = (on: string, by: string) => ({ at: instantAt(day(on), 600), by })

/** What the streams of groups would hold after the use cases, said by hand. */
export const groupSays = {
  registered: (groupNo: string, name: string, { parent, on = '2026-01-05', uscc }: { parent?: string; on?: string; uscc?: string } = {}): Log => [
    [
      streamName('GroupRegister', 'national'),
      { type: 'GroupEntered', data: { ...signed(on, 'group'), groupNo, ...(uscc !== undefined && { uscc }), ...(parent !== undefined && { parent }) } },
    ],
    [
      streamName('GroupUser', groupNo),
      {
        type: 'GroupRegistered',
        data: {
          ...signed(on, 'group'),
          groupNo,
          profile: { name, kind: 'private', ...(uscc !== undefined && { uscc }) },
          ...(parent !== undefined && { parent }),
        },
      },
    ],
  ],
  moved: (groupNo: string, parent: string | null, on: string): Log => [
    [streamName('GroupRegister', 'national'), { type: 'ParentRecorded', data: { ...signed(on, 'group'), groupNo, parent } }],
  ],
  linked: (
    province: string,
    consNo: string,
    groupNo: string,
    effectiveFrom: string,
    { endedOn, linkId = `L-${groupNo}`, on = effectiveFrom }: { endedOn?: string; linkId?: string; on?: string } = {},
  ): Log => {
    const key = { province, consNo, linkId, groupNo, effectiveFrom, ...(endedOn !== undefined && { endedOn }) }
    const stream = streamName('GroupLink', province, consNo)
    return [
      [stream, { type: 'LinkProposed', data: { ...signed(on, 'tariff'), ...key, basis: 'equity', evidence: [] } }],
      [stream, { type: 'LinkConfirmed', data: { ...signed(on, 'lead'), ...key } }],
    ]
  },
  proposed: (province: string, consNo: string, groupNo: string, effectiveFrom: string, linkId = `L-${groupNo}`): Log => [
    [
      streamName('GroupLink', province, consNo),
      { type: 'LinkProposed', data: { ...signed(effectiveFrom, 'tariff'), province, consNo, linkId, groupNo, effectiveFrom, basis: 'equity', evidence: [] } },
    ],
  ],
  ended: (province: string, consNo: string, groupNo: string, on: string, linkId = `L-${groupNo}`): Log => [
    [streamName('GroupLink', province, consNo), { type: 'LinkEnded', data: { ...signed(on, 'lead'), province, consNo, linkId, groupNo, on, reason: 'sold' } }],
  ],
  changed: (
    province: string,
    consNo: string,
    groupNo: string,
    to: string,
    on: string,
    { linkId = `L-${groupNo}`, cause = 'merge' }: { linkId?: string; cause?: string } = {},
  ): Log => [
    [
      streamName('GroupLink', province, consNo),
      { type: 'LinkMoved', data: { ...signed(on, 'system'), province, consNo, linkId, groupNo, newLinkId: `L-${to}-${linkId}`.slice(0, 36), to, on, cause } },
    ],
  ],
  merged: (groupNo: string, into: string, on: string, members: readonly (readonly [string, string])[]): Log => {
    const moved = members.map(([province, consNo]) => ({ province, consNo, linkId: `L-${groupNo}` }))
    const stream = streamName('GroupUser', groupNo)
    return [
      [stream, { type: 'MergeProposed', data: { ...signed(on, 'group'), groupNo, into, on, reason: 'bought' } }],
      [stream, { type: 'MergeApproved', data: { ...signed(on, 'lead'), groupNo, into, on, members: moved } }],
      ...members.flatMap(([province, consNo]) => groupSays.changed(province, consNo, groupNo, into, on)),
      [streamName('GroupRegister', 'national'), { type: 'GroupLeft', data: { ...signed(on, 'system'), groupNo, into } }],
      [stream, { type: 'GroupMerged', data: { ...signed(on, 'system'), groupNo, into, on, moved } }],
    ]
  },
  dismissed: (province: string, consNo: string, groupNo: string, facts: string, on: string): Log => [
    [
      streamName('GroupLink', province, consNo),
      { type: 'SuggestionDismissed', data: { ...signed(on, 'tariff'), province, consNo, groupNo, facts, reason: 'another company' } },
    ],
  ],
} satisfies Record<string, (...args: never[]) => Log>

const CUSTOMER = `province text, cons_no text, extracted_on date, name text, org_code text, trade_standard text, trade_code text, contract_va int8, running_va int8,
  uscc text, status text, residential bool`

type Customer = { province: string; cons_no: string; name?: string; uscc?: string; contract_va?: bigint; running_va?: bigint; extracted_on?: string }
export type Bill = {
  province: string
  cons_no: string
  bill_id: string
  bill_month: string
  receivable_fen: bigint
  issued_on: string
  due_on: string
  kind?: string
  extracted_on?: string
} & Extra
export type Payment = {
  province: string
  cons_no: string
  payment_id: string
  bill_month?: string | null
  amount_fen: bigint
  paid_on: string
  credited_on?: string | null
  kind?: string
  extracted_on?: string
} & Extra
export type Reading = { province: string; cons_no: string; day: string; kwh: bigint | null; extracted_on?: string }
export type Brought = {
  readonly customers?: readonly Customer[]
  readonly bills?: readonly Bill[]
  readonly payments?: readonly Payment[]
  readonly readings?: readonly Reading[]
}

/** Puts into `source` what an extraction would have brought, and says which batches stand. */
export const brought = async (
  pool: DatabasePool,
  { customers = [], bills = [], payments = [], readings = [] }: Brought,
  extracted = '2026-04-01',
  round = 1,
): Promise<void> => {
  const on = { extracted_on: extracted }
  const profile = {
    ...on,
    name: 'Works',
    org_code: '13401',
    trade_standard: 'GB/T 4754-2017',
    trade_code: '3110',
    contract_va: 1_000_000n,
    running_va: 800_000n,
    uscc: null,
    status: 'normal',
    residential: false,
  }
  await pool.query(run`insert into source.customer (province, cons_no, extracted_on, name, org_code, trade_standard, trade_code, contract_va, running_va, uscc, status, residential)
    select * from ${rowset(
      customers.map((one) => ({ ...profile, ...one })),
      CUSTOMER,
    )}`)
  await pool.query(run`insert into source.bill (province, cons_no, bill_id, extracted_on, bill_month, kind, receivable_fen, issued_on, due_on)
    select * from ${rowset(
      bills.map((one) => ({ ...on, kind: '01', ...one })),
      'province text, cons_no text, bill_id text, extracted_on date, bill_month text, kind text, receivable_fen int8, issued_on date, due_on date',
    )}`)
  await pool.query(run`insert into source.payment (province, cons_no, payment_id, extracted_on, bill_month, kind, amount_fen, paid_on, credited_on)
    select * from ${rowset(
      payments.map((one) => ({
        ...on,
        kind: 'transfer',
        bill_month: null,
        ...one,
        credited_on: one.credited_on === undefined ? one.paid_on : one.credited_on,
      })),
      'province text, cons_no text, payment_id text, extracted_on date, bill_month text, kind text, amount_fen int8, paid_on date, credited_on date',
    )}`)
  await pool.query(run`insert into source.daily_kwh (province, cons_no, day, extracted_on, kwh)
    select * from ${rowset(
      readings.map((one) => ({ ...on, ...one })),
      'province text, cons_no text, day date, extracted_on date, kwh int8',
    )}`)
  const sources = { customers, bills, payments, 'daily-kwh': readings }
  for (const [source, rows] of Object.entries(sources))
    for (const [key] of Map.groupBy(
      rows as readonly { province: string; extracted_on?: string }[],
      (row) => `${row.province} ${row.extracted_on ?? extracted}`,
    )) {
      const [province = '', date = ''] = key.split(' ')
      await pool.query(run`
        insert into source.batch (province, extracted_on, source, run, sha256, received_rows, stored_rows, quarantined_rows, unmapped, stored_by, stored_at)
        values (${province}, ${date}::date, ${source}, ${round}, repeat('0', 64), 1, 1, 0, '[]', 'test', now())
        on conflict (province, extracted_on, source) do update set run = source.batch.run + 1`)
    }
}

/** Forgets what was brought and what was made of it; what was released stays. */
export const forgetBrought = async (pool: DatabasePool): Promise<void> => {
  const made = ['point', 'kept', 'batch', 'standing', 'customer', 'suggestion', 'suggested', 'compared_group', 'compared_code'].map((table) => [
    'group_figure',
    table,
  ])
  for (const table of [...['customer', 'bill', 'payment', 'daily_kwh', 'batch'].map((table) => ['source', table]), ...made])
    await pool.query(run`delete from ${sql.identifier(table)}`)
}
