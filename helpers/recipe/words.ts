import { quote } from '../host/command.ts'

/** Words of a command line that may begin with a folder which only the recipe's host knows. */

/** Variables of the scripts that name folders. */
export type Base = 'HERE' | 'MEMORY' | 'WEIGHTS' | 'CACHE' | 'ADDRESS'

/** `before`, then the folder, then `after`; without a folder it is `after` alone. */
export interface Word {
  before?: string
  base?: Base
  after: string
}

export const literal = (after: string): Word => ({ after })

/** For a shell script: `--volume "$HERE"/parts/x:/y`. */
export const inShell = ({ before = '', base, after }: Word): string =>
  base ? `${before && quoted(before)}"$${base}"${after && quoted(after)}` : quoted(after)

/** An empty word is one too, and in an array a comma looks like a slip. */
const quoted = (text: string) =>
  text === '' || (text.includes(',') && !text.includes("'")) ? `'${text}'` : quote([text])

/** For a file of systemd's: the folder itself, quotes where the text needs them, no specifier and no variable. */
export function inUnit({ before = '', base, after }: Word, folders: Record<Base, string>): string {
  const text = `${before}${base ? folders[base] : ''}${after}`.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w@%+=:,./$-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
}
