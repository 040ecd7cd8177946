import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import { afterAll, beforeAll, expect, test } from 'vitest'
import rules from '../.dependency-cruiser.js'

const LAYERS = ['domain', 'application', 'infrastructure', 'projections', 'api']
const root = resolve(import.meta.dirname, '..')

const cruised = async (baseDir: string): Promise<ICruiseResult> => {
  const { output } = await cruise(
    LAYERS,
    { ...rules.options, baseDir, validate: true, ruleSet: { forbidden: rules.forbidden } } as never,
    {
      ...(rules.options.enhancedResolveOptions as object),
    } as never,
  )
  return output as ICruiseResult
}

test('the house keeps its own layer rules, and they were held against all of it', async () => {
  const { summary } = await cruised(root)
  expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)).toEqual([])
  expect(summary.totalCruised).toBeGreaterThan(60) // a cruise that resolves nothing also finds nothing
})

/** A file that each rule must refuse, planted into a copy of the house. */
const plants: readonly (readonly [rule: string, file: string, code: string])[] = [
  ['domain: itself only', 'domain/daily-report/plant.ts', "import '#application/shared/handle.ts'\n"],
  ['application: domain and ports', 'application/shared/plant.ts', "import '#infrastructure/postgres/migrate.ts'\n"],
  ['projections: events, never deciders', 'projections/shared/plant.ts', "import '#domain/daily-report/decider.ts'\n"],
  ['infrastructure: ports and shared kernels', 'infrastructure/plant.ts', "import '#domain/daily-report/events.ts'\n"],
  ['api: use cases, queries, schemas', 'api/plant.ts', "import '#infrastructure/postgres/migrate.ts'\n"],
  ['a capability leaves its neighbours alone', 'domain/industry-list/plant.ts', "import '#domain/daily-report/fields.ts'\n"],
  ['domain packages', 'domain/shared/plant.ts', "import 'rxjs'\n"],
  ['application packages', 'application/shared/plant-core.ts', "import 'node:fs'\n"],
  ['projection packages', 'projections/shared/plant-pg.ts', "import 'pg'\n"],
  ['no cycles', 'domain/shared/plant-a.ts', "import './plant-b.ts'\n"],
  ['product never imports test', 'api/plant-test.ts', "import '#test/support/postgres.ts'\n"],
  ['everything resolves', 'api/plant-missing.ts', "import './no-such-file.ts'\n"],
  ['nothing is orphaned', 'domain/shared/plant-orphan.ts', 'export const alone = 1\n'],
]

let house: string
let found: readonly string[]

beforeAll(async () => {
  house = await mkdtemp(join(tmpdir(), 'epm-house-'))
  for (const part of [...LAYERS, 'test', 'package.json', 'tsconfig.json']) await cp(join(root, part), join(house, part), { recursive: true })
  await symlink(join(root, 'node_modules'), join(house, 'node_modules'))
  for (const [, file, code] of [...plants, ['', 'domain/shared/plant-b.ts', "import './plant-a.ts'\n"] as const]) {
    await mkdir(dirname(join(house, file)), { recursive: true })
    await writeFile(join(house, file), code)
  }
  const { summary } = await cruised(house)
  found = summary.violations.map(({ rule, from }) => `${rule.name} @ ${from}`)
})

afterAll(() => rm(house, { recursive: true, force: true }))

test.each(plants)('the rule "%s" bites', (rule, file) => {
  expect(found).toContain(`${rule} @ ${file}`)
})

test('every rule has its plant', () => {
  expect(rules.forbidden.map(({ name }) => name).toSorted()).toEqual(plants.map(([rule]) => rule).toSorted())
})
