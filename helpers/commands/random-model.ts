import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { configuration } from '../config/configuration.ts'
import { runCommand } from '../core/command-line.ts'
import { Problem } from '../core/problem.ts'
import { command } from '../host/command.ts'
import { hubModel, madeRevision, revisionFolder, setMainRevision } from '../models/hub.ts'
import { type ModelOptions, parseOptions, USAGE } from '../models/random-model/options.ts'

/** `npm run random-model`: a Hugging Face model folder with random weights, or a LoRA adapter. Exit 0, or 2. */

const SECONDS = 1800
const program = join(resolve(import.meta.dirname, '../models/random-model'), 'make.py')

async function make(options: ModelOptions): Promise<string> {
  const { hub, out, seed, args } = options
  if (!hub) return write(options, out!)
  const model = hubModel(configuration().modelsCache, hub)
  const revision = madeRevision([...args, seed].join(' '))
  mkdirSync(revisionFolder(model, revision), { recursive: true })
  const made = await write(options, revisionFolder(model, revision))
  setMainRevision(model, revision)
  return `${made}\nrandom-model: MODEL_ID=${hub}`
}

async function write({ label, python, what, seed, args }: ModelOptions, out: string): Promise<string> {
  const { stdout } = await command(python, ['-B', program, what, out, seed, ...args], {
    timeout: SECONDS,
    remedy: `Is there room in ${out}, and does ${python} have torch? Name another one with --python.`,
  })
  const made = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as {
    parameters: number
    bytes: number
    seconds: number
  }
  if (!made.bytes) throw new Problem(`random-model: ${python} printed no result: ${stdout}`)
  return (
    `random-model: ${label}, ${(made.parameters / 1e9).toPrecision(3)} billion parameters, ` +
    `${(made.bytes / 1e9).toPrecision(3)} GB in ${out}, ${made.seconds} s`
  )
}

if (import.meta.main) await runCommand(USAGE, async argv => console.log(await make(parseOptions(argv))))
