import { BlockList, isIP } from 'node:net'

/** Addresses that are not the public internet: this host, private and shared networks, link-local, documentation, multicast, and what embeds another address. */
const NOT_PUBLIC = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  '::ffff:0:0/96',
  '::ffff:0:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]

/** One network such as 10.20.0.0/16 or fd00::/8, or a single address. */
export const isNetwork = (text: string): boolean => {
  const [address = '', prefix, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
}

/** One list a family: a joint one would take every IPv4 address for one that ::ffff:0:0/96 embeds. */
const listsOf = (networks: readonly string[]): { readonly 4: BlockList; readonly 6: BlockList } => {
  const lists = { 4: new BlockList(), 6: new BlockList() }
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    if (isIP(address) === 6) lists[6].addSubnet(address, prefix === undefined ? 128 : Number(prefix), 'ipv6')
    else lists[4].addSubnet(address, prefix === undefined ? 32 : Number(prefix), 'ipv4')
  }
  return lists
}

const closed = listsOf(NOT_PUBLIC)

/** Whether an address may be called: a public one, or one of the networks that are allowed. */
export const reachableThrough = (allowed: readonly string[]): ((address: string) => boolean) => {
  const open = listsOf(allowed)
  return (address) => {
    const family = isIP(address)
    if (family === 6) return open[6].check(address, 'ipv6') || !closed[6].check(address, 'ipv6')
    return family === 4 && (open[4].check(address, 'ipv4') || !closed[4].check(address, 'ipv4'))
  }
}
