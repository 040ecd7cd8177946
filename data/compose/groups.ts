import { BusinessDate } from '#domain/shared/dates.ts'
import { happens, pick } from './chance.ts'
import { cycle, type Customer } from './customers.ts'

export type Group = { readonly no: string; readonly name: string; readonly uscc: string; readonly kind: string; readonly parent: string | undefined }
export type GroupLink = { readonly group: Group; readonly customer: Customer; readonly basis: string; readonly from: BusinessDate }

/** Years of the cycle whose brands are groups in the sample, large ones and a small one; the last of them is a part of the first. */
const YEARS = [41, 12, 19, 59, 9, 3]
/** The four largest customers of a province belong to no group: one of them would be most of it. */
const LARGEST = 4
const KINDS = ['private', 'local-soe', 'private', 'foreign', 'other', 'private']
/** No division has this code, so no company has such a number. */
const NOBODYS = '91990000'
const SIGNS = '0123456789ABCDEFGHJKLMNPQRTUWXY'
/** The check sign of GB 32100-2015. */
const checked = (body: string): string => {
  const sum = [...body].reduce((total, sign, place) => total + SIGNS.indexOf(sign) * (3 ** place % 31), 0)
  return `${body}${SIGNS[(31 - (sum % 31)) % 31]}`
}

/** Made-up groups, plainly named so. */
export const composeGroups = (): readonly Group[] =>
  YEARS.map((year, index) => ({
    no: `DEMO${String(index + 1).padStart(2, '0')}`,
    name: `${cycle(year)}集团有限公司（示例）`,
    uscc: checked(`${NOBODYS}MA${String(1000 + pick(9000, 'uscc', year))}${String(100 + index)}`),
    kind: KINDS[index] ?? 'other',
    parent: index === YEARS.length - 1 ? 'DEMO01' : undefined,
  }))

const SINCE = BusinessDate.parse('2025-01-01')

/** Four in five customers of a group's brand are linked to it; the others are left to be suggested. */
export const composeGroupLinks = (customers: readonly Customer[]): readonly GroupLink[] =>
  composeGroups().flatMap((group, index) =>
    customers
      .filter(({ brand, rank, province, consNo }) => rank >= LARGEST && brand === cycle(YEARS[index] ?? 0) && happens(80, 'linked', province, consNo))
      .map((customer) => ({
        group,
        customer,
        basis: happens(60, 'basis', customer.consNo) ? 'equity' : 'control',
        from: SINCE,
      })),
  )
