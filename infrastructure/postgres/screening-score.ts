import type { Scoring } from '#application/ports/screening.ts'
import { inputOf } from './screening-inputs.ts'

const number = (value: number): string => {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no whole number`)
  return String(value)
}
const id = (text: string): string => {
  if (!/^[a-z0-9-]{1,40}$/.test(text)) throw new RangeError(`"${text}" is no rule id`)
  return `'${text}'`
}

const pointsSql = ({ measure, below, edges, points, unknown }: Scoring['rules'][number]): string =>
  `case when m${measure} is null then ${number(unknown)} else (array[${[below, ...points].map(number).join(', ')}])[width_bucket(m${measure}, array[${edges.map(number).join(', ')}]::bigint[]) + 1] end`

/**
 * One statement that turns a province's measured inputs into points, score and level, and keeps all of them. A customer
 * whom extraction brought only after the date counts when something had been billed to him by then.
 */
export const scoreStatement = (runNo: string, province: string, scoring: Scoring): string => {
  const { measures, rules, triggers, cutOffs } = scoring
  const asked = new Set(measures.map(({ family }) => family))
  const inputs = measures.map((measure, index) => `(${inputOf(measure)})::bigint as m${index}`)
  const given = rules.map((rule, index) => `(${pointsSql(rule)})::smallint as r${index}`)
  const hard = triggers.map(({ id: name, measure, from }) => `case when m${measure} >= ${number(from)} then ${id(name)} end`)
  return `
insert into screening.result_${number(Number(runNo))} (run_no, province, cons_no, org_code, score, level, triggers, inputs, points)
select ${number(Number(runNo))}, '${province}', cons_no, org_code, score,
  case when cardinality(triggers) > 0 or score >= ${number(cutOffs.I)} then 'I' when score >= ${number(cutOffs.II)} then 'II' when score >= ${number(cutOffs.III)} then 'III' end,
  triggers, inputs, points
from (
  select cons_no, org_code, (${rules.length === 0 ? '0' : rules.map((_, index) => `r${index}`).join(' + ')})::smallint as score,
    ${hard.length === 0 ? "'{}'::text[]" : `array_remove(array[${hard.join(', ')}], null)`} as triggers,
    array[${measures.map((_, index) => `m${index}`).join(', ')}]::bigint[] as inputs,
    array[${rules.map((_, index) => `r${index}`).join(', ')}]::smallint[] as points
  from (select *${given.length === 0 ? '' : `, ${given.join(', ')}`} from (
    select p.cons_no, p.org_code${inputs.length === 0 ? '' : `, ${inputs.join(', ')}`}
    from profile p left join account a using (cons_no)
      ${asked.has('readings') ? 'left join readings r using (cons_no)' : ''} ${asked.has('facts') ? 'left join facts f using (cons_no)' : ''}
    where not p.brought_later or a.cons_no is not null) measured) scored) judged`
}
