import { Problem } from '../core/problem.ts'
import { attempt } from '../host/attempt.ts'

/** The Debian mirror that CRIU and the engine image come from. */

const DEFAULT_MIRROR = 'http://deb.debian.org/debian'
const FORMAT = '$(ORIGIN)|$(LABEL)|$(REPO_URI)'

/**
 * The first Debian main archive among apt's own sources.
 * @param targets lines `ORIGIN|LABEL|URI` of `apt-get indextargets`
 */
export function mirrorOf(targets: string): string | undefined {
  return targets
    .split('\n')
    .map(line => line.trim().split('|'))
    .filter(([origin, label, uri]) => origin === 'Debian' && label === 'Debian' && isMirror(uri))
    .map(([, , uri]) => uri!.replace(/\/+$/, ''))[0]
}

/**
 * A URL that can stand in a line of sources.list: no space, no bracket, no line break; no password, which would show in
 * the process list.
 */
export function isMirror(text = ''): boolean {
  return /^(https?|file):\/\/?[^\s[\]"'\\@]+$/.test(text)
}

/**
 * DEBIAN_MIRROR where set, else the mirror of apt's own sources, else deb.debian.org. @throws Problem for a
 * DEBIAN_MIRROR that is no URL
 */
export async function debianMirror(wanted = process.env.DEBIAN_MIRROR): Promise<string> {
  if (wanted) {
    if (!isMirror(wanted))
      throw new Problem(
        `set-up: DEBIAN_MIRROR: received "${wanted.replace(/\/\/[^/]*@/, '//***@')}", allowed is a URL ` +
          `without user and password, such as ${DEFAULT_MIRROR}`,
      )
    return wanted.replace(/\/+$/, '')
  }
  const { stdout } = await attempt('apt-get', ['indextargets', '--format', FORMAT])
  return mirrorOf(stdout) ?? DEFAULT_MIRROR
}
