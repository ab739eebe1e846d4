import { readlinkSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { isAlive } from './processes.ts'

/** What is being built beside its target has another name until it is whole: `TARGET.part-PID.PLACE`. */

/** Where process numbers mean the same. Hosts and containers that share a folder of models build there side by side. */
const PLACE = `${hostname()}-${/\d+/.exec(readlinkSync('/proc/self/ns/pid'))![0]}`
/** Seconds after which nobody builds any more, wherever that was. */
const A_DAY = 86_400

/** A name of this process's own. */
export const partOf = (target: string): string => `${target}.part-${process.pid}.${PLACE}`

/** Whether a broken-off build left it. @param path a name as {@link partOf} makes it, or with the number alone */
export function isLeftPart(path: string): boolean {
  const [, pid, place = PLACE] = /\.part-(\d+)(?:\.(.+))?$/.exec(path) ?? []
  if (pid === undefined) return false
  if (place === PLACE) return Number(pid) === process.pid || !isAlive(Number(pid))
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && Date.now() - found.mtimeMs > A_DAY * 1000
}
