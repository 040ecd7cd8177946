import { expect, test } from 'vitest'
import { z } from 'zod'
import { catalogue } from '#domain/catalogue.ts'
import { type Catalogue, event } from '#domain/shared/catalogue.ts'
import { masked, maskPersonal } from '#domain/shared/personal.ts'

test('a mask leaves enough to recognise, and no more; masked again it stays so', () => {
  expect(['张伟', '张', '欧阳娜娜', 'Li Ming', '13800001234', ''].map(masked)).toEqual(['张*', '张', '欧***', 'Li **ng', '138******34', ''])
  expect(masked(masked('13800001234'))).toBe('138******34')
})

test('what a schema marks is masked wherever it stands, the rest is left as it is', () => {
  const name = z.string().meta({ personal: true })
  const events: Catalogue = {
    Met: event(z.strictObject({ who: name.optional(), maybe: name.nullable(), room: z.string(), others: z.array(z.strictObject({ name, age: z.int() })) })),
    Dull: event(z.strictObject({ room: z.string() })),
  }
  expect(maskPersonal(events, 'Met', { who: '张伟', maybe: null, room: '张伟', others: [{ name: '李明', age: 4 }], more: 1 })).toEqual({
    who: '张*',
    maybe: null,
    room: '张伟',
    others: [{ name: '李*', age: 4 }],
    more: 1,
  })
  const dull = { room: '张伟' }
  expect(maskPersonal(events, 'Dull', dull)).toBe(dull)
  expect(maskPersonal(events, 'Unknown', dull)).toBe(dull)
})

test('contacts are the events that name persons', () => {
  const personal = Object.values(catalogue).flatMap((events: Catalogue) =>
    Object.entries(events).flatMap(([type, { schema }]) =>
      JSON.stringify(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })).includes('"personal":true') ? [type] : [],
    ),
  )
  expect(personal).toEqual(['ContactLogged'])
  const data = { person: '张伟', phone: '13800001234', outcome: '承诺周五付款' }
  expect(maskPersonal(catalogue.HighRiskUser, 'ContactLogged', data)).toEqual({ person: '张*', phone: '138******34', outcome: '承诺周五付款' })
})
