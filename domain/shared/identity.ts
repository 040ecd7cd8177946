import { z } from 'zod'
import { Instant } from './dates.ts'

/** A provincial company, e.g. P13N (冀北): GB/T 2260 digits and, where two companies share them, a letter. */
export const ProvinceCode = z
  .string()
  .regex(/^P\d{2}[A-Z]?$/, 'a province code such as P11 or P13N')
  .brand<'ProvinceCode'>()
export type ProvinceCode = z.output<typeof ProvinceCode>

/** Any unit of the organisation: HQ, a province, a city or county company, a station. */
export const OrgCode = z
  .string()
  .regex(/^[A-Z0-9]{2,16}$/, 'an organisation code')
  .brand<'OrgCode'>()
export type OrgCode = z.output<typeof OrgCode>

/** A customer number (户号): at most 16 characters, unique within a province. */
export const ConsNo = z
  .string()
  .regex(/^[0-9A-Za-z]{1,16}$/, 'a customer number of at most 16 letters or digits')
  .brand<'ConsNo'>()
export type ConsNo = z.output<typeof ConsNo>

export const UserId = z
  .string()
  .regex(/^[A-Za-z0-9._@:-]{1,64}$/, 'a user id')
  .brand<'UserId'>()
export type UserId = z.output<typeof UserId>

export const Uuid = z.uuid().brand<'Uuid'>()
export type Uuid = z.output<typeof Uuid>

/** A trade of the national classification: the same code means other trades in other editions, so both belong together. */
export const TradeStandard = z.enum(['GB/T 4754-2002', 'GB/T 4754-2011', 'GB/T 4754-2017'])
export type TradeStandard = z.output<typeof TradeStandard>
export const TradeCode = z
  .string()
  .regex(/^[A-Z]?\d{1,4}$|^[A-Z]$/, 'a trade code of the national classification')
  .brand<'TradeCode'>()
export type TradeCode = z.output<typeof TradeCode>

/** Free text that a person wrote: something visible, and nothing that no engine keeps. */
export const Text = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(2000)
  .refine((text) => text.isWellFormed() && !text.includes('\0'), 'must be well-formed text')
export const Name = Text.max(200)
/** A short code or label as a source system writes it, at most so many characters and only what every engine keeps. */
export const label = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'must be well-formed text')

/** Who did it and when; stands in every event's payload so that four eyes can be decided from the stream alone. */
export const signed = { at: Instant, by: UserId }
