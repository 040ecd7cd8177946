import { readFileSync, writeFileSync } from 'node:fs'

/** Writes data/reference/organisation.csv and gbt4754-2017.csv from data/raw and the table of provincial companies below. */

type Company = { readonly code: string; readonly short: string; readonly full: string; readonly english: string; readonly gb: string; readonly sgOrgNo?: string }

const company = (code: string, english: string, short: string, full: string, gb: string, sgOrgNo?: string): Company => ({
  code,
  short,
  full,
  english: `State Grid ${english} Electric Power`,
  gb,
  ...(sgOrgNo !== undefined && { sgOrgNo }),
})

/** The 27 provincial companies, in the order headquarters lists them. The five-digit number stands only where it was seen in a source. */
const COMPANIES: readonly Company[] = [
  company('P11', 'Beijing', '北京', '国网北京市电力公司', '11', '11102'),
  company('P12', 'Tianjin', '天津', '国网天津市电力公司', '12', '12101'),
  company('P13S', 'Hebei', '河北', '国网河北省电力有限公司', '13'),
  company('P13N', 'Jibei', '冀北', '国网冀北电力有限公司', '13', '13103'),
  company('P14', 'Shanxi', '山西', '国网山西省电力公司', '14'),
  company('P37', 'Shandong', '山东', '国网山东省电力公司', '37', '37101'),
  company('P31', 'Shanghai', '上海', '国网上海市电力公司', '31', '31102'),
  company('P32', 'Jiangsu', '江苏', '国网江苏省电力有限公司', '32'),
  company('P33', 'Zhejiang', '浙江', '国网浙江省电力有限公司', '33'),
  company('P34', 'Anhui', '安徽', '国网安徽省电力有限公司', '34'),
  company('P35', 'Fujian', '福建', '国网福建省电力有限公司', '35', '35101'),
  company('P42', 'Hubei', '湖北', '国网湖北省电力有限公司', '42'),
  company('P43', 'Hunan', '湖南', '国网湖南省电力有限公司', '43'),
  company('P41', 'Henan', '河南', '国网河南省电力公司', '41'),
  company('P36', 'Jiangxi', '江西', '国网江西省电力有限公司', '36'),
  company('P51', 'Sichuan', '四川', '国网四川省电力公司', '51'),
  company('P50', 'Chongqing', '重庆', '国网重庆市电力公司', '50', '50101'),
  company('P21', 'Liaoning', '辽宁', '国网辽宁省电力有限公司', '21', '21102'),
  company('P22', 'Jilin', '吉林', '国网吉林省电力有限公司', '22'),
  company('P23', 'Heilongjiang', '黑龙江', '国网黑龙江省电力有限公司', '23', '23101'),
  company('P15E', 'East Inner Mongolia', '蒙东', '国网内蒙古东部电力有限公司', '15', '15101'),
  company('P61', 'Shaanxi', '陕西', '国网陕西省电力有限公司', '61', '61102'),
  company('P62', 'Gansu', '甘肃', '国网甘肃省电力公司', '62', '62101'),
  company('P63', 'Qinghai', '青海', '国网青海省电力公司', '63', '63101'),
  company('P64', 'Ningxia', '宁夏', '国网宁夏电力有限公司', '64'),
  company('P65', 'Xinjiang', '新疆', '国网新疆电力有限公司', '65'),
  company('P54', 'Tibet', '西藏', '国网西藏电力有限公司', '54', '54101'),
]

/** 冀北 serves five cities of 河北, 蒙东 four leagues and cities of Inner Mongolia; the rest of the latter is not State Grid's. */
const JIBEI = new Set(['1302', '1303', '1307', '1308', '1310'])
const MENGDONG = new Set(['1504', '1505', '1507', '1522'])
const MUNICIPALITIES = new Set(['11', '12', '31', '50'])
const DISTRICTS = ['城东', '城西', '城南', '城北', '城中', '滨江']
const COUNTIES = ['城区', '开发区', '城郊']

const VALID_FROM = '2020-01-01'
const raw = (name: string): readonly (readonly string[])[] =>
  readFileSync(new URL(`raw/${name}`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').map((field) => field.replaceAll('"', '')))
const target = (name: string): URL => new URL(`reference/${name}`, import.meta.url)

const companyOf = (city: string, gb: string): Company | undefined => {
  if (gb === '13') return COMPANIES.find(({ code }) => code === (JIBEI.has(city) ? 'P13N' : 'P13S'))
  if (gb === '15' && !MENGDONG.has(city)) return undefined
  return COMPANIES.find((one) => one.gb === gb)
}

const ETHNIC = /(朝鲜族|土家族苗族|藏族羌族|蒙古族藏族|藏族|彝族|回族|蒙古|柯尔克孜|哈萨克)?自治州$/
const shortCity = (name: string): string => name.replace(ETHNIC, '').replace(/(市|地区|盟)$/, '')

const unit = (...fields: readonly (string | undefined)[]): string => fields.map((field) => field ?? '').join(',')
const line = (code: string, level: string, parent: string | undefined, name: string, short: string, rest: Partial<Company> & { readonly madeUp?: boolean }): string =>
  unit(code, level, parent, name, short, rest.english, rest.gb, rest.sgOrgNo, VALID_FROM, rest.madeUp ? 'yes' : undefined)

const lines = [
  'code,level,parent,name,short_name,english_name,gb,sg_org_no,valid_from,made_up',
  line('HQ', 'HQ', undefined, '国家电网有限公司总部', '总部', { english: 'State Grid headquarters', sgOrgNo: '00000' }),
  ...COMPANIES.map((one) => line(one.code, 'PROVINCE', 'HQ', one.full, one.short, one)),
]
const madeUp = (code: string, parent: string, owner: string, place: string): string =>
  line(code, 'COUNTY', parent, `${owner}${place}供电公司（示例）`, `${place}（示例）`, { madeUp: true })

for (const [code = '', name = '', gb = ''] of raw('china_divisions_cities.csv')) {
  const owner = companyOf(code, gb)
  if (!owner || MUNICIPALITIES.has(gb)) continue
  const direct = /直辖县级/.test(name)
  const short = direct ? `${owner.short}${name.replace('级行政区划', '')}` : shortCity(name)
  lines.push(line(`C${code}`, 'CITY', owner.code, `${owner.full}${short}供电公司`, short, { gb: code, madeUp: direct }))
  COUNTIES.forEach((place, index) => {
    lines.push(madeUp(`C${code}0${index + 1}`, `C${code}`, `${owner.full}${short}`, place))
  })
}
/** Two tiers: a municipality's districts stand directly below the company. */
for (const owner of COMPANIES.filter(({ gb }) => MUNICIPALITIES.has(gb)))
  DISTRICTS.forEach((place, index) => {
    lines.push(madeUp(`D${owner.gb}0${index + 1}`, owner.code, owner.full, place))
  })
writeFileSync(target('organisation.csv'), `${lines.join('\n')}\n`)

const trades = raw('gbt4754_2017_industries.csv').map(([, code, name, , section]) => [code, name, section].join(','))
writeFileSync(target('gbt4754-2017.csv'), `${['code,name,section', ...trades].join('\n')}\n`)
