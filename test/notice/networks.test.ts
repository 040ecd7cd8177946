import { describe, expect, test } from 'vitest'
import { isNetwork, reachableThrough } from '#infrastructure/notice/networks.ts'

const CLOSED = [
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.169.254',
  '192.0.2.9',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  'fe80::1',
  'fc00::1',
  'fd12:3456::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:0:127.0.0.1',
  '3fff::1',
  '::ffff:7f00:1',
  '::ffff:8.8.8.8',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '2001:db8::1',
  'not an address',
  '',
]
const OPEN = ['8.8.8.8', '172.15.255.255', '172.32.0.1', '192.167.255.255', '9.255.255.255', '11.0.0.1', '2400:3200::1', '2606:4700::1111']

describe('addresses that may be called', () => {
  test.each(CLOSED)('not %s', (address) => expect(reachableThrough([])(address)).toBe(false))
  test.each(OPEN)('%s', (address) => expect(reachableThrough([])(address)).toBe(true))
  test('also those of a private network that is allowed, and none beside it', () => {
    const reachable = reachableThrough(['10.20.0.0/16', '192.168.7.7', 'fd00:1::/32'])
    expect(['10.20.0.1', '10.20.255.254', '192.168.7.7', 'fd00:1:9::1'].map(reachable)).toEqual([true, true, true, true])
    expect(['10.21.0.1', '10.19.255.255', '192.168.7.8', 'fd00:2::1', '127.0.0.1'].map(reachable)).toEqual([false, false, false, false, false])
  })
})

test('a network is an address with or without a prefix', () => {
  expect(['10.0.0.0/8', '10.0.0.1', 'fd00::/8', '::1'].map(isNetwork)).toEqual([true, true, true, true])
  expect(['10.0.0.0/33', '10.0.0.0/8/8', 'fd00::/129', 'intranet', '', '10.0.0.0/x'].map(isNetwork)).toEqual([false, false, false, false, false, false])
})
