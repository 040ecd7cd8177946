import type { UserFigures } from '../ports/source.ts'

/** A customer and his supply, as the source has them, in the names of reports and records. */
export const supplyOf = ({ orgCode, tradeStandard, tradeCode, hecClass, electType, voltage, contractCapacity, runningCapacity }: UserFigures) => ({
  orgCode,
  standard: tradeStandard,
  tradeCode,
  ...(hecClass !== undefined && { hecClass }),
  ...(electType !== undefined && { electType }),
  ...(voltage !== undefined && { voltage }),
  contractCapacity,
  runningCapacity,
})
