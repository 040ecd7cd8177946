/** One step of folding: what matches gives way to `by` (`$1` is the first group). Patterns keep to what JavaScript and PostgreSQL read alike. */
type FoldingStep = { readonly pattern: string; readonly by: '' | ' ' | '$1' }

const HAN = '[㐀-鿿]'
const PROVINCES =
  '北京|天津|河北|冀北|山西|内蒙古|蒙东|辽宁|吉林|黑龙江|上海|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南|重庆|四川|贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆|香港|澳门|台湾'
const PROVINCES_LATIN =
  'beijing|tianjin|hebei|jibei|shanxi|inner mongolia|liaoning|jilin|heilongjiang|shanghai|jiangsu|zhejiang|anhui|fujian|jiangxi|shandong|henan|hubei|hunan|guangdong|guangxi|hainan|chongqing|sichuan|guizhou|yunnan|tibet|xizang|shaanxi|gansu|qinghai|ningxia|xinjiang|hong kong|macau|taiwan'
const LEGAL_LATIN =
  'company|limited|ltd|co|incorporated|inc|corporation|corp|plc|llc|l l c|llp|lp|gmbh|mbh|ag|se|kg|kgaa|sa|s a|sas|sarl|srl|spa|s p a|bv|b v|nv|n v|oy|ab|as|pte|pty|kk|group|holding|holdings|and'
const LEGAL = '有限责任公司|股份有限公司|有限公司|集团公司|总公司|公司|集团|控股|股份|有限责任|有限'
/** At least three signs must be left of a name: 唐山市钢铁 is not 钢铁. */
const REST = '(?=...)'

/**
 * The steps by which a name is folded, after NFKC (which narrows full-width signs) and lower case: in order, each everywhere it
 * matches. Data, so that a set-based twin in SQL can be made of them: `normalize(name, NFKC)`, `lower`, then one
 * `regexp_replace(…, 'g')` for each.
 */
export const FOLDING_STEPS: readonly FoldingStep[] = [
  // A region in brackets: 宝钢（上海）有限公司, Baosteel (China).
  { pattern: `\\((?:中国|china|${PROVINCES}|${PROVINCES_LATIN})(?:省|市)?\\)`, by: '' },
  // What is noted behind the legal form (临时用电, 二期, 租赁): 甲有限公司（二期）.
  { pattern: '(公司|集团|厂|ltd\\.?|limited|inc\\.?|gmbh)(?: *\\([^()]*\\))+ *$', by: '$1' },
  // Whatever is neither letter nor digit parts words.
  { pattern: '[^0-9a-zß-öø-ɏͰ-ӿ぀-ヿ㐀-鿿가-힣]+', by: ' ' },
  { pattern: '^ +| +$', by: '' },
  { pattern: '^the ', by: '' },
  { pattern: `(?: (?:${LEGAL_LATIN}))+$`, by: '' },
  { pattern: `^(?:${PROVINCES_LATIN}) (?=[^ ]+ [^ ])`, by: '' },
  { pattern: ' +', by: '' },
  // A branch is its company: 甲有限公司唐山分公司.
  { pattern: '^(.+(?:公司|集团|厂)).*(?:分公司|分厂|办事处)$', by: '$1' },
  { pattern: `^(..+?)(?:${LEGAL})+$`, by: '$1' },
  { pattern: `^${HAN}{2,7}自治区${REST}`, by: '' },
  { pattern: `^${HAN}{2,3}省${REST}`, by: '' },
  { pattern: `^${HAN}{2,6}(?:自治州|地区)${REST}`, by: '' },
  // 盐城市 is a city, 北京城市建设 is none; nor is a market (超市, 门市).
  { pattern: `^${HAN}[城都]市${REST}`, by: '' },
  { pattern: `^${HAN}{1,3}[^城都超门股夜]市${REST}`, by: '' },
  { pattern: `^${HAN}{0,8}(?:开发|高新|保税|工业园|产业园)区${REST}`, by: '' },
  { pattern: `^${HAN}{1,3}[^小景园社矿库厂校城战]区${REST}`, by: '' },
  { pattern: `^${HAN}{1,4}县${REST}`, by: '' },
  { pattern: `^${HAN}{2,4}旗${REST}`, by: '' },
  // 河北东海特钢 loses its province; 河北钢铁 would be any steelworks without it.
  { pattern: `^(?:${PROVINCES})(?=....)`, by: '' },
]

const steps = FOLDING_STEPS.map(({ pattern, by }) => [new RegExp(pattern, 'gu'), by] as const)

/**
 * The core of a company's name, by which two ways of writing it are recognised: full-width signs narrowed, case, spaces and
 * punctuation dropped, legal forms (有限公司, 集团, Co., Ltd, GmbH) and the region before it (省, 市, 区, 县) taken away. A name of
 * nothing but those stays as it is; of a name without letters nothing is left.
 */
export const foldName = (name: string): string => {
  let folded = name.normalize('NFKC').toLowerCase()
  for (const [pattern, by] of steps) folded = folded.replace(pattern, by)
  return folded
}

const SHORTEST_BEGINNING = 4

/** Whether two folded names may be the same company's: equal, or one of at least four signs with which the other begins. */
export const areSimilar = (a: string, b: string): boolean => {
  if (a === '' || b === '') return false
  const [short, long] = a.length <= b.length ? [a, b] : [b, a]
  return short === long || (short.length >= SHORTEST_BEGINNING && long.startsWith(short))
}
