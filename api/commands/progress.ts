/** Shows how far a long piece of work is, on stderr: a bar on a terminal, a line every few seconds elsewhere. */
export type Progress = {
  readonly to: (done: number, of: number, note?: string) => void
  readonly end: (summary: string) => void
}

const WIDTH = 28
const REDRAW_MS = 80
const LINE_MS = 5_000

/** Of several pieces of work at a time only the first has a bar, and they are told in the order in which they began. */
const underWay = new Map<NodeJS.WriteStream, { summary?: string }[]>()

export const showProgress = (what: string, out: NodeJS.WriteStream = process.stderr): Progress => {
  const began = performance.now()
  const interval = out.isTTY ? REDRAW_MS : LINE_MS
  let drawn = out.isTTY ? 0 : began
  const own: { summary?: string } = {}
  const all = underWay.get(out) ?? []
  underWay.set(out, all)
  all.push(own)
  const seconds = () => (performance.now() - began) / 1000
  const line = (done: number, of: number, note: string): string => {
    const share = of === 0 ? 1 : Math.min(1, done / of)
    const filled = Math.round(share * WIDTH)
    const rate = seconds() > 0.2 ? `${Math.round(done / seconds())}/s` : ''
    const left = share > 0.02 && share < 1 ? `${Math.ceil((seconds() / share) * (1 - share))} s left` : ''
    return `${what.padEnd(26)} ${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${String(Math.floor(share * 100)).padStart(3)}%  ${[of > 1 && `${done}/${of}`, of > 1 && rate, left, note].filter(Boolean).join('  ')}`
  }
  return {
    to: (done, of, note = '') => {
      if (all[0] !== own || performance.now() - drawn < interval) return
      drawn = performance.now()
      out.write(out.isTTY ? `\r\x1b[2K${line(done, of, note).slice(0, (out.columns ?? 120) - 1)}` : `${line(done, of, note)}\n`)
    },
    end: (summary) => {
      own.summary = `${what.padEnd(26)} ${summary}  (${seconds().toFixed(1)} s)\n`
      for (let first = all[0]; first?.summary !== undefined; first = all[0]) {
        out.write(`${out.isTTY ? '\r\x1b[2K' : ''}${first.summary}`)
        all.shift()
      }
    },
  }
}
