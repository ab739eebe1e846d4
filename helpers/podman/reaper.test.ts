import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { noteFolder } from '../../fixtures/testing/test-marks.ts'
import { cgroupParent } from '../host/cgroups.ts'
import { endContainer, reap, removeBrokenRestores, removeForgotten } from './reaper.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reaper-'))
  noteFolder(folder)
})
afterEach(() => {
  spawnSync(
    'umount',
    ['--lazy', ...['broken', 'running', 'strange'].map(id => join(folder, 'runc', id, 'criu-root'))],
    { stdio: 'ignore' },
  )
  rmSync(folder, { recursive: true, force: true })
})

it('takes away the state of containers that only the runtime still knows, and no other', () => {
  const storage = join(folder, 'storage')
  const state = (root: string, id: string, file: string, text: object) => {
    mkdirSync(join(folder, root, id), { recursive: true })
    writeFileSync(join(folder, root, id, file), JSON.stringify(text, undefined, root === 'crun' ? 4 : 0))
  }
  state('runc', 'ours', 'state.json', { config: { rootfs: `${storage}/root/overlay/x/merged` } })
  state('runc', 'shown', 'state.json', { config: { rootfs: '/srv/x', mounts: [{ source: `${storage}/criu` }] } })
  state('runc', 'near', 'state.json', { config: { rootfs: `${storage}-2/root/overlay/x/merged` } })
  state('crun', 'ours', 'status', { pid: 7, bundle: `${storage}/root/overlay-containers/x/userdata` })
  state('crun', 'beginning', 'exec.fifo', { bundle: `${storage}/root/overlay-containers/x/userdata` })
  removeForgotten([storage], [join(folder, 'runc'), join(folder, 'crun'), join(folder, 'none')])
  expect(['runc', 'crun'].map(root => readdirSync(join(folder, root)))).toEqual([['near', 'shown'], ['beginning']])
})

describe.skipIf(process.getuid?.() !== 0)('as root', () => {
  /** A restore as runc leaves it when it is killed: CRIU's root is mounted, from container storage. */
  function begun(id: string, storage = 'storage'): string {
    const root = join(folder, 'runc', id)
    const at = (name: string) => join(folder, storage, id, name)
    for (const path of [join(root, 'criu-root'), at('lower'), at('upper'), at('work')])
      mkdirSync(path, { recursive: true })
    const { status } = spawnSync('mount', [
      '-t',
      'overlay',
      'overlay',
      '-o',
      `lowerdir=${at('lower')},upperdir=${at('upper')},workdir=${at('work')}`,
      join(root, 'criu-root'),
    ])
    expect(status, 'mount').toBe(0)
    return root
  }

  it('removes restores that were broken off, and neither a running container nor one of another store', () => {
    begun('broken')
    writeFileSync(join(begun('running'), 'state.json'), '{}')
    begun('strange', 'storage-of-others')
    writeFileSync(join(folder, 'storage/broken/upper/kept'), '')
    removeBrokenRestores([join(folder, 'storage')], [join(folder, 'runc')])
    expect(readdirSync(join(folder, 'runc')).sort()).toEqual(['running', 'strange'])
    expect(existsSync(join(folder, 'storage/broken/upper/kept')), 'what was mounted is not deleted with it').toBe(true)
  })

  const hierarchies = ['', ...(existsSync('/sys/fs/cgroup') ? readdirSync('/sys/fs/cgroup') : [])]
    .map(name => join('/sys/fs/cgroup', name))
    .filter(path => existsSync(join(path, 'cgroup.procs')))
  const hierarchy = hierarchies.find(path => {
    try {
      mkdirSync(join(path, 'reaper-test'))
      rmdirSync(join(path, 'reaper-test'))
      return true
    } catch {
      return false
    }
  })

  it.skipIf(!hierarchy)('ends a server that only its cgroup still knows, and takes the cgroup away', async () => {
    const parent = join(hierarchy!, cgroupParent(folder))
    const cgroup = join(parent, 'libpod-abc')
    mkdirSync(cgroup, { recursive: true })
    const server = spawn('sleep', ['600'], { stdio: 'ignore' })
    const ended = once(server, 'exit')
    writeFileSync(join(cgroup, 'cgroup.procs'), String(server.pid))
    reap(folder, [])
    expect(await ended).toEqual([null, 'SIGKILL'])
    expect(existsSync(parent)).toBe(false)
  })

  /** Of cgroup v1, or v2: how CRIU stops what it dumps. */
  const freezer = hierarchies
    .map(path => ({ path, file: path.endsWith('/freezer') ? 'freezer.state' : 'cgroup.freeze' }))
    .find(({ path, file }) => file === 'freezer.state' || existsSync(join(path, 'cgroup.controllers')))

  it.skipIf(!hierarchy || !freezer).each(['its run-time folder', 'its container alone'])(
    'ends a server whose CRIU was killed while it was frozen, by %s',
    async way => {
      const { path, file } = freezer!
      const cgroup = join(path, cgroupParent(folder), 'libpod-abc')
      mkdirSync(cgroup, { recursive: true })
      const store = join(folder, 'disk')
      const server = spawn('sh', ['-c', 'sleep 600; true', `${store}/x`, 'my-server'], { stdio: 'ignore' })
      const ended = once(server, 'exit')
      writeFileSync(join(cgroup, 'cgroup.procs'), String(server.pid))
      writeFileSync(join(cgroup, file), file === 'cgroup.freeze' ? '1' : 'FROZEN')
      if (way === 'its run-time folder') reap(folder, [])
      else expect(endContainer(store, 'my-server')).toBeGreaterThan(0)
      expect(await ended).toEqual([null, 'SIGKILL'])
      reap(folder, [])
      expect(existsSync(join(path, cgroupParent(folder)))).toBe(false)
    },
  )
})
