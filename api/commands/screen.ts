import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { listReader } from '#application/industry-list/read.ts'
import type { RunView, ScreeningEngine } from '#application/ports/screening.ts'
import { type BackTest, backTest, GRACE_DAYS, horizonOf } from '#application/screening/back-test.ts'
import { calibrateFrom } from '#application/screening/calibrate.ts'
import { explain, orderOf, proposeCandidates } from '#application/screening/screen.ts'
import { readRuleSets, ruleSetInForce } from '#application/screening/use-cases.ts'
import { SYSTEM } from '#application/shared/authorise.ts'
import { Content, type RuleSet } from '#domain/screening/fields.ts'
import { BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { ProvinceCode } from '#domain/shared/identity.ts'
import { openScreeningEngine } from '#infrastructure/postgres/screening-engine.ts'
import { openSourceFigures } from '#infrastructure/postgres/source-figures.ts'
import type { Platform } from '../compose.ts'
import { useCases } from '../serve.ts'
import { showProgress } from './progress.ts'
import { UsageError } from './run.ts'
import { withPlatform } from './session.ts'
import { asSystem, setUp } from './set-up.ts'
import { formatTable } from './table.ts'

export type ScreenOptions = {
  readonly asOf?: string
  readonly province?: string
  readonly backtest?: boolean
  readonly months: string
  readonly grace?: string
  readonly rules?: string
  readonly draft?: boolean
  readonly propose?: boolean
  readonly out?: string
}

/** Screens all customers as of a date; with --backtest tells what the rules would have found, with --propose makes candidates of those named. */
export const runScreen = (options: ScreenOptions): Promise<void> =>
  withPlatform(async (platform, config) => {
    await setUp(platform, config)
    const asked = read(platform, options)
    await withEngine(platform, async (engine) => {
      const ruleSet = await chosenRules(platform, asked, options)
      const progress = showProgress('screening')
      const order = await orderOf(listReader(platform.store), {
        runId: randomUUID(),
        purpose: options.backtest ? 'back-test' : 'screening',
        asOf: asked.asOf,
        provinces: asked.provinces,
        ruleSet,
        by: SYSTEM.userId,
        at: platform.working.clock.now(),
      })
      const run = await engine.run(order, (done, of) => progress.to(done, of, 'provinces'))
      progress.end(`${run.customers} customers of ${run.provinces.length} provinces, ${run.named} named by rule set ${run.ruleSetVersion}`)
      process.stdout.write(await tellWorst(engine, run))
      if (options.backtest) {
        process.stdout.write(tellBackTest(await backTest(engine, run.runId, horizonOf(asked.asOf, asked.months, asked.grace)), asked))
        await engine.forget(run.runId)
      }
      if (options.propose) await propose(platform, config, engine, run)
    })
  })

/** Fits the points of a draft from history and writes them as data; nothing is published. */
export const runCalibrate = (options: ScreenOptions): Promise<void> =>
  withPlatform(async (platform, config) => {
    await setUp(platform, config)
    const asked = read(platform, options)
    await withEngine(platform, async (engine) => {
      const { content, version } = await chosenRules(platform, asked, options)
      const {
        scoring: _,
        content: __,
        purpose: ___,
        ruleSetVersion: ____,
        ...order
      } = await orderOf(listReader(platform.store), {
        runId: randomUUID(),
        purpose: 'calibration',
        asOf: asked.asOf,
        provinces: asked.provinces,
        ruleSet: { version, content },
        by: SYSTEM.userId,
        at: platform.working.clock.now(),
      })
      const fitted = await calibrateFrom(engine, { ...order, horizon: horizonOf(asked.asOf, asked.months, asked.grace), triggers: content.triggers })
      if (!fitted) throw new UsageError('too few customers who fell into arrears, or too few who did not, to learn from; take another date or more provinces')
      const text = `${JSON.stringify({ content: fitted.content }, null, 2)}\n`
      if (options.out === undefined) process.stdout.write(text)
      else await writeFile(options.out, text)
      process.stderr.write(
        `${fitted.content.rules.length} rules fitted to ${fitted.cases} customers, ${fitted.bad} of whom fell into arrears. Judge them: epm screen --as-of … --backtest --rules FILE; then draft them, and somebody else publishes.\n`,
      )
    })
  })

type Read = { readonly asOf: BusinessDate; readonly provinces: readonly ProvinceCode[]; readonly months: number; readonly grace: number }

const read = ({ directory }: Platform, { asOf, province, months, grace }: ScreenOptions): Read => {
  const date = BusinessDate.safeParse(asOf)
  if (!date.success) throw new UsageError('--as-of wants a date such as 2026-03-31')
  const all = directory.provincesOn(date.data).map(({ code }) => code as string as ProvinceCode)
  const named = province?.split(',').map((code) => ProvinceCode.safeParse(code).data)
  const unknown = named?.findIndex((code) => code === undefined || !all.includes(code)) ?? -1
  if (unknown >= 0) throw new UsageError(`--province ${province?.split(',')[unknown]} is no provincial company`)
  const whole = (text: string | undefined, otherwise: number, name: string): number => {
    const value = text === undefined ? otherwise : Number(text)
    if (!Number.isInteger(value) || value < 0 || value > 400) throw new UsageError(`--${name} ${text} is no such number`)
    return value
  }
  return {
    asOf: date.data,
    provinces: named?.filter((code) => code !== undefined) ?? all,
    months: whole(months, 3, 'months'),
    grace: whole(grace, GRACE_DAYS, 'grace'),
  }
}

const withEngine = async (platform: Platform, work: (engine: ScreeningEngine) => Promise<void>): Promise<void> => {
  const { engine, close } = openScreeningEngine(platform.databaseUrl)
  try {
    await work(engine)
  } finally {
    await close()
  }
}

/** A file, the open draft, or what is in force: of the one province asked about, else of the nation. */
const chosenRules = async (
  { store, reference, working }: Platform,
  { provinces }: Read,
  { rules, draft }: ScreenOptions,
): Promise<Pick<RuleSet, 'version' | 'content'>> => {
  const scope = provinces.length === 1 ? provinces[0]! : ('national' as const)
  if (rules !== undefined) return { version: 0, content: await contentIn(rules) }
  if (!draft) return ruleSetInForce(store, reference.ruleSet, scope, businessDateOf(working.clock.now()))
  const { sets } = await readRuleSets(store, scope)
  if (!sets.draft) throw new UsageError(`no rule set of ${scope} is being drafted`)
  return sets.draft
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

const tellWorst = async (engine: ScreeningEngine, run: RunView): Promise<string> => {
  const worst = await engine.named(run.runId, { provinces: undefined, level: undefined }, { after: undefined, limit: 3 })
  return worst
    .map((result) => {
      const reasons = explain(run, result).hits.slice(0, 3)
      return `${result.province} ${result.consNo}  level ${result.level}, ${result.score} points\n${reasons.map(({ text }) => `  ${text.zh}\n  ${text.en}\n`).join('')}`
    })
    .join('')
}

const share = (value: number | null): string => (value === null ? '—' : `${(value * 100).toFixed(1)} %`)

/** Who was named, and who of them fell into arrears: by level, and down the list. */
export const tellBackTest = ({ customers, bad, auc, levels, curve }: BackTest, { months, grace }: Pick<Read, 'months' | 'grace'>): string =>
  [
    `\n${bad} of ${customers} customers left a bill open more than ${grace} days in the ${months} months after. AUC ${auc === null ? '—' : auc.toFixed(3)}\n`,
    formatTable(
      [
        { title: 'level or above' },
        { title: 'named', align: 'right' },
        { title: 'in arrears', align: 'right' },
        { title: 'precision', align: 'right' },
        { title: 'recall', align: 'right' },
        { title: 'lift', align: 'right' },
      ],
      levels.map(({ level, named, found, precision, recall, lift }) => [
        level,
        String(named),
        String(found),
        share(precision),
        share(recall),
        lift === null ? '—' : lift.toFixed(2),
      ]),
    ),
    '\n',
    formatTable(
      [
        { title: 'first of the list', align: 'right' },
        { title: 'holds of them', align: 'right' },
      ],
      curve.map((point) => [share(point.share), share(point.captured)]),
    ),
  ].join('')

const propose = async (platform: Platform, config: Parameters<typeof useCases>[1], engine: ScreeningEngine, run: RunView): Promise<void> => {
  const { figures, close } = openSourceFigures(platform.databaseUrl)
  try {
    const { highRiskUser } = useCases(platform, config)
    const { candidates, repeated, refused } = await proposeCandidates({ engine, figures, highRiskUser }, run, asSystem())
    const why = Object.entries(refused).map(([code, count]) => `${count} ${code}`)
    process.stdout.write(
      `\n${candidates} candidates proposed${repeated > 0 ? `, ${repeated} as before` : ''}${why.length > 0 ? `; not proposed: ${why.join(', ')}` : ''}\n`,
    )
  } finally {
    await close()
  }
}
