import { label, OrgCode, TradeCode, TradeStandard } from './identity.ts'
import { Va } from './quantities.ts'

/** What is known of a customer and his supply, in every record that keeps it. `hecClass` is the marketing system's high-energy class. */
export const supply = {
  orgCode: OrgCode,
  standard: TradeStandard,
  tradeCode: TradeCode,
  hecClass: label(8).optional(),
  electType: label(32).optional(),
  voltage: label(16).optional(),
  contractCapacity: Va,
  runningCapacity: Va,
} as const
