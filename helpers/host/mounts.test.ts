import { expect, test } from 'vitest'
import { mountOf, mounts, parseMountinfo } from './mounts.ts'

/** Lines as the kernel writes them: without, with one and with several optional fields. */
const MOUNTINFO = `21 1 253:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,discard
30 21 0:26 / /mnt/my\\040models rw,nosuid,nodev - tmpfs tmpfs rw,size=8g,mode=700
31 21 0:27 /sub /mnt/a\\134b rw shared:5 master:1 propagate_from:2 - overlay overlay rw,lowerdir=/x:/y
32 30 0:28 / /mnt/my\\040models rw - tmpfs none rw,huge=always
`

test('point, type and options of each mount, however many optional fields it has', () =>
  expect(parseMountinfo(MOUNTINFO)).toEqual([
    { point: '/', type: 'ext4', options: 'rw,discard' },
    { point: '/mnt/my models', type: 'tmpfs', options: 'rw,size=8g,mode=700' },
    { point: '/mnt/a\\b', type: 'overlay', options: 'rw,lowerdir=/x:/y' },
    { point: '/mnt/my models', type: 'tmpfs', options: 'rw,huge=always' },
  ]))

test('nothing is no mount', () => expect(parseMountinfo('')).toEqual([]))

test('a path lies on the nearest mount above it, the last of several on one point', () => {
  const all = parseMountinfo(MOUNTINFO)
  expect(mountOf('/mnt/my models/deep/file', all).options).toBe('rw,huge=always')
  expect(mountOf('/mnt/my models', all).options).toBe('rw,huge=always')
  expect(mountOf('/mnt/my', all).point).toBe('/')
  expect(mountOf('/', all).type).toBe('ext4')
})

test("this machine's own are read", () => {
  const all = mounts()
  expect(all.find(({ point }) => point === '/proc')?.type).toBe('proc')
  expect(mountOf('/proc/self', all).point).toBe('/proc')
})
