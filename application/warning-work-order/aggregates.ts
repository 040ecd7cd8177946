import type { BusinessDate } from '#domain/shared/dates.ts'
import type { ConsNo, ProvinceCode } from '#domain/shared/identity.ts'
import { type StreamName, streamName } from '#domain/shared/stream-name.ts'
import { orderNumberEvents, warningRunEvents, warningSilenceEvents, warningSubjectEvents, warningWorkOrderEvents } from '#domain/warning-work-order/events.ts'
import type { OrderNo } from '#domain/warning-work-order/fields.ts'
import { orderNumbers } from '#domain/warning-work-order/numbers.ts'
import { warningWorkOrder } from '#domain/warning-work-order/order.ts'
import { warningRun } from '#domain/warning-work-order/run.ts'
import { warningSilences } from '#domain/warning-work-order/silences.ts'
import { warningSubject } from '#domain/warning-work-order/subject.ts'

export const warningWorkOrderAggregate = { catalogue: warningWorkOrderEvents, decider: warningWorkOrder }
export const warningSubjectAggregate = { catalogue: warningSubjectEvents, decider: warningSubject }
export const warningSilencesAggregate = { catalogue: warningSilenceEvents, decider: warningSilences }
export const warningRunAggregate = { catalogue: warningRunEvents, decider: warningRun }
export const orderNumbersAggregate = { catalogue: orderNumberEvents, decider: orderNumbers }

const compact = (date: BusinessDate): string => date.replaceAll('-', '')

export const warningWorkOrderStream = (orderNo: OrderNo): StreamName => streamName('WarningWorkOrder', ...orderNo.split('-'))
export const warningSubjectStream = ({ province, consNo }: { readonly province: ProvinceCode; readonly consNo: ConsNo }): StreamName =>
  streamName('WarningSubject', province, consNo)
export const WARNING_SILENCES = streamName('WarningSilences', 'national')
export const orderNumbersStream = (date: BusinessDate): StreamName => streamName('OrderNumbers', compact(date))

/** 工单号 of a day. */
export const orderNoOf = (date: BusinessDate, no: number): OrderNo => `${compact(date)}-${no}` as OrderNo
