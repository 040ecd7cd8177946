import { readFile } from 'node:fs/promises'
import type { Part } from '#application/ports/screening.ts'
import { EVERYBODY_IN, GRACE_DAYS } from '#application/screening/back-test.ts'
import { draftFor, type Judged, judgedBy, ruleSetInForce } from '#application/screening/use-cases.ts'
import { Content } from '#domain/screening/fields.ts'
import { BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import type { Platform } from '../compose.ts'
import { UsageError } from './run.ts'

export type ScreenOptions = {
  readonly asOf?: string
  readonly province?: string
  readonly backtest?: boolean
  readonly months: string
  readonly grace?: string
  readonly part?: string
  readonly rules?: string
  readonly draft?: boolean
  readonly propose?: boolean
  readonly review?: boolean
  readonly out?: string
}

/** What was asked, once it holds. */
export type Read = {
  readonly asOf: BusinessDate
  readonly provinces: readonly ProvinceCode[]
  readonly months: number
  readonly grace: number
  /** Whom a back-test judges, or calibration learns from. */
  readonly part: Part
}

/** Throws UsageError for what is no date, no province, no number. */
export const readOptions = ({ directory }: Platform, { asOf, province, months, grace, part, ...options }: ScreenOptions): Read => {
  const acts = options.propose || options.review
  const tries = options.rules !== undefined || options.draft || options.backtest
  const date = BusinessDate.safeParse(asOf)
  if (acts && tries) throw new UsageError('only what is in force proposes or reviews: leave --rules, --draft and --backtest out, or --propose and --review')
  if (!date.success) throw new UsageError('--as-of wants a date such as 2026-03-31')
  const all = directory.provincesOn(date.data).map(({ code }) => code as string as ProvinceCode)
  const named = province?.split(',').map((code) => ProvinceCode.safeParse(code).data)
  const unknown = named?.findIndex((code) => code === undefined || !all.includes(code)) ?? -1
  if (unknown >= 0) throw new UsageError(`--province ${province?.split(',')[unknown]} is no provincial company`)
  const whole = (text: string | undefined, otherwise: number, name: string, least: number, most: number): number => {
    const value = text === undefined ? otherwise : Number(text)
    if (!Number.isInteger(value) || value < least || value > most) throw new UsageError(`--${name} ${text}: a whole number from ${least} to ${most} is wanted`)
    return value
  }
  return {
    asOf: date.data,
    provinces: named?.filter((code) => code !== undefined) ?? all,
    months: whole(months, 3, 'months', 1, 24),
    grace: whole(grace, GRACE_DAYS, 'grace', 0, 400),
    part: part === undefined ? EVERYBODY_IN : partIn(part),
  }
}

const partIn = (text: string): Part => {
  const [, from, to] = (/^(\d{1,3})-(\d{1,3})$/.exec(text) ?? []).map(Number)
  if (from === undefined || to === undefined || from >= to || to > 100) throw new UsageError(`--part ${text}: a part of 100 such as 0-70 is wanted`)
  return { from, to }
}

type Rules = Judged['ruleSet']
export type Group = Omit<Judged, 'drafted'>

/**
 * Provinces by the rules that judge them: a file's for all of them; else those in force, a province's own where it has any; with
 * --draft as if every open draft had been published.
 */
export const groupsOf = async (
  { store, reference, working }: Platform,
  { provinces }: Read,
  { rules, draft = false }: ScreenOptions,
): Promise<readonly Group[]> => {
  if (rules !== undefined) return [{ scope: 'national', provinces, ruleSet: { version: 0, content: await contentIn(rules) } }]
  const groups = await judgedBy(store, reference.ruleSet, provinces, businessDateOf(working.clock.now()), draft)
  if (draft && !groups.some(({ drafted }) => drafted)) throw new UsageError('no rule set of these provinces is being drafted')
  return groups
}

/** The rules that calibration begins from: a file, or what is in force for the one province asked about, else for the nation. */
export const rulesToFit = async ({ store, reference, working }: Platform, { provinces }: Read, { rules, draft }: ScreenOptions): Promise<Rules> => {
  const scope = provinces.length === 1 ? provinces[0]! : ('national' as const)
  if (rules !== undefined) return { version: 0, content: await contentIn(rules) }
  const today = businessDateOf(working.clock.now())
  if (!draft) return ruleSetInForce(store, reference.ruleSet, scope, today)
  const found = await draftFor(store, scope, today)
  if (!found) throw new UsageError(`no rule set of ${scope} is being drafted`)
  return found
}

const contentIn = async (file: string): Promise<Content> => {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`${file}: ${error.message}`)
  })
  try {
    return Content.parse((JSON.parse(text) as { readonly content: unknown }).content)
  } catch (cause) {
    throw new UsageError(`${file} is no rule set`, { cause })
  }
}
