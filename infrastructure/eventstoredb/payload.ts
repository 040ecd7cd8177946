import { type EventData, type JSONType, jsonEvent } from '@eventstore/db-client'
import type { NewEvent } from '#application/ports/event-store.ts'

/**
 * An event as the client takes it, so that the bytes in the server are our canonical ones: the client writes data as JSON
 * anew, metadata as the bytes it gets. Marked as JSON, which other readers of the server rely on.
 */
export const toWire = ({ id, type, data, metadata }: NewEvent): EventData =>
  jsonEvent({ id, type, data: fromCanonical(data) as JSONType, metadata: new TextEncoder().encode(metadata) })

/** A member named by a number, which JavaScript would move to the front. */
const NUMBERED = /"\d+":/

/** A value that JSON.stringify writes exactly as the canonical text it came from. */
const fromCanonical = (canonical: string): unknown => (NUMBERED.test(canonical) ? JSON.parse(canonical, canonicalOrder) : JSON.parse(canonical))

const canonicalOrder = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? new Proxy(value, { ownKeys: (target) => Object.keys(target).sort(byCodeUnit) }) : value

const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : 1)
