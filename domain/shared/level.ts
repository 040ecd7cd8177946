import { z } from 'zod'

/** 风险等级: I 重大 (red), II 较大 (orange), III 一般 (yellow). */
export const Level = z.enum(['I', 'II', 'III'])
export type Level = z.output<typeof Level>
