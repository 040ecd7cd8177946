import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { areSimilar, FOLDING_STEPS, foldName } from '#domain/group-user/names.ts'
import { freshDatabase, type TestDatabase } from '#test/support/postgres.ts'

describe('a folded name', () => {
  test.each([
    ['宝钢（上海）有限公司', '宝钢'],
    ['河北省唐山市丰润区东海特钢有限公司', '东海特钢'],
    ['东海特钢集团有限责任公司', '东海特钢'],
    ['河北东海特钢股份有限公司', '东海特钢'],
    ['中国石油天然气集团有限公司', '中国石油天然气'],
    ['中国石油天然气股份有限公司', '中国石油天然气'],
    ['内蒙古自治区包头市包钢钢联', '包钢钢联'],
    ['山东 魏桥·创业集团', '魏桥创业'],
    ['甲乙钢铁有限公司唐山分公司', '甲乙钢铁'],
    ['ＡＢＣ　Steel Co., Ltd.', 'abcsteel'],
    ['The ABC Steel Group Holdings, Inc', 'abcsteel'],
    ['Shandong ABC Steel Co. Ltd', 'abcsteel'],
    ['ThyssenKrupp (China) GmbH & Co. KG', 'thyssenkrupp'],
    ['Siemens AG', 'siemens'],
    ['东海特钢有限公司（临时用电）', '东海特钢'],
    ['东海特钢有限公司 (二期)（租赁）', '东海特钢'],
    ['宝钢（集团）公司', '宝钢'],
    ['ABC Steel Co., Ltd. (Tangshan)', 'abcsteel'],
  ])('of %s is %s', (name, folded) => expect(foldName(name)).toBe(folded))

  test.each([
    ['河北钢铁集团有限公司', '河北钢铁'],
    ['唐山市钢铁有限公司', '唐山市钢铁'],
    ['北京城市建设投资有限公司', '城市建设投资'],
    ['盐城市城市建设', '城市建设'],
    ['华润小区物业', '华润小区物业'],
    ['红旗汽车', '红旗汽车'],
  ])('of %s keeps what tells it from others: %s', (name, folded) => expect(foldName(name)).toBe(folded))

  test('is never empty for a name with a letter or digit in it, and empty for one without', () => {
    for (const name of ['有限公司', '集团', 'Ltd', 'Co., Ltd', '上海市', '分公司', 'The']) expect(foldName(name)).not.toBe('')
    expect(foldName('（）—— ** !')).toBe('')
  })

  test('is similar to another when equal, or when the other begins with it and it is long enough to mean something', () => {
    expect(areSimilar('东海特钢', '东海特钢')).toBe(true)
    expect(areSimilar('东海特钢', '东海特钢轧材')).toBe(true)
    expect(areSimilar('东海特钢轧材', '东海特钢')).toBe(true)
    expect(areSimilar('宝钢', '宝钢包装')).toBe(false)
    expect(areSimilar('东海特钢', '南海特钢')).toBe(false)
    expect(areSimilar('', '')).toBe(false)
  })
})

const word = fc.constantFrom(
  ...['河北', '省', '唐山', '市', '盐城', '丰润', '区', '小区', '滦南', '县', '旗', '内蒙古自治区', '东海', '特钢', '钢铁', '集团', '公司', '有限公司'],
  ...[
    '股份',
    '有限责任公司',
    '分公司',
    '（上海）',
    '(',
    ')',
    '，',
    ' ',
    '　',
    '·',
    'Ａ',
    'abc',
    'ABC',
    'Steel',
    'Co.',
    ',',
    'Ltd',
    'The',
    'Inc',
    'GmbH',
    'Shandong',
    '１',
    '2',
    'Ü',
    '凱',
  ],
)
const anyName = fc.array(word, { minLength: 1, maxLength: 12, size: 'max' }).map((words) => words.join(''))

test('folding forgets case, width and punctuation, and never throws', () => {
  fc.assert(
    fc.property(anyName, (name) => {
      expect(foldName(name.toUpperCase())).toBe(foldName(name.toLowerCase()))
      expect(foldName(name.normalize('NFKC'))).toBe(foldName(name))
      expect(foldName(`  ${name}。 `)).toBe(foldName(name))
    }),
  )
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => typeof foldName(name) === 'string'))
})

describe('in SQL', () => {
  let database: TestDatabase
  let client: pg.Client
  beforeAll(async () => {
    database = await freshDatabase()
    client = new pg.Client(database.url)
    await client.connect()
  })
  afterAll(async () => {
    await client.end()
    await database.drop()
  })

  test('the same steps fold the same names the same way', async () => {
    const twin = FOLDING_STEPS.reduce(
      (inner, { pattern, by }) => `regexp_replace(${inner}, ${pg.escapeLiteral(pattern)}, ${pg.escapeLiteral(by.replace('$', '\\'))}, 'g')`,
      'lower(normalize(name, NFKC))',
    )
    const names = fc.sample(anyName, { numRuns: 5_000 })
    const { rows } = await client.query<{ folded: string }>(`select ${twin} as folded from unnest($1::text[]) with ordinality as t (name, n) order by n`, [
      names,
    ])
    const different = names.flatMap((name, i) => (rows[i]!.folded === foldName(name) ? [] : [{ name, sql: rows[i]!.folded, js: foldName(name) }]))
    expect(different.slice(0, 10)).toEqual([])
  })
})
