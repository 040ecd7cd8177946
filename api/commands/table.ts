/** Columns of a Chinese character are two wide on a terminal. */
export const displayWidth = (text: string): number => {
  let width = 0
  for (const character of text) width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/.test(character) ? 2 : 1
  return width
}

export type Column = { readonly title: string; readonly align?: 'left' | 'right' }

/** Rows under their titles, aligned by display width; a row of `null` draws a rule. */
export const formatTable = (columns: readonly Column[], rows: readonly (readonly string[] | null)[]): string => {
  const widths = columns.map(({ title }, i) => Math.max(displayWidth(title), ...rows.map((row) => displayWidth(row?.[i] ?? ''))))
  const cell = (text: string, i: number): string => {
    const gap = ' '.repeat(Math.max(0, (widths[i] ?? 0) - displayWidth(text)))
    return columns[i]?.align === 'right' ? gap + text : text + gap
  }
  const rule = widths.map((width) => '─'.repeat(width)).join('──')
  const lines = [
    columns
      .map(({ title }, i) => cell(title, i))
      .join('  ')
      .trimEnd(),
    rule,
    ...rows.map((row) => (row ? row.map(cell).join('  ').trimEnd() : rule)),
  ]
  return `${lines.join('\n')}\n`
}

/** Fen as 万元 (10 000 yuan) with two decimals, thousands separated; exact division, rounded half up. */
export const tenThousandYuan = (fen: bigint): string => decimal(fen, 1_000_000n, 2)
/** kWh as 万千瓦时 (10 MWh) with two decimals. */
export const tenThousandKwh = (kwh: bigint): string => decimal(kwh, 10_000n, 2)

const decimal = (value: bigint, unit: bigint, places: number): string => {
  const scale = 10n ** BigInt(places)
  const magnitude = value < 0n ? -value : value
  const rounded = (2n * magnitude * scale + unit) / (2n * unit)
  const whole = (rounded / scale).toString().replace(/\B(?=(\d{3})+$)/g, ',')
  return `${value < 0n ? '-' : ''}${whole}.${(rounded % scale).toString().padStart(places, '0')}`
}

/** A ratio as a percentage with two decimals; a dash when there is nothing to divide by. */
export const percent = (ratio: { readonly numerator: bigint; readonly denominator: bigint } | null): string =>
  ratio === null || ratio.denominator === 0n ? '—' : `${decimal(ratio.numerator * 100n, ratio.denominator, 2)}%`
