import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Configuration } from '../config/configuration.ts'
import { command } from '../host/command.ts'
import { mountTmpfs, unmountBelow } from '../host/mounts.ts'
import { freeRoom } from './room.ts'

const MIB = 2 ** 20

describe.skipIf(process.getuid?.() !== 0)('what a host has for checkpoints', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'room-'))
  })
  afterEach(async () => {
    await unmountBelow(folder)
    rmSync(folder, { recursive: true })
  })
  const at = (checkpointDir: string) =>
    freeRoom({ checkpointDir, stateDir: join(folder, 'state'), engine: 'llama-cpp', modelBytes: 1e6 } as Configuration)

  test('what lies in a tmpfs, and in those below it, is used; a little stays free', async () => {
    await mountTmpfs(folder, { size: 32 * MIB })
    const checkpoints = join(folder, 'checkpoints')
    mkdirSync(checkpoints)
    const empty = at(checkpoints)
    expect(empty).toMatchObject({ size: 32 * MIB, mount: folder })
    expect(empty.tmpfs).toBeLessThan(32 * MIB)
    expect(empty.tmpfs).toBeGreaterThan(30 * MIB)

    writeFileSync(join(folder, 'of-others'), Buffer.alloc(4 * MIB))
    await mountTmpfs(join(checkpoints, 'huge'), { size: 32 * MIB })
    writeFileSync(join(checkpoints, 'huge/images'), Buffer.alloc(8 * MIB))
    const used = empty.tmpfs - at(checkpoints).tmpfs
    expect(used).toBeGreaterThanOrEqual(12 * MIB)
    expect(used).toBeLessThan(13 * MIB)
  })

  test('a mount below it that another one hides cannot be reached, and is left out', async () => {
    await mountTmpfs(folder, { size: 32 * MIB })
    const inner = join(folder, 'deep/inner')
    mkdirSync(inner, { recursive: true })
    await mountTmpfs(inner, { size: 8 * MIB })
    writeFileSync(join(inner, 'images'), Buffer.alloc(4 * MIB))
    const before = at(folder).tmpfs
    await mountTmpfs(join(folder, 'deep'), { size: 8 * MIB })
    const { tmpfs, size } = at(folder)
    expect(size).toBe(32 * MIB)
    expect(tmpfs - before).toBeGreaterThan(3 * MIB)
  })

  test('a file system that is mounted several times counts once', async () => {
    await mountTmpfs(folder, { size: 32 * MIB })
    const [own, overlay] = [join(folder, 'own'), join(folder, 'huge/root/overlay')]
    await mountTmpfs(join(folder, 'huge'), { size: 32 * MIB })
    for (const path of [own, overlay]) mkdirSync(path, { recursive: true })
    writeFileSync(join(overlay, 'images'), Buffer.alloc(8 * MIB))
    writeFileSync(join(own, 'archive'), Buffer.alloc(4 * MIB))
    const before = at(folder).tmpfs
    for (const path of [own, overlay]) {
      await command('mount', ['--bind', path, path], { timeout: 20 })
      expect(at(folder).tmpfs).toBe(before)
    }
  })

  test('one that is not mounted yet has what set-up would give it; a disk is that of the nearest folder', () => {
    const { tmpfs, size, mount, disk } = at('/proc/nowhere/checkpoints')
    expect(size).toBe(6e6 + 2 ** 30)
    expect(tmpfs).toBeGreaterThan(0.9 * size)
    expect(mount).toBe('/proc/nowhere/checkpoints')
    expect(disk).toBeGreaterThan(0)
  })
})
