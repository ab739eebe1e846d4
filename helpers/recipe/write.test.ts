import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { vllmRecipe } from '../../fixtures/engines/vllm/recipe.ts'
import { vllmDefaults } from '../../fixtures/engines/vllm/settings.ts'
import { makeReport } from '../../reports/render/write.ts'
import { runFolder } from '../../reports/run/run-folder.ts'
import type { Trial } from '../../reports/run/schema.ts'
import { readTrials } from '../../reports/run/trials.ts'
import { configuration } from '../config/configuration.ts'
import { choose, gains } from './choose.ts'
import { portable } from './container.ts'
import { fill } from './render.ts'
import { type Recipe, recordedTrial } from './values.ts'
import { files } from './write.ts'

const recorded = join(import.meta.dirname, '../../reports/testing/recorded/without-gpu')
const { report } = makeReport(recorded)
const scenario = choose(report)
const argv = [
  'podman',
  '--runtime',
  'runc',
  'run',
  '--volume',
  '/models:/models:ro',
  'i',
  'server',
  '--host',
  '127.0.0.1',
]
const old = readTrials(runFolder(recorded).trials).trials
const commands = { run: argv, environment: [], criu: ['link-remap'] }
const question = { port: 8000, path: '/v1/completions', body: '{"model":"it\'s","prompt":"p"}', text: 't' }
const trials = old.map((trial): Trial => ({ ...trial, commands, question }))
const recipe: Recipe = {
  report,
  scenario,
  trial: recordedTrial(trials, scenario.id),
  container: portable(argv, 'i', []),
  gains: gains(report, scenario),
  source: 'results/x',
  folder: '/opt/llm',
  name: 'llm',
  engine: undefined,
  imageSource: 'parts/image.tar',
}

test('every template is filled, and every script is one that bash can read', () => {
  const all = files(recipe, true)
  for (const [name, text] of Object.entries(all)) {
    expect(text, name).not.toMatch(/\{\{\w/)
    if (name.endsWith('.sh')) execFileSync('bash', ['-n'], { input: text })
  }
  expect(Object.keys(all)).toEqual(
    expect.arrayContaining(['restore.sh', 'llm.service', 'llm-cold.container', 'criu.conf']),
  )
  expect(Object.keys(files(recipe, false))).not.toContain('llm-cold.container')
})

const defaults = { gpuMemoryUtil: 0.9, tensorParallel: 1 }
test('what vLLM needs around a checkpoint', () => {
  const settings = {
    ...vllmDefaults(defaults),
    checkpointAt: 'asleep-2',
    weights: 'tmpfs',
  } as const
  const text = files({ ...recipe, engine: vllmRecipe(configuration(), settings) }, false)['engine.sh']!
  execFileSync('bash', ['-n'], { input: text })
  expect(text).toMatch(/^SLEEP_LEVEL=2 [\s\S]*^WEIGHTS_BY=tmpfs [\s\S]*^CUDA_BY=suite [\s\S]*^WEIGHTS_SERVED=no /m)
  expect(vllmRecipe(configuration(), vllmDefaults(defaults)).values).toMatchObject({ sleep_level: '0' })
})

test("the figures are the run's, and the request is the measured one", () => {
  const { 'settings.sh': settings, 'README.md': readme } = files(recipe, false)
  expect(readme).toContain(`n = ${scenario.n})`)
  expect(settings).toContain(String.raw`REQUEST='{"model":"it'\''s","prompt":"p"}'`)
  expect(settings).toContain(`RUN_KERNEL=${report.host.fingerprint.kernel}`)
})

test('no template has a figure of its own', () => {
  for (const [name, text] of Object.entries(files({ ...recipe, gains: new Map() }, false)))
    if (/^(prepare|checkpoint|restore|stop|common|engine)\.sh$/.test(name))
      expect(text, name).not.toMatch(/\d\.\d+ s\b/)
})

test('a run that does not say what was run is no recipe; a placeholder without a value is a fault', () => {
  expect(() => recordedTrial(old, scenario.id)).toThrow(/older than these records\nMeasure it again/)
  expect(() => fill('{{a}} {{nothing}}', { a: '1' }, new Map())).toThrow('{{nothing}} has no value')
  expect(fill('{{gain:pages}}', {}, new Map())).toBe('pages: as usual in that scenario.')
})

test('every template is used', () => {
  const named = Object.keys({ ...files(recipe, true) })
  const templates = readdirSync(join(import.meta.dirname, 'templates'))
  const made = /^(server|checkpoint)\.(service|container)$|^(criu-|engine-|program)/
  expect(templates.filter(name => !made.test(name) && !named.includes(name))).toEqual([])
})
