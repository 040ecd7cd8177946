import { readFileSync } from 'node:fs'
import { happens, oneOf, pick } from './chance.ts'
import { type Client, loadClients, loadSeries, type Series } from './raw.ts'

export type Customer = {
  readonly province: string
  readonly consNo: string
  readonly name: string
  /** One of the sixty names of the Chinese cycle: customers of the same brand may belong together. */
  readonly brand: string
  readonly orgCode: string
  readonly standard: string
  readonly tradeCode: string
  readonly hecClass: string | undefined
  readonly electType: '大工业用电' | '一般工商业用电'
  readonly voltage: '110kV' | '35kV' | '10kV' | '380V'
  readonly contractKva: number
  /** 0 for the largest of its province. */
  readonly rank: number
  readonly series: Series
  readonly client: Client
}

const table = (name: string): readonly (readonly string[])[] =>
  readFileSync(new URL(`../reference/${name}`, import.meta.url), 'utf8').trim().split('\n').slice(1).map((line) => line.split(','))

type Trade = { readonly code: string; readonly noun: string; readonly hec?: string }
/** Trades of the seed industry list, with the marketing systems' high-energy class. */
const LISTED: readonly Trade[] = [
  { code: '3110', noun: '炼铁', hec: '0' },
  { code: '3120', noun: '炼钢', hec: '0' },
  { code: '3130', noun: '轧钢', hec: '0' },
  { code: '3140', noun: '铁合金', hec: '2' },
  { code: '3216', noun: '铝业', hec: '1' },
  { code: '3212', noun: '铅锌', hec: '7' },
  { code: '3211', noun: '铜业', hec: '13' },
  { code: '3218', noun: '硅业', hec: '13' },
  { code: '3011', noun: '水泥', hec: '3' },
  { code: '3041', noun: '玻璃', hec: '13' },
  { code: '2612', noun: '氯碱', hec: '5' },
  { code: '2613', noun: '电石', hec: '4' },
  { code: '2619', noun: '黄磷', hec: '6' },
  { code: '2621', noun: '氮肥', hec: '10' },
  { code: '2622', noun: '磷肥', hec: '10' },
  { code: '2521', noun: '焦化', hec: '13' },
  { code: '3091', noun: '炭素', hec: '12' },
  { code: '3099', noun: '碳化硅', hec: '11' },
  { code: '2221', noun: '造纸', hec: '8' },
]
const OTHER: readonly Trade[] = [
  { code: '1711', noun: '棉纺' },
  { code: '1351', noun: '食品' },
  { code: '2651', noun: '树脂' },
  { code: '2710', noun: '原料药' },
  { code: '2927', noun: '塑料' },
  { code: '3311', noun: '钢构' },
  { code: '3360', noun: '热处理' },
  { code: '3670', noun: '汽配' },
  { code: '3825', noun: '光伏' },
  { code: '3982', noun: '电子' },
  { code: '7010', noun: '置业' },
]
/** The sixty names of the Chinese cycle stand for a brand: plainly made up, and nobody's. */
const STEMS = [...'甲乙丙丁戊己庚辛壬癸']
const BRANCHES = [...'子丑寅卯辰巳午未申酉戌亥']
export const cycle = (year: number): string => `${STEMS[year % 10]}${BRANCHES[year % 12]}`

const voltageOf = (mean: number): Customer['voltage'] => (mean >= 20_000 ? '110kV' : mean >= 5000 ? '35kV' : mean >= 300 ? '10kV' : '380V')

type Place = { readonly orgCode: string; readonly city: string }
const placesOf = (province: string, units: readonly (readonly string[])[]): readonly Place[] => {
  const below = units.filter(([, , parent]) => parent === province)
  const own = units.find(([code]) => code === province)?.[4] ?? ''
  return below.flatMap(([code = '', level, , , short = '']) =>
    level === 'COUNTY'
      ? [{ orgCode: code, city: own }]
      : units.filter(([, , parent]) => parent === code).map(([county = '']) => ({ orgCode: county, city: short })),
  )
}

/** Clients by how far behind they fell: the largest users of a province get the worse payers, or nobody would owe a million. */
const pools = (clients: readonly Client[]): { readonly severe: readonly Client[]; readonly late: readonly Client[]; readonly all: readonly Client[] } => {
  const worst = (client: Client): number => Math.max(...client.overdue)
  return {
    severe: clients.filter((client) => (client.overdue[5] ?? 0) >= 3 || worst(client) >= 5),
    late: clients.filter((client) => client.overdue.filter((months) => months >= 1).length >= 2),
    all: clients,
  }
}

/** The 1,200 series as customers of 27 provinces: dealt out by size, so that every province has large and small ones. */
export const composeCustomers = (): readonly Customer[] => {
  const units = table('organisation.csv')
  const provinces = units.filter(([, level]) => level === 'PROVINCE')
  const places = new Map(provinces.map(([code = '']) => [code, placesOf(code, units)]))
  const byClient = pools(loadClients())
  return loadSeries()
    .toSorted((a, b) => b.mean - a.mean || Number(a.id) - Number(b.id))
    .map((series, order) => {
      const round = Math.floor(order / provinces.length)
      const seat = order % provinces.length
      const [province = '', , , , , , gb = ''] = provinces[round % 2 === 0 ? seat : provinces.length - 1 - seat] ?? []
      const key = `${province}/${series.id}`
      const place = oneOf(places.get(province) ?? [], 'place', key)
      const listed = happens(round < 26 ? 62 : 25, 'listed trade', key)
      const trade = oneOf(listed ? LISTED : OTHER, 'trade', key)
      const voltage = voltageOf(series.mean)
      const brand = cycle(pick(60, 'brand', key))
      return {
        province,
        consNo: `${gb}${String((round + 1) * 1_000_003 + pick(900_000, 'number', key)).padStart(8, '0')}`,
        name: `${place.city}${brand}${trade.noun}有限公司`,
        brand,
        orgCode: place.orgCode,
        // Ferroalloy under its code of 2011 in a few old records: the same trade, another number.
        ...(trade.code === '3140' && happens(30, 'old standard', key) ? { standard: 'GB/T 4754-2011', tradeCode: '3150' } : { standard: 'GB/T 4754-2017', tradeCode: trade.code }),
        hecClass: trade.hec,
        electType: voltage === '380V' || trade.code === '7010' ? '一般工商业用电' : '大工业用电',
        voltage,
        contractKva: Math.max(50, Math.ceil(series.peak / 12 / 10) * 10),
        rank: round,
        series,
        client: oneOf(round < 7 ? byClient.severe : round < 20 ? byClient.late : byClient.all, 'client', key),
      }
    })
}
