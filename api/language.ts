/** The languages in which titles and details are given. */
export type Language = 'zh-CN' | 'en'

/** A text in every language. */
export type Wording = Readonly<Record<Language, string>>

/**
 * The language that a request asks for by `Accept-Language` (RFC 9110 12.5.4): the supported range of the highest weight,
 * the first among equals; Chinese when nothing is asked for, since that is the language of the house.
 */
export const languageOf = (header: string | undefined): Language => {
  let best: { readonly language: Language; readonly weight: number } = { language: 'zh-CN', weight: 0 }
  for (const part of (header ?? '').slice(0, 200).split(',')) {
    const [range = '', ...parameters] = part.trim().toLowerCase().split(';')
    const language = /^zh(-|$)|^\*$/.test(range) ? 'zh-CN' : /^en(-|$)/.test(range) ? 'en' : undefined
    const weight = weightOf(parameters)
    if (language !== undefined && weight > best.weight) best = { language, weight }
  }
  return best.language
}

const weightOf = (parameters: readonly string[]): number => {
  const q = parameters.map((parameter) => /^\s*q=([01](?:\.\d{1,3})?)\s*$/.exec(parameter)?.[1]).find((value) => value !== undefined)
  return q === undefined ? 1 : Number(q)
}
