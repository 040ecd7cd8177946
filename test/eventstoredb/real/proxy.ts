import { connect, createServer, type Socket } from 'node:net'

export type Proxy = { readonly url: string; readonly cut: () => void; readonly close: () => void }

/** Stands between a client and the one server of an `esdb://host:port` and cuts what is connected when it is told. */
export const startProxy = async (url: string): Promise<Proxy> => {
  const target = /^(?<scheme>esdb:\/\/(?:[^@/]*@)?)(?<host>[^:/?,]+)(?::(?<port>\d+))?(?<rest>.*)$/.exec(url)?.groups
  if (!target) throw new Error('the proxy needs the address of one node, esdb://host:port')
  const { scheme, host, port = '2113', rest } = target
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(port), host!)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  const listening = await new Promise<number>((done) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      done(typeof address === 'object' && address ? address.port : 0)
    })
  })
  return {
    url: `${scheme}127.0.0.1:${listening}${rest}`,
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
