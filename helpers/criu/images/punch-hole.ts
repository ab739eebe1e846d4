import { constants } from 'node:os'
import koffi from 'koffi'

/** FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, linux/falloc.h. */
const PUNCH_HOLE = 0x01 | 0x02
let fallocate: ((fd: number, mode: number, offset: number, length: number) => number) | undefined

/**
 * Gives the memory or the disk behind a stretch of a file back; it reads as zeros afterwards. On tmpfs a huge page that
 * is partly given back is split, and its rest stays. Nothing happens on file systems that cannot.
 * @param offset in bytes, as `length`
 * @throws Error with errno's name
 */
export function punchHole(fd: number, offset: number, length: number): void {
  fallocate ??= koffi.load('libc.so.6').func('int fallocate(int fd, int mode, int64_t offset, int64_t length)')
  if (fallocate(fd, PUNCH_HOLE, offset, length) === 0) return
  const errno = koffi.errno()
  if (errno === constants.errno.EOPNOTSUPP || errno === constants.errno.ENOTSUP) return
  const name = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? errno
  throw new Error(`fallocate(FALLOC_FL_PUNCH_HOLE) of ${length} bytes at ${offset}: ${name}`)
}
