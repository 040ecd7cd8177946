import { HighRiskUserCommand } from '#domain/high-risk-user/commands.ts'
import type { CaseRules, CutOffRules, Figures, ListingRules, MeasureCatalogue, MeasureRule } from '#domain/high-risk-user/fields.ts'
import { levelReviewDue } from '#domain/high-risk-user/reviews.ts'
import { addWorkingDays, type WorkCalendar } from '#domain/shared/calendar.ts'
import { addDays, type BusinessDate, businessDateOf, type Instant } from '#domain/shared/dates.ts'
import { inForceOn } from '#domain/shared/effective.ts'
import type { ConsNo, OrgCode, ProvinceCode } from '#domain/shared/identity.ts'
import type { Level } from '#domain/shared/level.ts'
import type { OrgScope } from '../ports/organisation.ts'
import type { Unsigned } from '../shared/asked.ts'

export type UserKey = { readonly province: ProvinceCode; readonly consNo: ConsNo }

/** What work on users brings from elsewhere: rules with their dates, and what others know. */
export type Casework = {
  /** The version of the screening rule set in force for a province on a date; null when none is. */
  readonly ruleSetOn: (date: BusinessDate, province: ProvinceCode) => Promise<number | null>
  /** What the user's last sealed report up to a date says he owes; null before the first. */
  readonly figures: (key: UserKey, date: BusinessDate) => Promise<Figures | null>
  /** The last day up to a date on which a sealed report showed a bill of the user past due; null when none does. */
  readonly lastPastDue: (key: UserKey, date: BusinessDate) => Promise<BusinessDate | null>
  /** Work orders that are open on the user and that his province knows of. */
  readonly openWorkOrders: (key: UserKey) => Promise<readonly string[]>
  readonly caseRules: readonly CaseRules[]
  readonly cutOffRules: readonly CutOffRules[]
  readonly catalogues: readonly MeasureCatalogue[]
  /** For what is due after so many working days. */
  readonly calendar: WorkCalendar
}

type Needs = { readonly scope: OrgScope; readonly listingRules: readonly ListingRules[]; readonly casework: Casework }

/** Members of commands that no caller states: they are brought here. */
export const BROUGHT = [
  'rules',
  'orgProvince',
  'ruleSetInForce',
  'measure',
  'catalogue',
  'figures',
  'cutOff',
  'caseRules',
  'openWorkOrders',
  'lastPastDue',
] as const
type Brought = (typeof BROUGHT)[number]

/** What a caller says of a user. */
export type UserCommand = Said<Unsigned<HighRiskUserCommand>>
type Said<C> = C extends { readonly type: infer T; readonly data: infer D } ? { readonly type: T; readonly data: Omit<D, Brought> } : never

/** No rules of that kind are in force on a date. */
export type RulesMissing = { readonly code: 'NO_LISTING_RULES' | 'NO_CUT_OFF_RULES' | 'NO_CASE_RULES'; readonly date: BusinessDate }

type Asking = { readonly needs: Needs; readonly key: UserKey; readonly command: UserCommand; readonly date: BusinessDate }

const SOURCES: Readonly<Record<Brought, (asking: Asking) => unknown>> = {
  rules: ({ needs, date }) => inForceOn(needs.listingRules, date),
  orgProvince: provinceNamed,
  ruleSetInForce: ({ needs, key, date }) => needs.casework.ruleSetOn(date, key.province),
  measure: ({ needs, command, date }) => measuresOn(needs, date).find(({ code }) => command.type === 'PlanMeasure' && code === command.data.code) ?? null,
  catalogue: ({ needs, date }) => measuresOn(needs, date),
  figures: ({ needs, key, date }) => needs.casework.figures(key, date),
  cutOff: ({ needs, date }) => inForceOn(needs.casework.cutOffRules, date),
  caseRules: ({ needs, date }) => inForceOn(needs.casework.caseRules, date),
  openWorkOrders: ({ needs, key }) => needs.casework.openWorkOrders(key),
  lastPastDue: ({ needs, key, date }) => needs.casework.lastPastDue(key, date),
}

const MISSING: Partial<Record<Brought, RulesMissing['code']>> = { rules: 'NO_LISTING_RULES', cutOff: 'NO_CUT_OFF_RULES', caseRules: 'NO_CASE_RULES' }

/** Which of these each command has, by its own schema. */
const WANTS = new Map(HighRiskUserCommand.options.map(({ shape }) => [shape.type.value, BROUGHT.filter((name) => name in shape.data.shape)] as const))

/** The command as the domain decides it, or the rules that are missing for it. */
export const bring = async (needs: Needs, key: UserKey, command: UserCommand, at: Instant): Promise<Unsigned<HighRiskUserCommand> | RulesMissing> => {
  const asking: Asking = { needs, key, command, date: businessDateOf(at) }
  const brought: Partial<Record<Brought, unknown>> = {}
  for (const name of WANTS.get(command.type) ?? []) {
    const value = await SOURCES[name](asking)
    const missing = MISSING[name]
    if (value === undefined && missing !== undefined) return { code: missing, date: asking.date }
    brought[name] = value
  }
  return { type: command.type, data: { ...command.data, ...brought } } as unknown as Unsigned<HighRiskUserCommand>
}

const measuresOn = ({ casework }: Needs, date: BusinessDate): readonly MeasureRule[] => inForceOn(casework.catalogues, date)?.measures ?? []

/** The unit that a command names; undefined when it names none. */
export const unitNamedBy = (command: UserCommand): OrgCode | undefined => {
  if (command.type === 'NominateCandidate' || command.type === 'ScreenCandidate') return command.data.profile.orgCode
  return command.type === 'AmendProfile' ? command.data.changes.orgCode : undefined
}

function provinceNamed({ needs, command, date }: Asking): ProvinceCode | null {
  const unit = unitNamedBy(command)
  return (unit && needs.scope.provinceOf(unit, date)) ?? null
}

/** When a user at level I since a day must have a plan (一户一策): working days, by the rules in force that day; the day itself where none are. */
export const planDue =
  ({ caseRules, calendar }: Casework) =>
  (since: BusinessDate): BusinessDate =>
    addWorkingDays(since, inForceOn(caseRules, since)?.planWorkingDays ?? 0, calendar).date

/** When a user's level is due for review who was reviewed last, or came to stand at it, on a day, by the rules in force that day; the next day where none are. */
export const reviewDue =
  ({ caseRules }: Pick<Casework, 'caseRules'>) =>
  (level: Level, since: BusinessDate): BusinessDate => {
    const rules = inForceOn(caseRules, since)
    return rules ? levelReviewDue(rules, level, since) : addDays(since, 1)
  }

/** Up to which day ends of guarantees are told of on a day, by the rules in force that day; that day itself where none are. */
export const guaranteesUntil = ({ caseRules }: Pick<Casework, 'caseRules'>, today: BusinessDate): BusinessDate =>
  addDays(today, inForceOn(caseRules, today)?.guaranteeAlertDays ?? 0)
