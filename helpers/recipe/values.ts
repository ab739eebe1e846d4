import { join } from 'node:path'
import { PAGES_IN_CONTAINER } from '../../fixtures/checkpoints/image-variants.ts'
import type { RecipeParts } from '../../fixtures/engines/engine.ts'
import type { Report, Scenario, Trial } from '../../reports/run/schema.ts'
import { Problem } from '../core/problem.ts'
import { quote } from '../host/command.ts'
import { figure } from './choose.ts'
import type { PortableContainer } from './container.ts'
import { comment } from './render.ts'
import { inShell, type Word } from './words.ts'

/** What the templates say of a run: each value as it stands in a shell script. Pure. */

export interface Recipe {
  report: Report
  scenario: Scenario
  trial: Recorded
  container: PortableContainer
  gains: ReadonlyMap<string, string>
  /** Folder of the run, the recipe's own, and the container's name. */
  source: string
  folder: string
  name: string
  /** Undefined for an engine that needs nothing around a checkpoint. */
  engine: Pick<RecipeParts, 'script' | 'values'> | undefined
  /** Where the image comes from: parts/image.tar, or what podman pulls. */
  imageSource: string
}

/** A trial that says what was run. */
export type Recorded = Trial & Required<Pick<Trial, 'commands' | 'question' | 'checkpoint'>>

/** The last trial of a scenario that counted. @throws Problem where the run is older than such records */
export function recordedTrial(trials: readonly Trial[], id: string): Recorded {
  const found = trials.findLast(
    (trial): trial is Recorded =>
      trial.scenario === id &&
      trial.outcome === 'ok' &&
      Boolean(trial.commands?.run && trial.question && trial.checkpoint),
  )
  if (!found)
    throw new Problem(`no trial of ${id} says what was run: the run is older than these records\nMeasure it again.`)
  return found
}

const MIB = 2 ** 20

export function values(recipe: Recipe): Record<string, string> {
  const { report, scenario, trial, container, gains, source, folder, name, imageSource } = recipe
  const { engine, host } = report
  const { settings } = scenario
  const storage = String(settings.storage ?? 'disk')
  const held = Math.max(trial.checkpoint.bytes, ...Object.values(trial.memory ?? {}))
  const shell = (value: unknown) => quote([String(value ?? '')])
  const warmUp = { ...JSON.parse(trial.question.body), prompt: 'Warm-up number 1' }
  return {
    source,
    scenario: scenario.id,
    tfft: figure(scenario),
    cold: coldFigure(report, scenario),
    engine: `${engine.name} ${engine.version ?? ''}`.trim(),
    model: engine.model,
    folder,
    unit_folder: folder.replaceAll('%', '%%'),
    gains: comment([...gains.values()]) || '# nothing: it has no settings',
    name: shell(name),
    port: shell(trial.question.port),
    state: storage === 'disk' ? '$HERE/state' : shell(`/run/recipe-${name}`),
    storage,
    // the dump and its mapped form lie there side by side for a moment
    megabytes: String(Math.ceil((held * 2.5) / MIB) + 64),
    thp: String(settings.thp ?? 'host'),
    mapped_as: join(PAGES_IN_CONTAINER, 'memory'),
    pages: String(settings.pages ?? 'as-dumped'),
    image: shell(engine.image),
    image_id: shell(engine.image_id),
    image_source: shell(imageSource),
    secrets: container.secrets.map(shell).join(' '),
    podman: ['podman', ...container.podman].map(shell).join(' '),
    container: lines(container.flags),
    command: lines(container.command),
    request_path: shell(trial.question.path),
    request: shell(trial.question.body),
    warm_up: shell(JSON.stringify(warmUp)),
    warm_ups: String(trial.warm_up?.requests ?? 0),
    run_kernel: shell(host.fingerprint.kernel),
    run_criu: shell(host.facts['criu.version']),
    run_driver: shell(host.fingerprint.driver),
    run_gpu: shell(host.fingerprint.gpu),
    run_engine: shell(engine.version),
  }
}

const lines = (groups: Word[][]) => groups.map(words => `  ${words.map(inShell).join(' ')}`).join('\n')

function coldFigure({ scenarios }: Report, { versus_baseline: baseline }: Scenario): string {
  const cold = scenarios.find(({ id }) => id === baseline?.scenario)
  return cold ? figure(cold) : 'not measured in that run'
}
