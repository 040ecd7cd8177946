import type { Instant } from '#domain/shared/dates.ts'
import { accept, type Decider, type Decision, reject } from '#domain/shared/decider.ts'
import type { ProvinceCode, UserId } from '#domain/shared/identity.ts'
import type { BulletinCommand } from './commands.ts'
import type { BulletinEvent } from './events.ts'
import type { BulletinRejection } from './rejections.ts'

type Content = Pick<Extract<BulletinEvent, { type: 'BulletinPublished' }>['data'], 'bulletinId' | 'title' | 'text' | 'provinces' | 'orders' | 'expiresAt'>
type Receipt = { readonly at: Instant; readonly by: UserId }
type Published = {
  readonly content: Content
  /** 已读: the first reader of each province. */
  readonly read: ReadonlyMap<ProvinceCode, Receipt>
}

/** 通报: absent, published, withdrawn. That it has expired follows from the clock alone. */
export type Bulletin =
  | { readonly status: 'absent' }
  | ({ readonly status: 'published' } & Published)
  | ({ readonly status: 'withdrawn'; readonly withdrawnAt: Instant } & Published)

type Data<T extends BulletinCommand['type']> = Extract<BulletinCommand, { type: T }>['data']
type Answer = Decision<BulletinEvent, BulletinRejection>

/** What headquarters tells provinces: published once, read by each, perhaps withdrawn; never changed. */
export const bulletin: Decider<BulletinCommand, Bulletin, BulletinEvent, BulletinRejection> = {
  initial: { status: 'absent' },

  decide: (command, state) => {
    if (command.type === 'PublishBulletin') return publish(command.data, state)
    if (state.status === 'absent') return reject({ code: 'NOT_FOUND' })
    return command.type === 'ReadBulletin' ? read(command.data, state) : withdraw(command.data, state)
  },

  evolve: (state, { type, data }) => {
    switch (type) {
      case 'BulletinPublished': {
        const { at: _, by: __, ...content } = data
        return { status: 'published', content, read: new Map() }
      }
      case 'BulletinRead':
        return state.status === 'absent' ? state : { ...state, read: new Map([...state.read, [data.province, { at: data.at, by: data.by }]]) }
      case 'BulletinWithdrawn':
        return state.status === 'absent' ? state : { ...state, status: 'withdrawn', withdrawnAt: data.at }
    }
  },
}

const publish = (data: Data<'PublishBulletin'>, state: Bulletin): Answer => {
  const { at, expiresAt } = data
  const published = { ...data, provinces: [...new Set(data.provinces)], orders: [...new Set(data.orders)] }
  if (state.status !== 'absent')
    return sameContent(state.content, published) ? accept() : reject({ code: 'ALREADY_PUBLISHED', bulletinId: state.content.bulletinId })
  if (expiresAt !== undefined && expiresAt <= at) return reject({ code: 'EXPIRES_IN_PAST', expiresAt })
  return accept({ type: 'BulletinPublished', data: published })
}

/** 签阅, once for each province; of an expired one too, for it was published to be read. */
const read = ({ at, by, province }: Data<'ReadBulletin'>, state: Exclude<Bulletin, { status: 'absent' }>): Answer => {
  const { bulletinId, provinces } = state.content
  if (!provinces.includes(province)) return reject({ code: 'NOT_ADDRESSED', province })
  if (state.read.has(province)) return accept()
  if (state.status === 'withdrawn') return reject({ code: 'BULLETIN_WITHDRAWN', withdrawnAt: state.withdrawnAt })
  return accept({ type: 'BulletinRead', data: { at, by, bulletinId, province } })
}

const withdraw = ({ at, by, reason }: Data<'WithdrawBulletin'>, { status, content: { bulletinId } }: Exclude<Bulletin, { status: 'absent' }>): Answer =>
  status === 'withdrawn' ? accept() : accept({ type: 'BulletinWithdrawn', data: { at, by, bulletinId, reason } })

const sameContent = (a: Content, b: Content): boolean =>
  a.title === b.title && a.text === b.text && a.expiresAt === b.expiresAt && sameSet(a.provinces, b.provinces) && sameSet(a.orders, b.orders)

const sameSet = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((one) => b.includes(one))
