import { existsSync, lstatSync, readdirSync, realpathSync } from 'node:fs'
import { copyFile, mkdir, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Configuration } from '../config/configuration.ts'
import { Problem } from '../core/problem.ts'
import { command } from '../host/command.ts'
import { whole } from './folder.ts'
import { driverText, judgeDriver, parseDriverVersion } from './gpu.ts'
import { missing, ok, type Step, unusable } from './step.ts'

/**
 * The driver's own libraries, which an image cannot bring: they must be of the kernel module's version. A copy of those
 * that
 * computing needs lies in STATE_DIR, without what else is in the host's library folder, and is shown in the engine's
 * container.
 */

/** What NVIDIA's container toolkit shows for "compute" and "utility". Source: libnvidia-container, src/nvc_info.c. */
const NVIDIA = 'ml|cfg|nscq|opencl|gpucomp|ptxjitcompiler|fatbinaryloader|allocator|compiler|nvvm|pkcs11(-openssl3)?'
const NEEDED = new RegExp(`^lib(cuda|cudadebugger|nvidia-(${NVIDIA}))\\.so(\\.|$)`)
const CUDA = 'libcuda.so.1'

/** The version of the loaded driver, such as 580.159.04; undefined where there is none. */
export function driverVersion(path?: string): string | undefined {
  const text = driverText(path)
  return text === undefined ? undefined : parseDriverVersion(text)
}

const copyFolder = (stateDir: string, version: string) => join(stateDir, 'nvidia', version)

/**
 * Where the container finds them: NVIDIA_LIBS_PATH, or the copy; undefined where the container has the host's own
 * files, or no copy is there.
 */
export function driverLibrariesFolder(
  { nvidiaLibsPath, imageFromHost, stateDir }: Pick<Configuration, 'nvidiaLibsPath' | 'imageFromHost' | 'stateDir'>,
  version = driverVersion(),
): string | undefined {
  if (nvidiaLibsPath || imageFromHost || !version) return nvidiaLibsPath
  const copy = copyFolder(stateDir, version)
  return existsSync(copy) ? copy : undefined
}

/** Folders that may hold libcuda.so.1, the named ones first. */
export function candidateFolders(
  loaderCache: string,
  { CUDA_LIBRARY, LD_LIBRARY_PATH = '' }: NodeJS.ProcessEnv = process.env,
): string[] {
  const known = [...loaderCache.matchAll(/^\s*libcuda\.so\.1 \(libc6,x86-64[^)]*\) => (\S+)$/gm)].map(match =>
    dirname(match[1]!),
  )
  return [
    ...new Set([
      ...(CUDA_LIBRARY ? [dirname(CUDA_LIBRARY)] : []),
      ...LD_LIBRARY_PATH.split(':').filter(Boolean),
      ...known,
      '/usr/local/nvidia/lib64',
    ]),
  ]
}

/** Copies the libraries of that driver, with the names that lead to them. */
export async function copyLibraries(from: string, to: string, version: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const name of readdirSync(from).filter(name => NEEDED.test(name))) {
    const real = realpathSync(join(from, name))
    if (!real.endsWith(`.so.${version}`)) continue
    if (lstatSync(join(from, name)).isSymbolicLink()) await symlink(basename(real), join(to, name))
    else await copyFile(real, join(to, name))
  }
}

const isOfDriver = (folder: string, version: string) =>
  existsSync(join(folder, CUDA)) && realpathSync(join(folder, CUDA)).endsWith(`.so.${version}`)

export const driverLibraries: Step = {
  name: 'driver libraries',
  async probe(c) {
    const version = driverVersion()
    if (!version) return judgeDriver(driverText(), [])
    if (c.imageFromHost) return ok("the host's own")
    if (c.nvidiaLibsPath && !existsSync(join(c.nvidiaLibsPath, CUDA)))
      return unusable(
        `no ${CUDA} in NVIDIA_LIBS_PATH (${c.nvidiaLibsPath})`,
        "Name the folder with the driver's libraries, or leave it out: set-up then copies them.",
      )
    const folder = driverLibrariesFolder(c, version)
    return folder ? ok(folder) : missing(`those of driver ${version} are not in ${c.stateDir}`)
  },
  async make(c) {
    const version = driverVersion()!
    const { stdout } = await command('ldconfig', ['-p'], { timeout: c.toolTimeout })
    const from = candidateFolders(stdout).find(folder => isOfDriver(folder, version))
    if (!from)
      throw new Problem(
        `set-up: no ${CUDA} of driver ${version} where the loader looks\nName it: ` +
          `CUDA_LIBRARY=/path/${CUDA}, or a folder with the driver's libraries alone: NVIDIA_LIBS_PATH.`,
      )
    const target = copyFolder(c.stateDir, version)
    await whole(target, async part => {
      await copyLibraries(from, part, version)
      return target
    })
  },
}
