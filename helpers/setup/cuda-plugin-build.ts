import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { command } from '../host/command.ts'
import { unpackDebianSource } from './debian-source.ts'
import { whole } from './folder.ts'
import type { Say } from './step.ts'

/**
 * CRIU's cuda_plugin.so out of the source of the same version, because Debian's package leaves it out, and the program
 * that it starts. Both are compiled on this host.
 */

export const COMPILER = 'gcc'
const SUITE = 'sid'
const PROGRAM_SOURCE = resolve(import.meta.dirname, '../cuda/cuda-checkpoint.c')

export const PLUGIN = 'cuda_plugin.so'
/** The name by which the plugin starts it. */
export const CHECKPOINT_PROGRAM = 'cuda-checkpoint'
/** Holds the version of the CRIU that the plugin is of. */
export const VERSION = 'criu-version'

/**
 * What CRIU's own build would generate or take from packages of headers, as far as the plugin includes it. No structure
 * that it shares with CRIU depends on it.
 */
const HEADERS: Record<string, string> = {
  'include/common/config.h': '',
  'stand-in/sys/capability.h': '#include <linux/capability.h>\n',
  'stand-in/compel/plugins/std/syscall-codes.h': '',
}
const LINKS: Record<string, string> = {
  'include/common/asm': 'arch/x86/asm',
  'compel/include/asm': '../arch/x86/src/lib/include',
  'stand-in/compel/plugins/std/asm': '../../../../compel/arch/x86/plugins/include/asm',
}

const REMEDY = `Are the C library's headers there (apt-get install ${COMPILER} libc6-dev)?`

/** The plugin out of CRIU's unpacked source. @throws Problem with what the compiler said */
async function compilePlugin(source: string, file: string): Promise<void> {
  const at = (path: string) => join(source, path)
  for (const path of [...Object.keys(HEADERS), ...Object.keys(LINKS)]) {
    await mkdir(dirname(at(path)), { recursive: true })
    await rm(at(path), { force: true })
  }
  for (const [path, text] of Object.entries(HEADERS)) await writeFile(at(path), text)
  for (const [path, target] of Object.entries(LINKS)) await symlink(target, at(path))
  const own = ['include', 'criu/include', 'criu/arch/x86/include', '.'].flatMap(path => ['-iquote', path])
  const system = ['compel/include/uapi', 'stand-in'].flatMap(path => ['-isystem', path])
  const flags = ['-O2', '-shared', '-nostartfiles', '-fPIC', ...own, ...system]
  // paths of the source: the plugin's messages name its file
  await command(COMPILER, [...flags, 'plugins/cuda/cuda_plugin.c', '-o', file], {
    cwd: source,
    timeout: 120,
    remedy: REMEDY,
  })
}

/** The program on the driver's API. @throws Problem with what the compiler said */
export async function compileProgram(file: string): Promise<void> {
  await command(COMPILER, ['-O2', '-o', file, PROGRAM_SOURCE, '-ldl'], { timeout: 60, remedy: REMEDY })
}

/**
 * Makes the folder with both.
 * @param criu Debian's version of the CRIU that the plugin is for
 * @throws Problem where the source cannot be fetched or compiled; nothing is left then
 */
export async function buildCudaPlugin(folder: string, criu: string, say: Say): Promise<void> {
  await whole(folder, async part => {
    say(`fetching the source of CRIU ${criu}`)
    const work = join(part, 'work')
    await unpackDebianSource(SUITE, 'criu', criu, { target: join(work, 'criu'), work }, say)
    await compilePlugin(join(work, 'criu'), join(part, PLUGIN))
    await compileProgram(join(part, CHECKPOINT_PROGRAM))
    await rm(work, { recursive: true })
    await writeFile(join(part, VERSION), `${criu}\n`)
    return folder
  })
}

/** The newest glibc whose symbols a program or library asks for, such as 2.34. */
export async function glibcOf(file: string): Promise<string> {
  const found = (await readFile(file, 'latin1')).matchAll(/\bGLIBC_2\.(\d+)/g)
  return `2.${Math.max(0, ...[...found].map(([, minor]) => Number(minor)))}`
}
