import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { joinParts, partName, writeParts } from './parts.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parts-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
})

const bytes = (length: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 7) % 251))

test.for([
  [10, 4, [4, 4, 2]],
  [8, 4, [4, 4]],
  [3, 4, [3]],
  [0, 4, [0]],
  [5, 1, [1, 1, 1, 1, 1]],
] as const)('%i bytes in parts of %i', async ([length, size, expected]) => {
  const whole = bytes(length)
  const parts = await writeParts(
    Readable.from(whole.length ? [whole.subarray(0, 3), whole.subarray(3)] : []),
    folder,
    size,
  )
  expect(parts.map(part => part.bytes)).toEqual(expected)
  expect(readdirSync(folder).sort()).toEqual(parts.map(part => part.file))
  for (const { file, sha256 } of parts)
    expect(
      createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex'),
    ).toBe(sha256)
  expect(Buffer.concat(await Array.fromAsync(joinParts(parts.map(part => join(folder, part.file)))))).toEqual(whole)
})

test('the shell puts the parts in their order: cat part.*', () => {
  const names = Array.from({ length: 100 }, (_, i) => partName(i))
  expect(names.toSorted()).toEqual(names)
})

test('a part of nothing is refused', async () => {
  await expect(writeParts(Readable.from([]), folder, 0)).rejects.toThrow('received 0')
})

test('a stream that breaks off breaks the parts off', async () => {
  const broken = Readable.from(
    (async function* () {
      yield bytes(5)
      throw new Error('tar was killed')
    })(),
  )
  await expect(writeParts(broken, folder, 4)).rejects.toThrow('tar was killed')
})
