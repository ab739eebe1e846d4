import { expect, test } from 'vitest'
import { isRecord } from './record.ts'

test('records are told by their names, an image has one of its own', () => {
  expect(['durations.json', 'criu.json', 'image-llama-cpp.json'].filter(isRecord)).toHaveLength(3)
  expect(['package.json', 'image-.json', 'durations', 'my-criu.json', 'criu.json.bak'].filter(isRecord)).toEqual([])
})
