import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { engines } from '../../fixtures/engines/index.ts'
import { makeReport } from '../../reports/render/write.ts'
import { runFolder } from '../../reports/run/run-folder.ts'
import type { Run, Settings } from '../../reports/run/schema.ts'
import { readTrials } from '../../reports/run/trials.ts'
import { type Configuration, configuration } from '../config/configuration.ts'
import { latestRun } from '../config/results-folder.ts'
import { parseWords, runCommand, withUsage } from '../core/command-line.ts'
import { Problem } from '../core/problem.ts'
import { readRecord } from '../core/record.ts'
import { compareVersions } from '../core/versions.ts'
import { command } from '../host/command.ts'
import { becomeRoot } from '../host/root.ts'
import type { Image, Podman } from '../podman/podman.ts'
import { choose, figure, gains } from '../recipe/choose.ts'
import { portable } from '../recipe/container.ts'
import { copy, copyCriu, copyProgram } from '../recipe/parts.ts'
import { recordedTrial } from '../recipe/values.ts'
import { files, writeFiles } from '../recipe/write.ts'
import { criuChoice } from '../setup/criu.ts'
import { storePodman } from '../setup/image.ts'
import { criuToUse } from '../setup/paths.ts'

const USAGE = `Usage: npm run recipe -- [RUN] [SCENARIO] [--out FOLDER] [--name NAME]

Makes a folder of scripts that bring a server back the way SCENARIO was measured, without the suite.
  RUN       folder of a run; the newest run unless given
  SCENARIO  such as podman-in-place/mapped; the fastest restore in place unless given
  --out     the folder to make; recipes/NAME unless given
  --name    of the container and the units; llm unless given`

/** Quadlet came with podman 4.4. */
const QUADLET = '4.4'

function options(argv: string[]) {
  return withUsage(USAGE, () => {
    const { values, positionals } = parseWords({
      args: argv,
      allowPositionals: true,
      options: {
        out: { type: 'string' },
        name: { type: 'string', default: 'llm' },
      },
    })
    const [run = latestRun(), scenario, ...rest] = positionals
    if (rest.length > 0) throw new Problem(`received ${positionals.join(' ')}, allowed are a run and a scenario`)
    if (!/^[a-z0-9][a-z0-9_.-]{0,39}$/.test(values.name))
      throw new Problem(
        `--name: received "${values.name}", allowed are at most 40 small letters, digits, "_", "." and "-"`,
      )
    return { run, scenario, name: values.name, out: resolve(values.out ?? `recipes/${values.name}`) }
  })
}

/** `npm run recipe`: see {@link USAGE}. */
async function main(argv: string[]): Promise<void> {
  const { run: path, scenario: wanted, name, out } = options(argv)
  const { run, report } = makeReport(path)
  const scenario = choose(report, wanted)
  const trial = recordedTrial(readTrials(runFolder(path).trials).trials, scenario.id)
  if (existsSync(out) && readdirSync(out).length > 0)
    throw new Problem(`${out} is there and not empty: name another folder with --out, or delete it`)
  await becomeRoot()
  const c = configuration()
  const criu = criuOf(run, c)
  const podman = storePodman(c)
  const image = await imageOf(run, podman)
  const parts = partsOf(c, image, scenario.settings)
  const container = portable(trial.commands.run!, image.reference, [resolve(c.stateDir)])
  const source = imageSource(image)
  const values = {
    ...{ report, scenario, trial, container, name, engine: parts, folder: out },
    gains: gains(report, scenario),
    source: lastTwo(realpathSync(path)),
    imageSource: source ?? 'parts/image.tar',
  }
  writeFiles(out, files(values, await hasQuadlet(c)))
  copyCriu(out, readRecord(c.stateDir, 'criu', criuChoice) ?? criu)
  for (const { from, to } of [...container.copies, ...(parts?.files ?? [])]) copy(from, join(out, to))
  if (scenario.settings.pages !== undefined) copyProgram(out, 'page-mapper', 'The page mapper')
  for (const { name, what } of parts?.programs ?? []) copyProgram(out, name, what)
  if (!source) await podman.run(['save', '--quiet', '--output', join(out, 'parts/image.tar'), image.reference])
  console.log(`${out}: as ${scenario.id} was measured, ${figure(scenario)}\nNext: ${out}/README.md`)
}

/** @throws Problem where the run had another engine or another CRIU than this host has now */
function criuOf({ engine, host }: Run, c: Configuration) {
  if (engine.name !== c.engine)
    throw new Problem(`the run's engine was ${engine.name}, and ENGINE is ${c.engine}: set it to that`)
  const criu = criuToUse(c)
  const { 'criu.version': version } = host.facts
  if (version !== criu.version)
    throw new Problem(`the run used CRIU ${version}, and this host has ${criu.version}: measure again`)
  return criu
}

/** @throws Problem where its name stands for another image now */
async function imageOf({ engine }: Run, podman: Podman): Promise<Image> {
  const image = await podman.image(engine.image)
  if (image.id !== engine.image_id)
    throw new Problem(`${image.reference} is another image than in the run (${image.id}): measure again`)
  return image
}

/** What the engine adds to a recipe. @throws Problem where it needs something that no recipe knows */
function partsOf(c: Configuration, image: Image, settings: Settings) {
  const engine = engines[c.engine](c, image)
  if (engine.beforeCheckpoint && !engine.recipe)
    throw new Problem(`no recipe knows what ${c.engine} needs before a checkpoint and after a restore`)
  return engine.recipe?.(settings)
}

/** A registry has it under its digest; what was made here is nowhere else: undefined then. */
const imageSource = ({ reference, digest }: Image): string | undefined =>
  reference.startsWith('localhost/') || !digest ? undefined : `${reference.replace(/(:[^:/]+|@.*)$/, '')}@${digest}`

const lastTwo = (path: string) => join(basename(dirname(path)), basename(path))

const hasQuadlet = async ({ toolTimeout }: Configuration): Promise<boolean> =>
  compareVersions((await command('podman', ['--version'], { timeout: toolTimeout })).stdout, QUADLET) >= 0

if (import.meta.main) await runCommand(USAGE, main)
