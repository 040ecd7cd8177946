import { type BusinessDate, businessDateOf } from '#domain/shared/dates.ts'
import { accept, type Decider, type Decision, reject } from '#domain/shared/decider.ts'
import type { ProvinceCode } from '#domain/shared/identity.ts'
import type { ExtractionCommand } from './commands.ts'
import type { ExtractionEvent } from './events.ts'
import type { Source } from './fields.ts'
import type { ExtractionRejection } from './rejections.ts'

type Run = { readonly province: ProvinceCode; readonly date: BusinessDate; readonly source: Source; readonly run: number }

/** The extraction of one day, province and source. Its last run is what counts; each new one replaces the rows of the one before. */
export type Extraction =
  | { readonly status: 'absent' }
  | (Run & { readonly status: 'running' | 'failed' })
  | (Run & { readonly status: 'completed'; readonly sha256: string })

type Data<T extends ExtractionCommand['type']> = Extract<ExtractionCommand, { type: T }>['data']
type Answer = Decision<ExtractionEvent, ExtractionRejection>

/** 数据抽取: start, then completed or failed. A run whose process died is failed by whoever finds it, before the next can start. */
export const extraction: Decider<ExtractionCommand, Extraction, ExtractionEvent, ExtractionRejection> = {
  initial: { status: 'absent' },

  decide: (command, job) => {
    switch (command.type) {
      case 'StartExtraction':
        return start(command.data, job)
      case 'CompleteExtraction':
        if (job.status === 'absent') return reject({ code: 'NOT_FOUND' })
        if (job.status === 'completed' && job.sha256 === command.data.sha256) return accept() // completed already
        return job.status === 'running' ? complete(command.data, job) : reject({ code: 'INVALID_STATE', status: job.status })
      case 'FailExtraction':
        if (job.status === 'absent') return reject({ code: 'NOT_FOUND' })
        if (job.status === 'failed') return accept()
        return job.status === 'running' ? fail(command.data, job) : reject({ code: 'INVALID_STATE', status: job.status })
    }
  },

  evolve: (job, { type, data }) => {
    switch (type) {
      case 'ExtractionStarted': {
        const { province, date, source, run } = data
        return { status: 'running', province, date, source, run }
      }
      case 'ExtractionCompleted':
        return job.status === 'running' ? { ...job, status: 'completed', sha256: data.sha256 } : job
      case 'ExtractionFailed':
        return job.status === 'running' ? { ...job, status: 'failed' } : job
    }
  },
}

const start = (data: Data<'StartExtraction'>, job: Extraction): Answer => {
  const today = businessDateOf(data.at)
  if (job.status === 'running') return reject({ code: 'ALREADY_RUNNING', run: job.run })
  if (data.date > today) return reject({ code: 'FUTURE_DATE', date: data.date, today })
  return accept({ type: 'ExtractionStarted', data: { ...data, run: job.status === 'absent' ? 1 : job.run + 1 } })
}

/** Every row that came was stored or set aside. */
const complete = (data: Data<'CompleteExtraction'>, { province, date, source, run }: Run): Answer => {
  const { received, stored, quarantined } = data
  if (received.rows !== stored.rows + quarantined) return reject({ code: 'ROWS_NOT_RECONCILED', received: received.rows, stored: stored.rows, quarantined })
  return accept({ type: 'ExtractionCompleted', data: { ...data, province, date, source, run } })
}

const fail = ({ at, by, reason }: Data<'FailExtraction'>, { province, date, source, run }: Run): Answer =>
  accept({ type: 'ExtractionFailed', data: { at, by, province, date, source, run, reason } })
