import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import { formatTable, percent, tenThousandKwh, tenThousandYuan } from '../commands/table.ts'
import { type Client, eachOf } from './client.ts'
import type { Group, Sample } from './sample.ts'

type Desk = { readonly sample: Sample; readonly as: (persona: string) => Client }
const AT_ONCE = 6
const CSV = 'text/csv'
const MADE_UP = 'made up for the demonstration (示例)'

/**
 * Headquarters registers the made-up groups, those at the top first; each province's clerk proposes its links as a file, and its
 * lead confirms them. Sent again, nothing is written twice.
 */
export const keepGroups = async ({ as, sample }: Desk): Promise<void> => {
  for (const { groupNo, name, uscc, kind, parent } of sample.groups.toSorted((a, b) => Number(a.parent !== undefined) - Number(b.parent !== undefined)))
    await as('hq-group')('POST', `/v1/groups/${groupNo}/registration`, {
      body: { profile: { name, uscc, kind, note: MADE_UP }, ...(parent !== undefined && { parent }) },
      headers: { 'idempotency-key': `demo-group-${groupNo}` },
    })
  const links = [...Map.groupBy(sample.groupLinks, ({ province }) => province)]
  await eachOf(links, AT_ONCE, async ([province, own]) => {
    const send = (persona: string, path: string, columns: string, lines: readonly string[]): Promise<unknown> =>
      as(`${persona}-${province}`)('POST', `/v1/group-links/${province}/${path}`, {
        raw: { type: CSV, text: [columns, ...lines].join('\n') },
        headers: { 'idempotency-key': `demo-links-${path}-${province}` },
      })
    await send(
      'pv-tariff',
      'proposals',
      'consNo,groupNo,linkId,basis,effectiveFrom,reason',
      own.map(({ consNo, groupNo, basis, from }) => [consNo, groupNo, `demo-${groupNo}`, basis, from, MADE_UP].join(',')),
    )
    await send(
      'pv-lead',
      'confirmations',
      'consNo,linkId',
      own.map(({ consNo, groupNo }) => `${consNo},demo-${groupNo}`),
    )
  })
}

type Pair = { readonly numerator: string; readonly denominator: string } | null
type Figures = {
  readonly members: number
  readonly electricityDay: string
  readonly electricityMonthToDate: string
  readonly electricityYearToDate: string
  readonly receivableYear: string
  readonly recoveryYear: Pair
  readonly arrears: string
  readonly arrearsPriorYear: string
  readonly owingMembers: number
}
type Risk = { readonly users: number; readonly worstLevel: string | null; readonly openOrders: number; readonly nationalShare: Pair }
type Others = { readonly month: string; readonly groupsWithheld: number } & Readonly<
  Record<'electricityMonth' | 'receivableMonth' | 'receivedMonth' | 'openMonth' | 'arrears', string | null>
>
type Electricity = { readonly provincesTouched: number; readonly figures: Figures; readonly risk: Risk; readonly others: Others | null }

const pairOf = (pair: Pair) => pair && { numerator: BigInt(pair.numerator), denominator: BigInt(pair.denominator) }
const yuan = (text: string): string => tenThousandYuan(BigInt(text))
const energy = (text: string): string => tenThousandKwh(BigInt(text))

const LINES: readonly (readonly [title: string, tell: (told: Electricity) => string])[] = [
  ['成员户 members', ({ figures }) => String(figures.members)],
  ['涉及省份 provinces', ({ provincesTouched }) => String(provincesTouched)],
  ['日电量 万千瓦时 electricity of the day', ({ figures }) => energy(figures.electricityDay)],
  ['月累计电量 to date in the month', ({ figures }) => energy(figures.electricityMonthToDate)],
  ['年累计电量 to date in the year', ({ figures }) => energy(figures.electricityYearToDate)],
  ['应收(本年) 万元 receivable of the year', ({ figures }) => yuan(figures.receivableYear)],
  ['回收率(本年) recovered of it', ({ figures }) => percent(pairOf(figures.recoveryYear))],
  ['欠费余额 万元 arrears', ({ figures }) => yuan(figures.arrears)],
  ['其中陈欠 of them of prior years', ({ figures }) => yuan(figures.arrearsPriorYear)],
  ['欠费成员户 members who owe', ({ figures }) => String(figures.owingMembers)],
  ['高风险成员户 on the list, worst level', ({ risk }) => `${risk.users}, ${risk.worstLevel ?? '—'}`],
  ['未办结工单 open work orders', ({ risk }) => String(risk.openOrders)],
]

/** One group's comprehensive electricity (集团综合用电) as headquarters sees it, beside what a province sees: its own members, and of the others what was released. */
export const tellGroup = async ({ as, sample }: Desk, date: BusinessDate): Promise<string> => {
  const [group, province] = mostSpread(sample)
  const told = async (persona: string, groupNo: string): Promise<Electricity> =>
    (await as(persona)('GET', `/v1/groups/${groupNo}/electricity?date=${date}`)).body as Electricity
  const [nation, own] = [await told('hq-view', group.groupNo), await told(`pv-lead-${province}`, group.groupNo)]
  const rows = LINES.map(([title, tell]) => [title, tell(nation), tell(own)])
  const table = formatTable([{ title: group.name }, { title: '总部 headquarters', align: 'right' }, { title: `${province} own members`, align: 'right' }], rows)
  const [small, reader] = leastSpread(sample)
  const withheld = await told(`pv-lead-${reader}`, small.groupNo)
  return [
    `集团综合用电  Comprehensive electricity of a made-up group  ${group.groupNo}  ${date}\n\n${table}`,
    `其他省份 of the others, as released to ${province}: ${othersText(own.others)}\n`,
    `${small.groupNo} ${small.name}, as released to ${reader}: ${othersText(withheld.others)}\n`,
  ].join('')
}

const othersText = (others: Others | null): string => {
  if (!others || others.receivableMonth === null) return 'nothing: too few members elsewhere, or too much of it is one of them (未发布)'
  const { month, electricityMonth, receivableMonth, receivedMonth, arrears } = others
  const figures = [
    ['电量', electricityMonth, energy, '万千瓦时'],
    ['应收', receivableMonth, yuan, '万元'],
    ['实收', receivedMonth, yuan, '万元'],
    ['欠费', arrears, yuan, '万元'],
  ] as const
  return `${month} ${figures.flatMap(([name, value, tell, unit]) => (value === null ? [] : [`${name} ${tell(value)} ${unit}`])).join(', ')} (rounded)`
}

type Placed = readonly [group: Group, province: ProvinceCode]
/** A group, and the province with most of its members. */
const placed = ({ groups, groupLinks }: Sample): readonly (readonly [spread: number, Placed])[] =>
  groups.map((group) => {
    const own = [...Map.groupBy(groupLinks, (link) => link.province)].map(([province, links]) => ({
      province,
      members: links.filter(({ groupNo }) => groupNo === group.groupNo).length,
    }))
    const [first] = own.toSorted((a, b) => b.members - a.members || (a.province < b.province ? -1 : 1))
    return [own.filter(({ members }) => members > 0).length, [group, first!.province]]
  })
const mostSpread = (sample: Sample): Placed => placed(sample).toSorted((a, b) => b[0] - a[0])[0]![1]
const leastSpread = (sample: Sample): Placed => placed(sample).toSorted((a, b) => a[0] - b[0])[0]![1]
