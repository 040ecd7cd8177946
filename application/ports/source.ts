import type { Source } from '#domain/extraction/fields.ts'
import type { SourceRow } from '#domain/extraction/rows.ts'
import type { BillMonth, BusinessDate, Instant } from '#domain/shared/dates.ts'
import type { ConsNo, OrgCode, ProvinceCode, TradeCode, TradeStandard, UserId } from '#domain/shared/identity.ts'
import type { Fen, Kwh, Va } from '#domain/shared/quantities.ts'

/** One line of a file as it came; `line` counts from 1 and the header is the first. */
export type RawLine = { readonly line: number; readonly raw: string; readonly fields: readonly string[] }

/** The file as such cannot be read: not CSV, broken gzip, no UTF-8, a line without end. Nothing of it was kept. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile'
}

/** Reads CSV (gzip is recognised by its first bytes) in groups of lines, with bounded memory. Throws UnreadableFile. */
export type ReadLines = (bytes: AsyncIterable<Uint8Array>, onBytes?: (count: number) => void) => AsyncIterable<readonly RawLine[]>

/** SHA-256 of what is fed to it. */
export type Digesting = { readonly update: (text: string) => void; readonly hex: () => string }

/** What is wrong with one field of one line. */
export type Problem = { readonly field: string; readonly code: ProblemCode; readonly reason: string }
export type ProblemCode =
  | 'REQUIRED'
  | 'BAD_VALUE'
  | 'WRONG_COLUMN_COUNT'
  | 'UNKNOWN_PROVINCE'
  | 'FORBIDDEN_SCOPE'
  | 'FUTURE_DATE'
  | 'INCONSISTENT'
  | 'DUPLICATE_KEY'

export type Incoming =
  | { readonly line: number; readonly province: ProvinceCode; readonly row: SourceRow }
  /** `province` is undefined when the line belongs to none that we know. */
  | { readonly line: number; readonly province: ProvinceCode | undefined; readonly raw: string; readonly problems: readonly Problem[] }

export type Key = { readonly province: ProvinceCode; readonly date: BusinessDate; readonly source: Source }
export type Unmapped = { readonly field: string; readonly code: string; readonly rows: number; readonly example?: ConsNo | undefined }

/** The run of an extraction whose rows stand now. */
export type Batch = Key & {
  readonly run: number
  readonly sha256: string
  readonly fileName?: string | undefined
  readonly received: number
  readonly unmapped: readonly Unmapped[]
  readonly by: UserId
  readonly at: Instant
}
export type Stored = {
  readonly rows: number
  readonly amount: Fen | undefined
  readonly electricity: Kwh | undefined
  readonly quarantined: number
  /** The second and later lines of one key: set aside, with their sums, so that the totals can be reconciled. */
  readonly duplicates: { readonly rows: number; readonly amount: Fen; readonly electricity: Kwh }
}
/** What came in is not what would be kept; nothing of the province's part was changed. */
export class NotReconciled extends Error {
  override readonly name = 'NotReconciled'
}

/** One file on its way in. Nothing of it is seen by others before `store`. */
export type Intake = {
  readonly put: (rows: readonly Incoming[]) => Promise<void>
  /** All lines are in. */
  readonly finish: () => Promise<void>
  /** Runs `work` while nobody else imports the same province, date and source. */
  readonly alone: <T>(key: Key, work: () => Promise<T>) => Promise<T>
  readonly current: (key: Key) => Promise<{ readonly run: number; readonly sha256: string } | undefined>
  /**
   * One transaction: the day's earlier rows and quarantine go, this file's come. `agree` is asked inside it whether the
   * stored totals are right; when it says no, NotReconciled is thrown and nothing has changed.
   */
  readonly store: (batch: Batch, agree: (stored: Stored) => boolean) => Promise<Stored>
  /** Keeps what belongs to no province we know, and answers how many lines that are. */
  readonly setAsideUnattributed: (date: BusinessDate) => Promise<number>
  readonly close: () => Promise<void>
}

export type SourceStore = { readonly open: (source: Source) => Promise<Intake> }

export type BatchView = Key & {
  readonly run: number
  readonly sha256: string
  readonly fileName: string | undefined
  readonly received: number
  readonly stored: number
  readonly amount: Fen | undefined
  readonly electricity: Kwh | undefined
  readonly quarantined: number
  readonly unmapped: readonly Unmapped[]
  readonly watermark: BusinessDate | undefined
  readonly by: UserId
  readonly at: Instant
}
export type QuarantinedLine = Problem & { readonly line: number; readonly raw: string }

/** What extraction has brought, for those who look after it. */
export type ExtractionRecord = {
  /** Newest date first; `after` is the key of the last one seen. `provinces` undefined means all. */
  readonly list: (
    filter: { readonly provinces: readonly ProvinceCode[] | undefined; readonly source: Source | undefined; readonly date: BusinessDate | undefined },
    page: { readonly after: Key | undefined; readonly limit: number },
  ) => Promise<readonly BatchView[]>
  readonly find: (key: Key) => Promise<BatchView | undefined>
  /**
   * Up to which day each province's figures have come: the last for which bills and payments are in, and readings where it
   * sends any. A province without bills or payments is absent.
   */
  readonly lastDays: () => Promise<ReadonlyMap<ProvinceCode, BusinessDate>>
  /** `province` undefined: the lines that belong to none we know. In order of line, in groups. */
  readonly quarantine: (province: ProvinceCode | undefined, date: BusinessDate, source: Source) => AsyncIterable<readonly QuarantinedLine[]>
}

/** One receivable record that counts as arrears when unpaid; instalment kinds are not among them. */
export type Receivable = { readonly billMonth: BillMonth; readonly dueOn: BusinessDate; readonly amount: Fen }
/**
 * One movement on a bill month, negative for a reversal: a receipt, an applied prepayment or instalment, a write-off, or a penalty,
 * which is no principal. `creditedOn` undefined or later than the date: still in transit.
 */
export type Receipt = {
  readonly billMonth: BillMonth
  readonly kind: string
  readonly amount: Fen
  readonly paidOn: BusinessDate
  readonly creditedOn: BusinessDate | undefined
}
/** What the source knows of one user for one date, bills and receipts of closed years left out. */
export type UserFigures = {
  readonly consNo: ConsNo
  readonly name: string
  readonly orgCode: OrgCode
  readonly tradeStandard: TradeStandard
  readonly tradeCode: TradeCode
  readonly hecClass: string | undefined
  readonly electType: string | undefined
  readonly voltage: string | undefined
  readonly contractCapacity: Va
  readonly runningCapacity: Va
  readonly residential: boolean
  readonly powerOffOn: BusinessDate | undefined
  readonly electricityDay: Kwh | null
  readonly electricityMonthToDate: Kwh
  /** 预存余额: prepaid and not applied, and what was paid beyond a bill. */
  readonly prepaidBalance: Fen
  /** 在途: paid by this date, credited later. */
  readonly inTransit: Fen
  /** 当日实收: money credited on this date to bills. Applied prepayments, penalties and write-offs are none. */
  readonly receivedToday: Fen
  readonly receivables: readonly Receivable[]
  readonly receipts: readonly Receipt[]
  readonly instalment: { readonly periods: number; readonly planned: Fen; readonly received: Fen } | undefined
}

/** The figures of a province's users as they stood at the end of a date, in one round trip; unknown customers are absent. */
export type SourceFigures = (province: ProvinceCode, date: BusinessDate, users: readonly ConsNo[]) => Promise<readonly UserFigures[]>
