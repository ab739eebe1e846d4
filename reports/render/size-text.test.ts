import { expect, test } from 'vitest'
import type { SizeSeries } from '../analysis/sizes.ts'
import type { Settings } from '../run/schema.ts'
import { lineText, seriesName } from './size-text.ts'

const line = { fixed: 0.4921, seconds_per_byte: 1.9e-11, bytes_per_second: 52.6e9, sizes: 3, worst: 0.049 }
const series = (scenario: string, settings: Settings) => ({ scenario, settings }) as unknown as SizeSeries

test('a line is its fixed part and its speed, and how far to trust it', () => {
  expect(lineText(line)).toBe('0.492 s and 52.6 GB/s (3 sizes, all medians within 0.049 s)')
  expect(lineText({ ...line, sizes: 2, worst: 0 })).toMatch(/\(two sizes only, so nothing checks the line\)$/)
  expect(lineText({ ...line, fixed: -0.2, bytes_per_second: null })).toMatch(/^-0\.200 s and not slower with more/)
})

test('two series of one name are told apart by their settings, others by their name', () => {
  const old = series('best', { pages: 'mapped' })
  const now = series('best', { pages: 'mapped', served: true, queues: 'one' })
  const all = [old, now, series('cold', {})]
  expect(all.map(one => seriesName(one, all))).toEqual(['best -served -queues', 'best +served +queues one', 'cold'])
})
