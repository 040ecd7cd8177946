/** `version_to` of a row that no later version has replaced. */
export const OPEN_VERSION = 2_147_483_647
/** `valid_to` of what has no end yet. */
export const OPEN_DATE = '9999-12-31'

export const USER_KEY = { stat_date: 'date', province: 'text', cons_no: 'text' } as const
export const BILL_KEY = { ...USER_KEY, bill_month: 'text' } as const

/** What the province said of a user. */
export const USER_FACTS = {
  cons_name: 'text',
  org_code: 'text',
  standard: 'text',
  trade_code: 'text',
  hec_class: 'text',
  elect_type: 'text',
  voltage: 'text',
  contract_capacity: 'bigint',
  running_capacity: 'bigint',
  electricity_day: 'bigint',
  electricity_mtd: 'bigint',
  received_today: 'bigint',
  prepaid: 'bigint',
  in_transit: 'bigint',
  power_off: 'boolean',
  power_off_date: 'date',
  instalment_periods: 'integer',
  instalment_planned: 'bigint',
  instalment_received: 'bigint',
  guarantee: 'bigint',
  risk_level: 'text',
  measures: 'text[]',
  remark: 'text',
  comment: 'text',
  warned: 'boolean',
  expected: 'boolean',
} as const

/** What follows from a user's bills on that date alone (domain brief 4.1): LM is the month before the date's. */
export const USER_SUMS = {
  receivable_month: 'bigint',
  received_month: 'bigint',
  open_month: 'bigint',
  receivable_year: 'bigint',
  received_year: 'bigint',
  open_year: 'bigint',
  receivable_current: 'bigint',
  received_current: 'bigint',
  open_current: 'bigint',
  arrears: 'bigint',
  arrears_prior_year: 'bigint',
  aged_not_due: 'bigint',
  aged_30: 'bigint',
  aged_60: 'bigint',
  aged_90: 'bigint',
  aged_180: 'bigint',
  aged_365: 'bigint',
  aged_over_365: 'bigint',
  penalty_accrued: 'bigint',
  penalty_received: 'bigint',
  penalty_open: 'bigint',
} as const

export const BILL_FACTS = {
  due_date: 'date',
  receivable: 'bigint',
  received: 'bigint',
  written_off: 'bigint',
  arrears: 'bigint',
  balance: 'bigint',
  penalty_receivable: 'bigint',
  penalty_received: 'bigint',
  settle_flag: 'text',
} as const

/**
 * `stock`: stands at the end of the day and is carried forward for a province that has not reported; `flow`: happened on the
 * day, never carried; `members`, `moves` and `around`: listed users at its end, who came and went, and their number before and after,
 * all known without any report.
 */
export type Nature = 'stock' | 'flow' | 'members' | 'moves' | 'around'
type Sum = { readonly nature: Nature; readonly of: string }
const stock = (of: string): Sum => ({ nature: 'stock', of })
const flow = (of: string): Sum => ({ nature: 'flow', of })

/**
 * The additive sums of one day, each as an expression over one user: `m` listed at the end of the day, `m0` the day before,
 * `w` his listings and delistings of the day, `u` his row, `v` his row on the province's reported day before, `b` his bills: how they moved between the two, what rolled into the scope of closed months, what was frozen at New Year; `k` the day.
 */
