import fc from 'fast-check'
import type { DatabasePool } from 'slonik'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import type { GroupNo } from '#domain/group-user/fields.ts'
import { areSimilar, FOLDING_STEPS, foldName } from '#domain/group-user/names.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { createReadPool } from '#infrastructure/postgres/pool.ts'
import { groupDirectory } from '#projections/group-user/group-user.ts'
import { foldedIn } from '#projections/group-user/suggestions/fold.sql.ts'
import { keepSuggestions } from '#projections/group-user/suggestions/suggest.ts'
import { suggestions } from '#projections/group-user/suggestions.queries.ts'
import { rowset, run, sql } from '#projections/shared/sql.ts'
import { day } from '#test/support/arbitraries/values.ts'
import { brought, forgetBrought, groupSays } from '#test/support/group-figures.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'
import { type Log, record, tablesOf } from '#test/support/projections.ts'

let database: TestDatabase
let pool: DatabasePool
let tables: Awaited<ReturnType<typeof tablesOf>>
beforeAll(async () => {
  database = await freshDatabase()
  pool = await createReadPool(database.url)
  tables = await tablesOf(pool, groupDirectory)
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})
const clear = async (): Promise<void> => {
  await forgetBrought(pool)
  for (const table of [...groupDirectory.publishes, 'group_register', 'group_link_stream'])
    await pool.query(run`delete from ${sql.identifier(['rm_group_user_v1_1', table])}`)
}
beforeEach(clear)

const PARTS = [
  '河北',
  '唐山市',
  '盐城市',
  '北京',
  '（上海）',
  '(China)',
  '丰润区',
  '东海',
  '特钢',
  '钢铁',
  '水泥',
  '城市建设',
  '超市',
  'Baosteel',
  'ＡＢＣ',
  'Works',
  '厂',
  '集团',
  '有限公司',
  '股份有限公司',
  '分公司',
  'Co., Ltd.',
  ' ',
  '·',
  'GmbH',
  '第1',
  'ß',
]
const name = fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 6, size: 'max' }).map((parts) => parts.join(''))

/** Names of a few companies, written in many ways, some with more behind. */
const alike = fc
  .tuple(
    fc.constantFrom('', '河北', '唐山市', '北京'),
    fc.constantFrom('东海特钢', '东海特', '宏盛水泥', 'Baosteel'),
    fc.constantFrom('', '', '制造', '一厂'),
    fc.constantFrom('', '有限公司', '集团', ' Co., Ltd.'),
  )
  .map((parts) => parts.join(''))

/** Signs of any kind that names of companies have; what Greek and Turkish do to capitals at the end of a word is left out. */
const sign = fc.oneof(
  fc.integer({ min: 0x3400, max: 0x9fff }).map((code) => String.fromCharCode(code)),
  fc
    .integer({ min: 0x20, max: 0x24f })
    .filter((code) => code !== 0x130)
    .map((code) => String.fromCharCode(code)),
  fc.integer({ min: 0xff01, max: 0xff5e }).map((code) => String.fromCharCode(code)),
  fc.constantFrom('市', '区', '县', '省', '公司', '集团', '厂', 'の', 'カ', '・', '—', '​', '㈱', '①', 'Ⅳ', '한'),
)

test('a name is folded in SQL as in the program', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(name, fc.string({ unit: sign, maxLength: 20 })), { minLength: 40, maxLength: 60 }), async (names) => {
      const rows = await pool.any(sql.type(z.object({ name: z.string(), folded: z.string() }))`
        select name, ${foldedIn(sql.fragment`name`, FOLDING_STEPS)} as folded from ${rowset(
          names.map((name) => ({ name })),
          'name text',
        )}`)
      for (const row of rows) expect(row.folded, row.name).toBe(foldName(row.name))
    }),
    { numRuns: 20 },
  )
})

const today = day('2026-03-03')
const told = async (provinces?: readonly string[]) => {
  const page = await suggestions(pool, { provinces: provinces as readonly ProvinceCode[] | undefined, today, limit: 1000 })
  if (page === 'BAD_CURSOR') throw new Error(page)
  return page.rows
}
const keep = () => keepSuggestions(pool, FOLDING_STEPS)

