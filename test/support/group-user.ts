import type { GroupLinkCommand, GroupRegisterCommand, GroupUserCommand } from '#domain/group-user/commands.ts'
import type { GroupLinkEvent, GroupRegisterEvent, GroupUserEvent } from '#domain/group-user/events.ts'
import type { GroupNo, GroupProfile, LinkId, Member, Uscc } from '#domain/group-user/fields.ts'
import { cons, day, province, shanghai, user } from './arbitraries/values.ts'

export const no = (text: string): GroupNo => text as GroupNo
export const link = (text: string): LinkId => text as LinkId
export const code = (text: string): Uscc => text as Uscc

/** Public codes of companies that exist. */
export const CODES = {
  petrochina: code('91110000710925462X'),
  sinopec: code('91110000710926094P'),
  baosteel: code('91310000631696382C'),
}

const at = shanghai('2026-03-02', '09:00')
export const today = day('2026-03-02')
const [groupClerk, hqLead, clerk, lead] = [user('hq.group'), user('hq.lead'), user('p13s.tariff'), user('p13s.lead')]
export const byGroup = { at, by: groupClerk }
export const byHqLead = { at, by: hqLead }
export const byClerk = { at, by: clerk }
export const byLead = { at, by: lead }
export const bySystem = { at, by: user('group-work') }

export const profile = (name: string, over: Partial<GroupProfile> = {}): GroupProfile => ({ name, kind: 'private', ...over })
export const member = (consNo: string, linkId = 'l1', of = 'P13S'): Member => ({ province: province(of), consNo: cons(consNo), linkId: link(linkId) })

export type OfRegister<T extends GroupRegisterCommand['type']> = Extract<GroupRegisterCommand, { type: T }>
export type OfGroup<T extends GroupUserCommand['type']> = Extract<GroupUserCommand, { type: T }>
export type OfLink<T extends GroupLinkCommand['type']> = Extract<GroupLinkCommand, { type: T }>
export type RegisterFact<T extends GroupRegisterEvent['type']> = Extract<GroupRegisterEvent, { type: T }>
export type GroupFact<T extends GroupUserEvent['type']> = Extract<GroupUserEvent, { type: T }>
export type LinkFact<T extends GroupLinkEvent['type']> = Extract<GroupLinkEvent, { type: T }>
