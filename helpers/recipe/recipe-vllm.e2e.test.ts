import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSelfTest, program, type SelfTest } from '../../fixtures/testing/self-test.ts'
import { cannotPlayVllm, openVllmStandIn, type VllmStandIn } from '../../fixtures/testing/vllm-stand-in.ts'
import { openRecipe, type RecipeScripts } from '../testing/recipe-scripts.ts'

const NAME = `recipe-vllm-${process.pid}`

/** The best way of vLLM, with a stand-in for it and a driver without a GPU: sleep, GPU state, weights, page mapper. */
describe.skipIf(cannotPlayVllm)('a recipe brings a GPU server back', { timeout: 400_000 }, () => {
  let self: SelfTest
  let recipe: RecipeScripts
  let standIn: VllmStandIn
  const at = (name: string) => standIn.at(name)
  const fakes = () => readdirSync(at('cuda')).map(name => join(at('cuda'), name))
  const gpuStates = () =>
    fakes()
      .map(path => readFileSync(path, 'latin1')[0])
      .join('')
  /**
   * A runtime that lets GPU state travel with the images, as a real driver does; here it lies in files. Podman also
   * asks `runc checkpoint --help` whether there is such a thing.
   */
  const runtime = () => {
    const [now, dumped] = [at('cuda'), at('cuda-dumped')]
    const copy = (from: string, to: string) => `rm -rf '${to}'/*; mkdir -p '${to}'; cp '${from}'/* '${to}'/`
    program(
      at('runtime'),
      'runc',
      `case " $* " in\n*" checkpoint "*--image-path*) ${copy(now, dumped)};;\n` +
        `*" restore "*) ${copy(dumped, now)};;\nesac\n` +
        'exec /usr/sbin/runc "$@"',
    )
    writeFileSync(at('containers.conf'), `[engine.runtimes]\nrunc = ["${at('runtime/runc')}"]\n`)
    return { CONTAINERS_CONF: at('containers.conf') }
  }
  const script = (name: string, more: Record<string, string> = {}) =>
    recipe.run(name, [], { ...standIn.driver, CONTAINERS_CONF: at('containers.conf'), ...more })

  beforeAll(async () => {
    self = await openSelfTest()
    standIn = await openVllmStandIn(self)
    const env = {
      ...standIn.env,
      ...standIn.driver,
      ...runtime(),
      ITERATIONS: '1',
      SCENARIOS: 'podman-in-place/best',
      CHECKPOINT_SIZE: '150MB',
    }
    const measured = await self.spawn(['best'], env, { timeout: 800 })
    expect(self.recorded().at(-1), measured.all).toMatchObject({ outcome: 'ok' })
    const { exitCode, output } = await self.command(
      'recipe',
      [self.latest(), '--out', at('recipe'), '--name', NAME],
      env,
    )
    expect(exitCode, output).toBe(0)
    recipe = openRecipe(at('recipe'), NAME, self.folder)
    expect(await script('prepare.sh')).toMatchObject({ exitCode: 0 })
    expect(await script('checkpoint.sh')).toMatchObject({ exitCode: 0 })
  }, 900_000)

  afterAll(async () => {
    await recipe?.dispose()
    await standIn?.dispose()
    self?.dispose()
  }, 120_000)

  test('asleep, with its GPU state put away, it comes back with the tokens of the run, again and again', async () => {
    const { text } = self.recorded().at(-1)!.question!
    for (let time = 0; time < 2; time++) {
      const { exitCode, stdout, stderr } = await script('restore.sh')
      expect(stderr).toContain('the tokens are those from before the checkpoint')
      expect(stdout).toMatch(/^restored /)
      expect(exitCode).toBe(0)
      expect(gpuStates()).toMatch(/^r+$/)
      expect(recipe.answer()).toBe(text)
      await script('stop.sh')
    }
  })

  test('GPU state that does not come back: a cold start, with what the driver said', async () => {
    for (const name of readdirSync(at('cuda-dumped'))) writeFileSync(join(at('cuda-dumped'), name), 'f')
    const { exitCode, stdout, stderr } = await script('restore.sh')
    expect(stderr).toMatch(/CUDA_ERROR_ILLEGAL_STATE[\s\S]*cold start: the engine did not wake/)
    expect(stdout).toMatch(/^cold /)
    expect(exitCode).toBe(0)
    await script('stop.sh')
  })

  test('refuses another driver, and another GPU', async () => {
    expect(await script('checkpoint.sh')).toMatchObject({ exitCode: 0 })
    const proc = at('proc')
    mkdirSync(join(proc, 'gpus/0'), { recursive: true })
    writeFileSync(
      join(proc, 'version'),
      'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  999.1.2  Release Build\n',
    )
    writeFileSync(join(proc, 'gpus/0/information'), 'Model: \t Other\nGPU UUID: \t GPU-1\n')
    const { exitCode, stderr } = await script('restore.sh', { NVIDIA_PROC: proc })
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/now driver 999\.1\.2\n[\s\S]*now GPUs GPU-1/)
    expect(await script('checkpoint.sh', { NVIDIA_PROC: proc })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("the driver is '999.1.2', measured was ''"),
    })
  })
})
