import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readCheckpoint } from './checkpoint.ts'
import { dropZeroPages } from './drop-zero-pages.ts'
import { formatImage } from './image-file.ts'
import { mapPages } from './map-pages.ts'
import { memoryOf, RECORDED, tinyCheckpoint } from './recorded.ts'
import { readRegularFiles } from './regular-files.ts'

test('the memory is the same, most of it now in the file', async () => {
  using checkpoint = tinyCheckpoint()
  const { folder, file, containerPath } = places(checkpoint)
  const before = memoryOf(folder)
  expect(await mapPages(folder, { file, containerPath, minimumBytes: 4096 })).toMatchObject({
    bytes: 31 * 4096,
    left: 4 * 4096,
    mappings: 2,
    skipped: [],
  })
  expect(memoryOf(folder, { [containerPath]: file })).toEqual(before)
  expect(Object.keys(memoryOf(folder))).not.toHaveLength(Object.keys(before).length)
})

test('the memory is the same where pages move', async () => {
  using checkpoint = tinyCheckpoint()
  const { folder, file, containerPath } = places(checkpoint)
  const before = memoryOf(folder)
  await mapPages(folder, { file, containerPath, minimumBytes: 4096, move: true })
  await dropZeroPages(folder, { move: true })
  expect(memoryOf(folder, { [containerPath]: file })).toEqual(before)
})

test('the file is described as it is, which CRIU checks', async () => {
  using checkpoint = tinyCheckpoint()
  const { folder, file, containerPath } = places(checkpoint)
  await mapPages(folder, { file, containerPath, minimumBytes: 4096 })
  const { message } = readRegularFiles(readCheckpoint(folder).files).find(({ path }) => path === containerPath)!
  const { size, mode } = statSync(file)
  expect([message.number(8), message.number(10)]).toEqual([size, mode])
  expect(mode & 0o777).toBe(0o400)
})

test('where nothing is large enough nothing is written', async () => {
  using checkpoint = tinyCheckpoint()
  const { folder, file, containerPath } = places(checkpoint)
  expect(await mapPages(folder, { file, containerPath })).toMatchObject({
    bytes: 31 * 4096,
    left: 31 * 4096,
    mapped: 0,
  })
  expect(existsSync(file)).toBe(false)
})

test('a file that is there is not overwritten: restored processes may have it mapped', async () => {
  using checkpoint = tinyCheckpoint()
  const { folder, file, containerPath } = places(checkpoint)
  writeFileSync(file, 'mapped')
  await expect(mapPages(folder, { file, containerPath, minimumBytes: 4096 })).rejects.toThrow(/already exists/)
  expect(readFileSync(file, 'utf8')).toBe('mapped')
})

test('a failure while the file is written leaves nothing', async () => {
  using checkpoint = tinyCheckpoint()
  const { folder, file, containerPath } = places(checkpoint)
  const before = readdirSync(folder)
  mkdirSync(join(folder, 'files.img.part'))
  await expect(mapPages(folder, { file, containerPath, minimumBytes: 4096 })).rejects.toThrow('EISDIR')
  expect(existsSync(file)).toBe(false)
  expect(readdirSync(folder).filter(name => !name.endsWith('.part'))).toEqual(before)
})

test('a failure between mappings and pages leaves images with the same memory', async () => {
  using checkpoint = tinyCheckpoint()
  const { folder, file, containerPath } = places(checkpoint)
  const before = memoryOf(folder)
  mkdirSync(join(folder, 'pagemap-1.img.part'))
  await expect(mapPages(folder, { file, containerPath, minimumBytes: 4096 })).rejects.toThrow('EISDIR')
  expect(memoryOf(folder, { [containerPath]: file })).toEqual(before)
})

test('a process with jemalloc is left as it is, and that is said', async () => {
  using checkpoint = tinyCheckpoint()
  const { folder, file, containerPath } = places(checkpoint)
  const files = readCheckpoint(folder).files
  const entries = files.entries.map(entry =>
    entry.message(3)?.text(6) === '/tmp/tiny-subject'
      ? entry.with(3, entry.message(3)!.with(6, '/usr/lib/libjemalloc.so.2'))
      : entry,
  )
  writeFileSync(join(folder, 'files.img'), formatImage({ ...files, entries }))
  expect(await mapPages(folder, { file, containerPath, minimumBytes: 4096 })).toMatchObject({
    mapped: 0,
    left: 31 * 4096,
    skipped: [{ pid: 1, name: 'tiny-subject', reason: expect.stringContaining('/usr/lib/libjemalloc.so.2') }],
  })
})

test('a container that cannot see the file is told how it can', async () => {
  using checkpoint = tinyCheckpoint()
  cpSync(join(RECORDED, 'llama-server', 'mountpoints-12.img'), join(checkpoint.folder, 'mountpoints-12.img'))
  const { folder, file } = places(checkpoint)
  await expect(mapPages(folder, { file, containerPath: '/elsewhere/pages' })).rejects.toThrow(
    `start the container with --volume ${checkpoint.parent}:/elsewhere:ro`,
  )
  await expect(
    mapPages(folder, { file, containerPath: '/checkpoint-pages/pages', minimumBytes: 4096 }),
  ).resolves.toMatchObject({ mappings: 2 })
  expect(readRegularFiles(readCheckpoint(folder).files).at(-1)?.message.number(7)).toBe(88 * 2)
})

const places = ({ folder, parent }: { folder: string; parent: string }) => ({
  folder,
  file: join(parent, 'pages'),
  containerPath: '/checkpoint-pages/pages',
})
