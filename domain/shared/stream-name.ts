/** `<Category>-<id>`: the engines cut the category at the first dash, so a category has none; parts of an id are joined with `_`. */
export type StreamName = string & { readonly __brand: 'StreamName' }
export type Category =
  | 'IndustryList'
  | 'DailyReport'
  | 'HighRiskUser'
  | 'Organisation'
  | 'WorkCalendar'
  | 'Extraction'
  | 'ScreeningRuleSet'
  | 'WarningWorkOrder'
  | 'WarningSubject'
  | 'WarningSilences'
  | 'WarningRun'
  | 'OrderNumbers'
  | 'Bulletin'
  | 'GroupUser'
  | 'GroupRegister'
  | 'GroupLink'
  | 'GroupRelease'

/** Throws when a part is empty or carries a character that would make the name ambiguous. */
export const streamName = (category: Category, ...parts: readonly string[]): StreamName => {
  for (const part of parts) if (!/^[0-9A-Za-z]+$/.test(part)) throw new RangeError(`"${part}" cannot stand in a stream name`)
  return `${category}-${parts.join('_')}` as StreamName
}

/** The kind of thing that a stream is about: what stands before the first dash, as EventStoreDB cuts it. */
export const categoryOf = (stream: StreamName): string => stream.slice(0, stream.indexOf('-'))
/** What tells a stream from others of its category, part by part. */
export const idsOf = (stream: StreamName): readonly string[] => stream.slice(stream.indexOf('-') + 1).split('_')
