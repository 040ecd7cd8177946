import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createServer as createTcpServer, type Socket } from 'node:net'
import type { Delivery } from '#application/ports/notice.ts'
import type { Notice } from '#domain/shared/notice.ts'
import { org, province, shanghai, user } from '#test/support/arbitraries/values.ts'

export const now = shanghai('2026-03-03', '09:00')
export const notice: Notice = {
  no: 0,
  kind: 'order-issued',
  at: now,
  by: user('hq.lead'),
  orgCode: org('P13S'),
  roles: ['PV_TARIFF', 'PV_LEAD'],
  province: province('P13S'),
  orderNo: '20260303-1',
  facts: { signDueAt: shanghai('2026-03-03', '11:30'), feedbackDueAt: shanghai('2026-03-05', '17:30') },
}
export const delivery = (target: string, over: Partial<Delivery> = {}): Delivery => ({
  ...{ deliveryId: 'e1.0.s1', channel: 'webhook', target, secret: 'a shared secret', notice },
  ...over,
})

type Called = { readonly headers: IncomingHttpHeaders; readonly url: string | undefined; readonly body: string }

/** A receiver of webhooks that answers what it is told to, and remembers what it was told. */
export const receiver = async (
  answer: (call: number) => { readonly status: number; readonly headers?: Record<string, string> } | 'silence' = () => ({ status: 204 }),
) => {
  const calls: Called[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      calls.push({ headers: request.headers, url: request.url, body: Buffer.concat(chunks).toString() })
      const said = answer(calls.length)
      if (said !== 'silence') response.writeHead(said.status, said.headers).end('an answer that nobody reads')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    calls,
    port,
    url: `http://127.0.0.1:${port}/hook?token=t0p-secret`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

type Mail = { readonly from: string; readonly to: readonly string[]; readonly data: string; readonly user: string | undefined }

/** So much of a mail server as takes a mail: EHLO, AUTH PLAIN, MAIL, RCPT, DATA. `refuse` answers RCPT with its code. */
export const mailServer = async (refuse: (to: string) => number | undefined = () => undefined) => {
  const mails: Mail[] = []
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.setEncoding('utf8').on('error', () => undefined)
    let [rest, from, data, user]: [string, string, string | undefined, string | undefined] = ['', '', undefined, undefined]
    let to: string[] = []
    const say = (line: string) => socket.write(`${line}\r\n`)
    const command = (line: string): void => {
      const verb = line.slice(0, 4).toUpperCase()
      if (verb === 'EHLO') say('250-stub\r\n250 AUTH PLAIN')
      else if (verb === 'AUTH') {
        user = Buffer.from(line.split(' ')[2] ?? '', 'base64')
          .toString()
          .split('\0')[1]
        say('235 ok')
      } else if (verb === 'MAIL') {
        from = /<(.*)>/.exec(line)?.[1] ?? ''
        to = []
        say('250 ok')
      } else if (verb === 'RCPT') {
        const whom = /<(.*)>/.exec(line)?.[1] ?? ''
        const code = refuse(whom)
        if (code === undefined) to.push(whom)
        say(code === undefined ? '250 ok' : `${code} no`)
      } else if (verb === 'DATA') {
        data = ''
        say('354 go on')
      } else if (verb === 'QUIT') {
        say('221 bye')
        socket.end()
      } else say('250 ok')
    }
    say('220 stub')
    socket.on('data', (chunk: string) => {
      rest += chunk
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end)
        rest = rest.slice(end + 2)
        if (data === undefined) command(line)
        else if (line === '.') {
          mails.push({ from, to, data, user })
          data = undefined
          say('250 taken')
        } else data += `${line}\n`
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    mails,
    url: `smtp://epm:p%40ss@127.0.0.1:${port}`,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}
