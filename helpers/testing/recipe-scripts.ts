import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'

/** The scripts of a recipe, run as on a host that has podman and nothing of the suite. */
export interface RecipeScripts {
  folder: string
  /** PATH among it: the host's programs without those that a recipe must not need. */
  env: Record<string, string>
  run(
    script: string,
    args?: string[],
    more?: Record<string, string>,
  ): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }>
  podman(...args: string[]): Promise<string>
  /** Path of a file beside the checkpoint. */
  state(name: string): string
  /** The tokens of the last restore's answer. */
  answer(): string
  dispose(): Promise<void>
}

const NOT_NEEDED = /^(node|nodejs|npm|npx|criu)$/

/** @param folder the recipe, @param work a folder for the test, with room for podman's storage */
export function openRecipe(folder: string, name: string, work: string): RecipeScripts {
  const bin = join(work, 'bin')
  mkdirSync(bin)
  for (const path of ['/usr/sbin', '/usr/bin', '/sbin', '/bin'])
    for (const program of readdirSync(path))
      if (!NOT_NEEDED.test(program) && !existsSync(join(bin, program)))
        symlinkSync(join(path, program), join(bin, program))
  // podman's ordinary store as far as the scripts know, and no container of the host's
  const storage = join(work, 'storage.conf')
  const runroot = `/run/${name}-store`
  writeFileSync(
    storage,
    `[storage]\ndriver = "overlay"\ngraphroot = "${join(work, 'store')}"\nrunroot = "${runroot}"\n`,
  )
  const env = { PATH: bin, HOME: '/root', CONTAINERS_STORAGE_CONF: storage }
  const state = (file: string) => join('/run', `recipe-${name}`, file)
  const run: RecipeScripts['run'] = async (script, args = [], more = {}) => {
    const options = { env: { ...env, ...more }, extendEnv: false, reject: false } as const
    const { exitCode, stdout, stderr } = await execa(join(folder, script), args, options)
    return { exitCode, stdout, stderr }
  }
  const podman = async (...args: string[]) => (await execa('podman', args, { env, reject: false })).stdout
  return {
    folder,
    env,
    run,
    podman,
    state,
    answer: () =>
      [...readFileSync(state('answer'), 'utf8').matchAll(/^data: (\{.*)$/gm)]
        .map(([, json]) => JSON.parse(json!).choices[0]?.text ?? '')
        .join(''),
    async dispose() {
      await run('stop.sh', ['--remove'])
      await podman('system', 'reset', '--force')
      rmSync(runroot, { recursive: true, force: true })
    },
  }
}
