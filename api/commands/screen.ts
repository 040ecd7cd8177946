import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { listReader } from '#application/industry-list/read.ts'
import type { RunView, ScreeningEngine } from '#application/ports/screening.ts'
import { type BackTest, backTest, horizonOf, tooEarly } from '#application/screening/back-test.ts'
import { calibrateFrom } from '#application/screening/calibrate.ts'
import { reviewListed } from '#application/screening/review.ts'
import { explain, orderOf, proposeCandidates } from '#application/screening/screen.ts'
import { SYSTEM } from '#application/shared/authorise.ts'
import { businessDateOf } from '#domain/shared/dates.ts'
import { openScreeningEngine } from '#infrastructure/postgres/screening-engine.ts'
import { openSourceFigures } from '#infrastructure/postgres/source-figures.ts'
import { onList } from '#projections/high-risk-user/register.queries.ts'
import type { Platform } from '../compose.ts'
import { useCases } from '../serve.ts'
import { showProgress } from './progress.ts'
import { UsageError } from './run.ts'
import { type Group, groupsOf, type Read, readOptions, rulesToFit, type ScreenOptions } from './screen-options.ts'
import { withPlatform } from './session.ts'
import { asSystem, setUp } from './set-up.ts'
import { formatTable } from './table.ts'

/**
 * Screens all customers as of a date, those of each province by the rules that judge it; with --backtest tells what the rules
 * would have found, with --propose makes candidates of those named, with
 * --review reviews the levels of those listed.
 */
export const runScreen = (options: ScreenOptions): Promise<void> =>
  withPlatform(async (platform, config) => {
    await setUp(platform, config)
    const asked = readOptions(platform, options)
    if (options.backtest) await mustBeOver(platform, asked)
    await withEngine(platform, async (engine) => {
      for (const group of await groupsOf(platform, asked, options)) {
        const run = await screenGroup(platform, engine, asked.asOf, group, options)
        process.stdout.write(await tellWorst(engine, run))
        if (options.backtest) {
          process.stdout.write(tellBackTest(await backTest(engine, run.runId, horizonOf(asked.asOf, asked.months, asked.grace), asked.part), asked))
          await engine.forget(run.runId)
        }
        if (options.propose) await propose(platform, config, engine, run)
        if (options.review) await review(platform, config, engine, run)
      }
    })
  })

/** Throws UsageError where nobody can say yet who fell into arrears. */
const mustBeOver = async ({ extractions, working }: Platform, { asOf, provinces, months, grace }: Read): Promise<void> => {
  const early = tooEarly(provinces, horizonOf(asOf, months, grace), await extractions.lastDays(), businessDateOf(working.clock.now()))
  if (early)
    throw new UsageError(
      `the ${months} months after ${asOf} end on ${early.until}, and figures of ${early.province} have come up to ${early.known}: take an earlier date or fewer --months`,
    )
}

const screenGroup = async (
  { store, working }: Platform,
  engine: ScreeningEngine,
  asOf: Read['asOf'],
  { scope, ruleSet, provinces }: Group,
  { backtest, rules, draft }: ScreenOptions,
): Promise<RunView> => {
  const progress = showProgress('screening')
  const order = await orderOf(listReader(store), {
    ...{ runId: randomUUID(), purpose: backtest ? 'back-test' : rules !== undefined || draft ? 'what-if' : 'screening', asOf, provinces, ruleSet },
    by: SYSTEM.userId,
    at: working.clock.now(),
  })
  const run = await engine.run(order, (done, of) => progress.to(done, of, 'provinces'))
  const where = scope === 'national' ? `${provinces.length} provinces` : scope
  progress.end(`${run.customers} customers of ${where}, ${run.named} named by ${scope === 'national' ? '' : 'its own '}rule set ${run.ruleSetVersion}`)
  return run
}

/** Fits the points of a draft from history and writes them as data; nothing is published. */
export const runCalibrate = (options: ScreenOptions): Promise<void> =>
  withPlatform(async (platform, config) => {
    await setUp(platform, config)
    const asked = readOptions(platform, options)
    await mustBeOver(platform, asked)
    await withEngine(platform, async (engine) => {
      const { content, version } = await rulesToFit(platform, asked, options)
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
      const fitted = await calibrateFrom(engine, {
        ...order,
        horizon: horizonOf(asked.asOf, asked.months, asked.grace),
        part: asked.part,
        triggers: content.triggers,
      })
      if (!fitted.content)
        throw new UsageError(
          `${fitted.bad} of ${fitted.cases} customers fell into arrears: too few of them, or of the others, to learn from; take another date, more months or more provinces`,
        )
      if (fitted.content.rules.length === 0) throw new UsageError('nothing that is measured tells those who fell into arrears from the others')
      const text = `${JSON.stringify({ content: fitted.content }, null, 2)}\n`
      if (options.out === undefined) process.stdout.write(text)
      else await writeFile(options.out, text)
      process.stderr.write(
        `${fitted.content.rules.length} rules fitted to ${fitted.cases} customers, ${fitted.bad} of whom fell into arrears. Judge them on customers they were not fitted to (--part, or another date): epm screen --as-of … --backtest --rules FILE; then draft them, and somebody else publishes.\n`,
      )
    })
  })

const withEngine = async (platform: Platform, work: (engine: ScreeningEngine) => Promise<void>): Promise<void> => {
  const { engine, close } = openScreeningEngine(platform.databaseUrl)
  try {
    await work(engine)
  } finally {
    await close()
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

const telling = (refused: Readonly<Record<string, number>>): string => {
  const why = Object.entries(refused).map(([code, count]) => `${count} ${code}`)
  return why.length > 0 ? `; left out: ${why.join(', ')}` : ''
}

const propose = async (platform: Platform, config: Parameters<typeof useCases>[1], engine: ScreeningEngine, run: RunView): Promise<void> => {
  const { figures, close } = openSourceFigures(platform.databaseUrl)
  try {
    const { highRiskUser } = useCases(platform, config)
    const { candidates, repeated, refused } = await proposeCandidates({ engine, figures, highRiskUser }, run, asSystem())
    process.stdout.write(`\n${candidates} candidates proposed${repeated > 0 ? `, ${repeated} as before` : ''}${telling(refused)}\n`)
  } finally {
    await close()
  }
}

const review = async ({ pool, ...platform }: Platform, config: Parameters<typeof useCases>[1], engine: ScreeningEngine, run: RunView): Promise<void> => {
  const { highRiskUser } = useCases({ pool, ...platform }, config)
  const { reviewed, repeated, unknown, refused } = await reviewListed({ engine, highRiskUser, onList: (province) => onList(pool, province) }, run, asSystem())
  process.stdout.write(`\n${reviewed + repeated} listed users reviewed${telling({ ...(unknown > 0 && { 'not among the customers': unknown }), ...refused })}\n`)
}
