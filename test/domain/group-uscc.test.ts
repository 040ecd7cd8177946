import { describe, expect, test } from 'vitest'
import { Uscc } from '#domain/group-user/fields.ts'
import { usccHolds } from '#domain/group-user/uscc.ts'
import { code } from '#test/support/group-user.ts'

const SIGNS = '0123456789ABCDEFGHJKLMNPQRTUWXY'

/** As published by the companies themselves. */
const KNOWN = [
  ['国家电网', '9111000071093123XX'],
  ['中国石油天然气股份', '91110000710925462X'],
  ['中国石油化工股份', '91110000710926094P'],
  ['中国工商银行', '91100000100003962T'],
  ['宝山钢铁', '91310000631696382C'],
  ['华为技术', '914403001922038216'],
  ['腾讯计算机系统', '91440300708461136T'],
  ['阿里巴巴（中国）', '91330100799655058B'],
  ['万科企业', '91440300192181490G'],
  ['珠海格力电器', '91440400192548256N'],
  ['比亚迪', '91440300192317458F'],
  ['美的集团', '91440606722473344C'],
  ['小米科技', '91110108551385082Q'],
] as const

describe('a unified social credit code', () => {
  test.each(KNOWN)('of %s holds', (_, text) => {
    expect(Uscc.safeParse(text).success).toBe(true)
    expect(usccHolds(code(text))).toBe(true)
  })

  test('with any one sign changed to any other does not: the weights are no multiples of 31', () => {
    let tried = 0
    for (const [, text] of KNOWN)
      for (let place = 0; place < text.length; place++)
        for (const sign of SIGNS) {
          if (sign === text[place]) continue
          tried++
          const wrong = code(text.slice(0, place) + sign + text.slice(place + 1))
          expect(usccHolds(wrong), `${wrong} differs from ${text} at ${place}`).toBe(false)
        }
    expect(tried).toBe(KNOWN.length * 18 * 30)
  })

  test('with two neighbours swapped does not', () => {
    for (const [, text] of KNOWN)
      for (let place = 0; place < 16; place++) {
        const [a, b] = [text[place]!, text[place + 1]!]
        if (a !== b) expect(usccHolds(code(text.slice(0, place) + b + a + text.slice(place + 2)))).toBe(false)
      }
  })

  test.each(['91110000710925462I', '9111000071092546', '91110000710925462x', '91110000710925462O', ''])('is refused by its form: %s', (text) =>
    expect(Uscc.safeParse(text).success).toBe(false),
  )
})
