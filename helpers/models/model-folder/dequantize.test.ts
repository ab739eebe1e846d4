import { expect, test } from 'vitest'
import { asBf16, dequantize, LAYOUTS } from './dequantize.ts'

/** Random blocks, and what the Python package gguf 0.19.0 makes of them: weights 0, 1, 15, 16, 31 and their sum. */
test.for([
  [
    'Q4_0',
    '4c222279f3bd068366a852c1bb9651f3cd18',
    [-0.07379150390625, 0.012298583984375, 0, -0.07379150390625, -0.086090087890625],
    -0.3935546875,
  ],
  [
    'Q4_1',
    '4c2200b8d26facd2aeb0daf2a972cd3fa02fd44f',
    [-0.47540283203125, -0.315521240234375, -0.315521240234375, -0.340118408203125, -0.4508056640625],
    -12.53179931640625,
  ],
  [
    'Q8_0',
    '4c2278de451f5f6c246dee453351e4d3ca3aca414c46c1682afad1a4022cb28c6202',
    [1.475830078125, -0.41815185546875, 0.71331787109375, -0.66412353515625, 0.02459716796875],
    8.547515869140625,
  ],
] as const)('%s', ([name, hex, weights, sum]) => {
  const layout = Object.values(LAYOUTS).find(known => known.name === name)!
  const found = dequantize(layout, Uint8Array.from(Buffer.from(hex, 'hex')))
  expect([0, 1, 15, 16, 31].map(i => found[i])).toEqual(weights)
  expect(found.reduce((a, b) => a + b)).toBe(sum)
})

test('halves: ordinary, denormal, negative', () => {
  const bytes = Uint8Array.from(new Uint8Array(Uint16Array.of(0x3c00, 0x0001, 0xc248).buffer))
  expect([...dequantize(LAYOUTS[1]!, bytes)]).toEqual([1, 2 ** -24, -3.140625])
})

test('bf16: the nearest, the even one of two, as torch rounds; and back', () => {
  const numbers = Float32Array.of(1, 1.00390625, 1.01171875, -Math.PI, 1e-3)
  const bits = asBf16(numbers)
  expect([...bits]).toEqual([16256, 16256, 16258, 65536 - 16311, 14979])
  expect([...dequantize(LAYOUTS[30]!, new Uint8Array(bits.buffer))].slice(0, 3)).toEqual([1, 1, 1.015625])
})
