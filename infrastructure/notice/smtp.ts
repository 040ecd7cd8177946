import { createTransport } from 'nodemailer'
import type { Deliver } from '#application/ports/notice.ts'
import { sentenceOf } from '#domain/shared/notice.ts'

export type SmtpOptions = {
  /** smtp://user:password@host:port or smtps://… */
  readonly url: string
  readonly from: string
  readonly timeoutMs: number
}

const HERE = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Notices by mail, plain text in both languages. The same notice has the same Message-ID however often it is sent. */
export const smtp = ({ url, from, timeoutMs }: SmtpOptions): Deliver & { readonly close: () => void } => {
  const { protocol, hostname, port, username, password } = new URL(url)
  const secure = protocol === 'smtps:'
  const transport = createTransport({
    host: hostname,
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    // A password goes over an encrypted connection, or to this host alone.
    requireTLS: !secure && username !== '' && !HERE.has(hostname),
    ...(username !== '' && { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = from.split('@').at(-1)?.replace(/>$/, '') ?? 'epm'
  const deliver: Deliver = async ({ deliveryId, target, notice }) => {
    const { zh, en } = sentenceOf(notice)
    try {
      await transport.sendMail({
        from,
        to: { name: '', address: target },
        subject: zh.length > 120 ? `${zh.slice(0, 119)}…` : zh,
        text: `${zh}\n\n${en}\n`,
        messageId: `<${deliveryId}@${domain}>`,
        headers: { 'X-Epm-Notice-Id': deliveryId },
      })
      return { ok: true }
    } catch (error) {
      const { responseCode, code } = error as { readonly responseCode?: unknown; readonly code?: unknown }
      // 5xx: the server will not take this mail, ever; anything else may be better later.
      if (typeof responseCode === 'number') return { ok: false, fault: `the mail server answered ${responseCode}`, again: responseCode < 500 }
      return { ok: false, fault: typeof code === 'string' ? code : 'the mail could not be sent', again: true }
    }
  }
  return Object.assign(deliver, { close: () => transport.close() })
}
