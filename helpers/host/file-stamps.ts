import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Size in bytes and time of the last write, by path: whoever writes to a file changes them, whatever is written. */
export type FileStamps = Map<string, { bytes: bigint; written: bigint }>

/** @throws what the system says of a file that is not there */
export function stampFiles(paths: string[]): FileStamps {
  return new Map(
    paths.map(path => {
      const { size, mtimeNs } = statSync(path, { bigint: true })
      return [path, { bytes: size, written: mtimeNs }]
    }),
  )
}

/** Those of all files of a folder. @throws as stampFiles */
export const stampFolder = (folder: string): FileStamps =>
  stampFiles(readdirSync(folder).map(file => join(folder, file)))

/** Bytes of all files together, as they were. */
export const stampedBytes = (stamps: FileStamps): number =>
  Number([...stamps.values()].reduce((sum, { bytes }) => sum + bytes, 0n))

/**
 * What happened to the first file that is not as it was, and what to do; undefined where all are. Bits that change
 * without a write, as in broken memory, are not seen.
 */
export function findChange(stamps: FileStamps): string | undefined {
  for (const [path, { bytes, written }] of stamps) {
    const now = statSync(path, { bigint: true, throwIfNoEntry: false })
    const what = !now
      ? `it is gone, it had ${bytes} bytes`
      : now.size !== bytes
        ? `it has ${now.size} bytes, it had ${bytes} bytes`
        : now.mtimeNs !== written
          ? 'it was written to'
          : undefined
    if (what)
      return (
        `${basename(path)} has been damaged since the checkpoint was taken: ${what}\nRun again: that takes ` +
        `a new checkpoint. If it happens again, find out what writes to ${dirname(path)}, and check that memory ` +
        'or disk (dmesg, df).'
      )
  }
  return undefined
}
