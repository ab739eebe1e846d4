import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readCheckpoint } from './checkpoint.ts'
import { formatImage, readImage } from './image-file.ts'
import { executable } from './memory-map.ts'
import { memoryOf, tinyCheckpoint } from './recorded.ts'
import { readRegularFiles } from './regular-files.ts'
import { separateProcesses } from './separate-processes.ts'

test('a child gets an entry of its own for the same program, once', async () => {
  using checkpoint = tinyCheckpoint()
  const { folder } = checkpoint
  for (const name of ['mm', 'core', 'pagemap']) copyFileSync(join(folder, `${name}-1.img`), join(folder, `${name}-2.img`))
  const tree = readImage(join(folder, 'pstree.img'), 'pstree')
  writeFileSync(join(folder, 'pstree.img'), formatImage({ ...tree, entries: [tree.entries[0]!, tree.entries[0]!.with(1, 2).with(2, 1).with(5, 2)] }))
  const before = memoryOf(folder)

  expect(await separateProcesses(folder)).toBe(1)
  const { processes, files } = readCheckpoint(folder)
  const paths = new Map(readRegularFiles(files).map(({ id, path }) => [id, path]))
  const [parent, child] = processes.map(({ mm }) => executable(mm.entries[0]!))
  expect(child).not.toBe(parent)
  expect(paths.get(child!)).toBe(paths.get(parent!))
  expect(memoryOf(folder)).toEqual(before)
  expect(await separateProcesses(folder)).toBe(0)
})
