import { readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { cannotRunHere, openSelfTest, program, project, type SelfTest } from '../../fixtures/testing/self-test.ts'
import { configuration } from '../config/configuration.ts'
import { openRecipe, type RecipeScripts } from '../testing/recipe-scripts.ts'

const NAME = `recipe-test-${process.pid}`
/** Seconds: a busy host needs minutes. */
const LONG = { timeout: 800 }
/** The embedded default with its real model, measured once, and the recipe of that, in a folder of its own. */
describe.skipIf(cannotRunHere)(
  'a recipe brings the measured server back with podman alone',
  { timeout: 400_000 },
  () => {
    let self: SelfTest
    let recipe: RecipeScripts

    beforeAll(async () => {
      self = await openSelfTest()
      const real = { ...self.targets([]), MODEL_SIZE: '', MAX_MODEL_LEN: '', ITERATIONS: '1' }
      const measured = await self.spawn(['podman-in-place'], { ...real, SCENARIOS: 'podman-in-place/mapped' }, LONG)
      expect(self.recorded().at(-1), measured.all).toMatchObject({ outcome: 'ok' })
      const made = join(self.folder, 'made here')
      const { exitCode, output } = await self.command('recipe', [self.latest(), '--out', made, '--name', NAME], real)
      expect(exitCode, output).toBe(0)
      const moved = join(self.folder, 'and moved')
      renameSync(made, moved)
      recipe = openRecipe(moved, NAME, self.folder)
      for (const name of ['prepare.sh', 'checkpoint.sh']) expect(await recipe.run(name)).toMatchObject({ exitCode: 0 })
    }, 900_000)

    beforeEach(async () => {
      await recipe.run('stop.sh')
    })

    afterAll(async () => {
      await recipe?.dispose()
      self?.dispose()
    }, 120_000)

    test('nothing in its scripts names the checkout or the state of the suite', () => {
      const texts = readdirSync(recipe.folder, { recursive: true, withFileTypes: true })
        .filter(
          entry => entry.isFile() && !/\.tar$|^node$/.test(entry.name) && !entry.parentPath.includes('node_modules'),
        )
        .map(entry => join(entry.parentPath, entry.name))
      const own = [project, configuration().stateDir]
      expect(texts.filter(path => own.some(text => readFileSync(path, 'latin1').includes(text)))).toEqual([])
    })

    test('again and again, with the tokens of the run, and podman ps sees it', async () => {
      const { text } = self.recorded().find(({ strategy }) => strategy === 'podman-in-place')!.question!
      for (let time = 0; time < 2; time++) {
        const { exitCode, stdout, stderr } = await recipe.run('restore.sh')
        expect(stderr).toContain('the tokens are those from before the checkpoint')
        expect(stdout).toMatch(/^restored \d+\.\d+$/)
        expect(exitCode).toBe(0)
        expect(recipe.answer()).toBe(text)
        expect(await recipe.podman('ps', '--format', '{{.Names}}')).toBe(NAME)
        expect((await recipe.run('stop.sh')).exitCode).toBe(0)
      }
    })

    test('refuses another kernel, and another CRIU: nothing is started', async () => {
      const fake = program(join(self.folder, 'fake'), 'uname', 'echo 9.9.9-other')
      const kernel = await recipe.run('restore.sh', [], { PATH: `${fake.PATH}${recipe.env.PATH}` })
      expect(kernel).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('now kernel 9.9.9-other') })
      const criu = join(recipe.folder, 'parts/criu/bin/criu')
      renameSync(criu, `${criu}.real`)
      try {
        program(join(recipe.folder, 'parts/criu/bin'), 'criu', 'echo Version: 9.9')
        const other = await recipe.run('restore.sh')
        expect(other).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('now CRIU 9.9') })
      } finally {
        renameSync(`${criu}.real`, criu)
      }
      expect(await recipe.podman('ps', '--quiet')).toBe('')
    })

    test('refuses a port that another server has', async () => {
      const { port } = self.recorded()[0]!.question!
      const taken = createServer()
      await new Promise<void>(listening => taken.listen(port, '127.0.0.1', listening))
      try {
        expect(await recipe.run('restore.sh')).toMatchObject({
          exitCode: 2,
          stderr: expect.stringContaining(`something listens on 127.0.0.1:${port}`),
        })
      } finally {
        taken.close()
      }
    })

    test('a server that gives other tokens is replaced by a cold start, which is said', async () => {
      writeFileSync(recipe.state('expected'), 'something else')
      const { exitCode, stdout, stderr } = await recipe.run('restore.sh')
      expect(stderr).toContain('cold start: the restored server gives other tokens')
      expect(stdout).toMatch(/^cold \d+\.\d+$/)
      expect(exitCode).toBe(0)
      expect(await recipe.podman('ps', '--format', '{{.Names}}')).toBe(NAME)
    })

    test.for([
      ['cut off', (path: string) => truncateSync(path, 4096), 'the files of the checkpoint have changed'],
      ['gone', (path: string) => rmSync(path), 'the files of the checkpoint have changed'],
    ] as const)('a checkpoint whose memory is %s: a cold start, which is said', async ([, spoil, why]) => {
      expect((await recipe.run('checkpoint.sh')).exitCode).toBe(0)
      spoil(recipe.state('pages/memory'))
      const { exitCode, stdout, stderr } = await recipe.run('restore.sh')
      expect(stderr).toContain(`cold start: ${why}`)
      expect(stdout).toMatch(/^cold /)
      expect(exitCode).toBe(0)
    })

    test('images that CRIU cannot read: a cold start with its reason', async () => {
      expect((await recipe.run('checkpoint.sh')).exitCode).toBe(0)
      writeFileSync(recipe.state('images/inventory.img'), 'no image')
      // as if nobody had seen it
      const stamps = await execa('find', ['images', 'pages', 'weights', '-type', 'f', '-printf', '%p %s %T@\n'], {
        cwd: recipe.state(''),
      })
      writeFileSync(
        recipe.state('stamps'),
        `${stamps.stdout
          .split('\n')
          .map(line => join(recipe.state(''), line))
          .sort()
          .join('\n')}\n`,
      )
      const { stdout, stderr } = await recipe.run('restore.sh', [], { LC_ALL: 'C.UTF-8' })
      expect(stderr).toContain('cold start: the restore failed')
      expect(stdout).toMatch(/^cold /)
    })

    test('a secret that is missing is named before anything starts', async () => {
      const settings = join(recipe.folder, 'settings.sh')
      const text = readFileSync(settings, 'utf8')
      writeFileSync(settings, text.replace('SECRETS=()', 'SECRETS=(MY_TOKEN)'))
      try {
        expect(await recipe.run('checkpoint.sh')).toMatchObject({
          exitCode: 2,
          stderr: expect.stringContaining('MY_TOKEN is not set: put MY_TOKEN=value into'),
        })
      } finally {
        writeFileSync(settings, text)
      }
    })
  },
)
