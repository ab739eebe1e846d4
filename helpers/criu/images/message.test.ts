import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Message } from './message.ts'
import { type Field, ImageError } from './wire.ts'

const message = new Message().with(7, 1).with(1, 4096).with(9, 'text').with(20, new Message().with(1, 2))

test('a new field goes to its place in the order of numbers', () => {
  expect(message.with(8, -1).fields.map(({ number }) => number)).toEqual([1, 7, 8, 9, 20])
})

test('a changed field stays in its place, the others as they were', () => {
  const changed = message.with(7, 5)
  expect(changed.fields.map(({ number }) => number)).toEqual([1, 7, 9, 20])
  expect([changed.number(7), changed.text(9), changed.message(20)?.number(1)]).toEqual([5, 'text', 2])
  expect(message.number(7)).toBe(1)
})

test('a repeated message is replaced as a whole', () => {
  const one = new Message().with(1, 1)
  const list = new Message().with(13, 3).withMessages(14, [one, one, one]).with(15, 1)
  expect(list.withMessages(14, [one]).fields.map(({ number }) => number)).toEqual([13, 14, 15])
  expect(list.messages(14)).toHaveLength(3)
})

test("negative numbers are 64 bits of two's complement", () => {
  expect(new Message().with(1, -1).integer(1)).toBe(2n ** 64n - 1n)
})

test('repeated numbers are read packed and not', () => {
  const packed = new Message([{ number: 5, type: 2, value: Uint8Array.from([1, 172, 2]) }])
  expect(packed.numbers(5)).toEqual([1, 300])
  expect(new Message([1n, 300n].map(value => ({ number: 5, type: 0, value }))).numbers(5)).toEqual([1, 300])
})

test('what is missing or of another type is an ImageError', () => {
  expect(() => message.number(3)).toThrow(ImageError)
  expect(() => message.number(9)).toThrow('field 9 is not a number')
  expect(() => message.text(7)).toThrow('field 7 is a number')
})

test('whatever a message holds, reading it gives a value or an ImageError', () => {
  const bytes = fc.uint8Array({ maxLength: 40 })
  const field: fc.Arbitrary<Field> = fc.oneof(
    fc.record({
      number: fc.integer({ min: 1, max: 3 }),
      type: fc.constant(0 as const),
      value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    }),
    fc.record({ number: fc.integer({ min: 1, max: 3 }), type: fc.constant(2 as const), value: bytes }),
  )
  fc.assert(
    fc.property(fc.array(field), fields => {
      const read = new Message(fields)
      for (const get of [
        () => read.number(1),
        () => read.integer(1),
        () => read.numbers(1),
        () => read.text(1),
        () => read.message(1),
        () => read.messages(1),
        () => Message.decode(read.encode()).number(2, 0),
      ]) {
        try {
          get()
        } catch (error) {
          expect(error).toBeInstanceOf(ImageError)
        }
      }
    }),
    { numRuns: 500 },
  )
})