export const SUMS = {
  users: { nature: 'members', of: '(m.cons_no is not null)::int' },
  users_before: { nature: 'around', of: '(m0.cons_no is not null)::int' },
  users_new: { nature: 'moves', of: 'w.listed' },
  users_delisted: { nature: 'moves', of: 'w.delisted' },
  users_relisted: { nature: 'moves', of: 'w.relisted' },
  users_closed: { nature: 'moves', of: 'w.closed' },
  users_after: { nature: 'around', of: '(m.cons_no is not null)::int' },

  rows_reported: flow('(u.cons_no is not null)::int'),
  rows_expected: flow('u.expected::int'),
  rows_warned: flow('u.warned::int'),
  readings: flow('(u.electricity_day is not null)::int'),
  electricity_day: flow('u.electricity_day'),
  electricity_mtd: flow('u.electricity_mtd'),
  received_today: flow('u.received_today'),

  receivable_month: stock('u.receivable_month'),
  received_month: stock('u.received_month'),
  open_month: stock('u.open_month'),
  receivable_year: stock('u.receivable_year'),
  received_year: stock('u.received_year'),
  open_year: stock('u.open_year'),
  receivable_current: stock('u.receivable_current'),
  received_current: stock('u.received_current'),
  open_current: stock('u.open_current'),
  arrears: stock('u.arrears'),
  arrears_prior_year: stock('u.arrears_prior_year'),
  households_month: stock('(u.receivable_month > 0)::int'),
  households_month_clear: stock('(u.receivable_month > 0 and u.open_month = 0)::int'),
  households_year: stock('(u.receivable_year > 0)::int'),
  households_year_clear: stock('(u.receivable_year > 0 and u.open_year = 0)::int'),
  frozen: stock('case when u.cons_no is not null then b.frozen end'),
  frozen_open: stock('case when u.cons_no is not null then b.still_open end'),
  owing_users: stock('(u.arrears > 0)::int'),
  over_million_users: stock('(u.arrears > 100000000)::int'),
  over_million_arrears: stock('case when u.arrears > 100000000 then u.arrears end'),
  aged_not_due: stock('u.aged_not_due'),
  aged_30: stock('u.aged_30'),
  aged_60: stock('u.aged_60'),
  aged_90: stock('u.aged_90'),
  aged_180: stock('u.aged_180'),
  aged_365: stock('u.aged_365'),
  aged_over_365: stock('u.aged_over_365'),
  penalty_accrued: stock('u.penalty_accrued'),
  penalty_received: stock('u.penalty_received'),
  penalty_open: stock('u.penalty_open'),
  prepaid: stock('u.prepaid'),
  prepaid_days: stock('u.prepaid * k.last_month_days'),
  in_transit: stock('u.in_transit'),
  guarantee: stock('u.guarantee'),
  powered_off: stock('u.power_off::int'),
  level_one: stock("(m.level = 'I')::int"),
  level_one_measured: stock("(m.level = 'I' and cardinality(u.measures) > 0)::int"),

  opening: flow('v.arrears + v.open_current'),
  new_arrears: flow('case when u.cons_no is not null and v.cons_no is not null then b.risen end'),
  reversed: flow('case when u.cons_no is not null and v.cons_no is not null then b.reversed end'),
  cleared: flow('case when u.cons_no is not null and v.cons_no is not null then b.cleared end'),
  written_off: flow('case when u.cons_no is not null and v.cons_no is not null then b.written_off end'),
  entered: flow('case when v.cons_no is null then u.arrears + u.open_current end'),
  departed: flow('case when u.cons_no is null then v.arrears + v.open_current end'),
  closing: flow('u.arrears + u.open_current'),
  newly_owing_users: flow('(v.arrears + v.open_current = 0 and u.arrears + u.open_current > 0)::int'),
  scope_opening: flow('v.arrears'),
  scope_new: flow('case when u.cons_no is not null and v.cons_no is not null then b.scope_risen end'),
  scope_reversed: flow('case when u.cons_no is not null and v.cons_no is not null then b.scope_reversed end'),
  scope_cleared: flow('case when u.cons_no is not null and v.cons_no is not null then b.scope_cleared end'),
  scope_written_off: flow('case when u.cons_no is not null and v.cons_no is not null then b.scope_written_off end'),
  scope_entered: flow('case when v.cons_no is null then u.arrears end'),
  scope_departed: flow('case when u.cons_no is null then v.arrears + coalesce(b.rolled_in, 0) end'),
  rolled_in: flow('b.rolled_in'),
  scope_closing: flow('u.arrears'),
} as const satisfies Record<string, Sum>

export type SumName = keyof typeof SUMS
export const SUM_NAMES = Object.keys(SUMS) as readonly SumName[]
/** What happened on days, so that a month's days add up to the month's. */
export const FLOW_NAMES = SUM_NAMES.filter((name) => SUMS[name].nature === 'flow' || SUMS[name].nature === 'moves')
/** What is known of a day without any report. */
export const MEMBER_NAMES = SUM_NAMES.filter((name) => SUMS[name].nature !== 'stock' && SUMS[name].nature !== 'flow')