test('every customer outside who carries a code or a similar name is suggested, nobody else, whatever the names', async () => {
  const reached = { code: 0, name: 0, none: 0 }
  const code = fc.option(fc.constantFrom('91110000710925462X', '91110000710926094P', '91310000631696382C'), { nil: undefined })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ name: alike, uscc: code }), { minLength: 2, maxLength: 4 }),
      fc.array(
        fc.record({ name: alike, uscc: code, province: fc.constantFrom('P11', 'P13S'), member: fc.constantFrom(undefined, undefined, undefined, 0, 1) }),
        {
          minLength: 4,
          maxLength: 10,
          size: 'max',
        },
      ),
      async (groups, customers) => {
        await clear()
        const members = customers.flatMap(({ province, member }, n) =>
          member === undefined ? [] : groupSays.linked(province, String(n), `G0${member}`, '2026-01-01'),
        )
        const log: Log = [...groups.flatMap(({ name, uscc }, n) => groupSays.registered(`G0${n}`, name, uscc === undefined ? {} : { uscc })), ...members]
        await tables.apply(record(log))
        await brought(pool, {
          customers: customers.map(({ name, uscc, province }, n) => ({ province, cons_no: String(n), name, ...(uscc !== undefined && { uscc }) })),
        })
        await keep()
        const found = await told()
        const codes = groups.map((_, n) => new Set(customers.flatMap(({ member, uscc }) => (member === n && uscc !== undefined ? [uscc] : []))))
        const expected = customers.flatMap(({ name, uscc, province, member }, n) =>
          member !== undefined
            ? []
            : groups.flatMap((group, g) => {
                const byCode = uscc !== undefined && (group.uscc === uscc || codes[g]!.has(uscc))
                if (byCode) reached.code++
                else if (areSimilar(foldName(name), foldName(group.name))) reached.name++
                else {
                  reached.none++
                  return []
                }
                return [`${province}/${n} G0${g}`]
              }),
        )
        expect(found.map(({ province, consNo, groupNo }) => `${province}/${consNo} ${groupNo}`).toSorted()).toEqual(expected.toSorted())
      },
    ),
    { numRuns: 15 },
  )
  expect(Math.min(...Object.values(reached))).toBeGreaterThan(3)
})

test('a name is less sure when the companies say that they are of different cities', async () => {
  await tables.apply(record(groupSays.registered('GA1', '苏州市轨道交通集团有限公司')))
  const names = ['江苏省无锡市轨道交通有限公司', '江苏苏州市轨道交通有限公司', '轨道交通有限公司']
  await brought(pool, { customers: names.map((name, n) => ({ province: 'P32', cons_no: String(n), name })) })
  await keep()
  expect((await told()).map(({ consNo, reason, score }) => [consNo, reason, score])).toEqual([
    ['1', 'same-name', 80],
    ['2', 'same-name', 80],
    ['0', 'same-name', 50],
  ])
})

test('names folded by other steps than before are folded anew', async () => {
  await tables.apply(record(groupSays.registered('GA1', '东海特钢集团')))
  await brought(pool, { customers: [{ province: 'P13S', cons_no: '1', name: '河北东海特钢有限公司' }] })
  // a release that knew of no regions
  expect(await keepSuggestions(pool, FOLDING_STEPS.slice(0, -1))).toBe(1)
  expect(await told()).toEqual([])
  expect(await keep()).toBe(1)
  expect(await told()).toMatchObject([{ province: 'P13S', consNo: '1', reason: 'same-name' }])
  expect(await keep()).toBe(0)
})

test('a dismissed suggestion stays away until the facts change, and a second look changes nothing', async () => {
  await tables.apply(record(groupSays.registered('GA1', '东海特钢集团', { uscc: '91110000710925462X' })))
  await brought(pool, {
    customers: [
      { province: 'P13S', cons_no: '1', name: '河北东海特钢有限公司' },
      { province: 'P11', cons_no: '1', name: '别的', uscc: '91110000710925462X' },
    ],
  })
  expect(await keep()).toBe(2)
  expect(await keep()).toBe(0)
  const [byCode, byName] = await told()
  expect(byCode).toMatchObject({ province: 'P11', reason: 'group-uscc', score: 100, groupName: '东海特钢集团' })
  expect(byName).toMatchObject({ province: 'P13S', reason: 'same-name', score: 80, uscc: null })
  await tables.apply(record([...groupSays.dismissed('P13S', '1', 'GA1', byName!.facts, '2026-03-01')], 100))
  expect(await told()).toHaveLength(1)
  // the same again under the same name: the facts are the same
  await brought(pool, { customers: [{ province: 'P13S', cons_no: '1', name: '河北东海特钢有限公司' }] }, '2026-04-02')
  await keep()
  expect(await told(['P13S'])).toHaveLength(0)
  // now he carries the group's code
  await brought(pool, { customers: [{ province: 'P13S', cons_no: '1', name: '河北东海特钢有限公司', uscc: '91110000710925462X' }] }, '2026-04-03')
  await keep()
  expect(await told(['P13S'])).toMatchObject([{ reason: 'group-uscc', groupNo: 'GA1' as GroupNo }])
})
