import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decode, encode, type Field, ImageError, zigzag } from './wire.ts'

const number = fc.integer({ min: 1, max: 0x1fff_ffff })
const bytes = (constraints: fc.IntArrayConstraints = { maxLength: 300 }) => fc.uint8Array(constraints)
const field: fc.Arbitrary<Field> = fc.oneof(
  fc.record({ number, type: fc.constant(0 as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  fc.record({ number, type: fc.constant(1 as const), value: bytes({ minLength: 8, maxLength: 8 }) }),
  fc.record({ number, type: fc.constant(2 as const), value: bytes() }),
  fc.record({ number, type: fc.constant(5 as const), value: bytes({ minLength: 4, maxLength: 4 }) }),
)

test('every message comes back as it was, fields nobody knows and their order too', () => {
  fc.assert(
    fc.property(fc.array(field), fields => {
      expect(decode(encode(fields)).map(plain)).toEqual(fields.map(plain))
    }),
  )
})

test('garbage is either a message or an ImageError', () => {
  fc.assert(
    fc.property(bytes({ maxLength: 60 }), garbage => {
      try {
        decode(garbage)
      } catch (error) {
        expect(error).toBeInstanceOf(ImageError)
      }
    }),
    { numRuns: 1000 },
  )
})

test('a message that was cut says where', () => {
  expect(() => decode(encode([{ number: 1, type: 2, value: Buffer.from('pages') }]).subarray(0, 4))).toThrow(
    '5 bytes wanted at byte 2, 2 are left',
  )
})

test('a number of more than 64 bits is refused', () => {
  expect(() => decode(Uint8Array.from([8, ...Array<number>(9).fill(255), 2]))).toThrow('more than 64 bits')
})

test('signed numbers are zigzag', () => {
  expect([0, -1, 1, -2, 83].map(value => zigzag.encode(value))).toEqual([0n, 1n, 2n, 3n, 166n])
  fc.assert(fc.property(fc.maxSafeInteger(), value => zigzag.decode(zigzag.encode(value)) === value))
})

const plain = ({ number, type, value }: Field) => ({
  number,
  type,
  value: typeof value === 'bigint' ? value : Buffer.from(value).toString('hex'),
})
