import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Configuration } from '../config/configuration.ts'
import { Problem } from '../core/problem.ts'
import { readRecord, removeRecord, writeRecord } from '../core/record.ts'
import { quote } from '../host/command.ts'
import { whereIs } from '../host/programs.ts'
import { type CriuChoice, criuChoice, criuLink } from './criu.ts'
import { buildCudaPlugin, CHECKPOINT_PROGRAM, COMPILER, compileProgram, PLUGIN, VERSION } from './cuda-plugin-build.ts'
import { missing, ok, type Step } from './step.ts'

/**
 * CRIU's CUDA plugin and the program cuda-checkpoint that it starts, for scenarios with `cuda: 'criu-plugin'` and for
 * vLLM's own snapshot. Nothing else needs them: where they cannot be made, a run goes without.
 */

/** Where a host's own CRIU may have its plugins. */
const HOST_FOLDERS = ['/usr/lib/criu', '/usr/local/lib/criu', '/usr/lib/x86_64-linux-gnu/criu']
/** Where any CRIU looks that was not told otherwise, the suite's own too. */
const DEFAULT_FOLDER = '/usr/lib/criu'

const RECORD = 'cuda-plugin'
const failure = z.object({ criu: z.string(), why: z.string() })

/** Set-up's own folder of both. */
export const pluginFolder = (stateDir: string): string => join(stateDir, 'cuda-plugin')

/** In the folder that goes first on CRIU's PATH; not there where the host has NVIDIA's. */
const ownProgram = (stateDir: string) => join(dirname(criuLink(stateDir)), CHECKPOINT_PROGRAM)

export interface CudaPlugin {
  /** CRIU's --libdir. */
  folder: string
  /** Path of the cuda-checkpoint that CRIU starts. */
  program: string
}

const has = (folder: string) => existsSync(join(folder, PLUGIN))

/** NVIDIA's own, of the host. */
function hostProgram(stateDir: string): string | undefined {
  const path = (process.env.PATH ?? '').split(':').filter(folder => folder !== dirname(criuLink(stateDir)))
  return whereIs(CHECKPOINT_PROGRAM, undefined, path.join(':'))
}

/** Debian's version of set-up's own CRIU, which its folder is named by, such as 4.2.1-1; of another, what it says. */
const versionOf = ({ path, version }: CriuChoice) => /\/criu-([^/]+)\/bin\/criu$/.exec(path)?.[1] ?? version

/** The folder with the plugin of the CRIU that set-up chose. */
function folderFor(stateDir: string, choice: CriuChoice): string | undefined {
  if (choice.from !== 'debian') return HOST_FOLDERS.find(has)
  const own = pluginFolder(stateDir)
  return has(own) && readFileSync(join(own, VERSION), 'utf8').trim() === versionOf(choice) ? own : undefined
}

/** What set-up made or found; undefined where one of the two is missing. */
export function cudaPlugin(stateDir: string): CudaPlugin | undefined {
  const choice = readRecord(stateDir, 'criu', criuChoice)
  const folder = choice && folderFor(stateDir, choice)
  const program = hostProgram(stateDir) ?? (existsSync(ownProgram(stateDir)) ? ownProgram(stateDir) : undefined)
  return folder && program ? { folder, program } : undefined
}

/** Whether a CRIU that is not told otherwise loads a plugin of the host's. */
const loadsHostPlugin = (): boolean => has(DEFAULT_FOLDER)

export const cudaPluginStep: Step = {
  name: "CRIU's CUDA plugin",
  async probe({ stateDir }) {
    const found = cudaPlugin(stateDir)
    if (found) return ok(`${join(found.folder, PLUGIN)}, ${found.program}`)
    const choice = readRecord(stateDir, 'criu', criuChoice)
    if (!choice) return missing('no CRIU is chosen yet')
    const without = (why: string, remedy: string) => ok(`none, ${why} (only cuda: 'criu-plugin' needs it)`, remedy)
    if (choice.from !== 'debian' && !folderFor(stateDir, choice))
      return without(
        `${choice.path} came without ${PLUGIN}`,
        `install that CRIU's plugin into ${DEFAULT_FOLDER}, or use the CRIU of set-up (leave CRIU_BIN out)`,
      )
    // a bundle brought both: CRIU has only to be told where the program is
    if (folderFor(stateDir, choice) && existsSync(join(pluginFolder(stateDir), CHECKPOINT_PROGRAM)))
      return missing(`${CHECKPOINT_PROGRAM} is not on CRIU's PATH yet`)
    if (!whereIs(COMPILER)) return without('no C compiler', `apt-get install ${COMPILER} libc6-dev; npm run setup`)
    const failed = readRecord(stateDir, RECORD, failure)
    return failed && failed.criu === versionOf(choice)
      ? without(failed.why, `to try again: rm ${join(stateDir, `${RECORD}.json`)}; npm run setup`)
      : missing('not made yet')
  },

  async make({ stateDir }, say) {
    const choice = readRecord(stateDir, 'criu', criuChoice)!
    const version = versionOf(choice)
    removeRecord(stateDir, RECORD)
    try {
      const folder = pluginFolder(stateDir)
      if (!folderFor(stateDir, choice)) await buildCudaPlugin(folder, version, say)
      if (hostProgram(stateDir)) return
      if (!existsSync(join(folder, CHECKPOINT_PROGRAM))) {
        await mkdir(folder, { recursive: true })
        await compileProgram(join(folder, CHECKPOINT_PROGRAM))
      }
      await startFromCriu(stateDir)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      // no run needs it: the rest of set-up goes on
      writeRecord(stateDir, RECORD, { criu: version, why: error.message.split('\n')[0] })
      say(error.message)
    }
  },
}

/** Variables by which the driver's library is found. */
const LIBRARY = ['CUDA_LIBRARY', 'LD_LIBRARY_PATH']

/** A shell program that starts the one of `folder`: podman hands none of set-up's variables on to CRIU. */
export function programScript(folder: string, environment: Record<string, string | undefined>): string {
  const set = LIBRARY.filter(name => environment[name]).map(name => `export ${name}=${quote([environment[name]!])}\n`)
  return `#!/bin/sh\n${set.join('')}exec ${quote([join(folder, CHECKPOINT_PROGRAM)])} "$@"\n`
}

async function startFromCriu(stateDir: string): Promise<void> {
  const file = ownProgram(stateDir)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, programScript(pluginFolder(stateDir), process.env), { mode: 0o755 })
}

/** A folder that every host has and no plugin lies in. */
const NO_PLUGINS = '/sys'

/**
 * Lines of CRIU's configuration that say who moves GPU state. Where the suite does, the plugin of the host must not:
 * after a restore it would resume what the suite then finds resumed.
 * CRIU's own limit of 10 s counts every start of cuda-checkpoint before the processes are frozen.
 */
export function pluginOptions(
  { stateDir }: Pick<Configuration, 'stateDir'>,
  cuda: string,
  hostPlugin = loadsHostPlugin(),
): string[] {
  if (cuda !== 'criu-plugin') return hostPlugin ? [`libdir ${NO_PLUGINS}`] : []
  const plugin = cudaPlugin(stateDir)
  return plugin ? [`libdir ${plugin.folder}`, 'timeout 60'] : []
}
