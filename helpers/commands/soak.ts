import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { FAULTS } from '../../fixtures/testing/soak/faults.ts'
import { soak } from '../../fixtures/testing/soak/soak.ts'
import { configuration } from '../config/configuration.ts'
import { runCommand, withUsage } from '../core/command-line.ts'
import { EXIT, Problem } from '../core/problem.ts'
import { becomeRoot } from '../host/root.ts'
import { ENDING, exitCodeOf } from '../host/signals.ts'

const USAGE = `Usage: npm run soak -- [--trials 300] [--seed 1] [--iterations 4] [--faults NAME,NAME]

Runs the real suite with a small model again and again, throws faults in at random, and counts what was lost, leaked
or wrongly accepted.
It ends with 1 where anything that must be zero is not. The same seed gives the same faults.
Faults: ${FAULTS.map(({ id }) => id).join(', ')}`

interface Options {
  trials: number
  seed: number
  iterations: number
  faults: typeof FAULTS
}

const OPTIONS = {
  trials: { type: 'string', default: '300' },
  seed: { type: 'string', default: '1' },
  iterations: { type: 'string', default: '4' },
  faults: { type: 'string' },
} as const

/** @throws Problem naming what was received */
export function parseOptions(args: string[]): Options {
  const { values } = withUsage(USAGE, () => parseArgs({ args, options: OPTIONS }))
  const whole = (name: 'trials' | 'seed' | 'iterations', least: number) => {
    const text = values[name]!
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least || value > 2 ** 31)
      throw new Problem(`--${name}: received "${text}", allowed is a whole number from ${least} on\n${USAGE}`)
    return value
  }
  const names = values.faults?.split(',')
  const unknown = names?.filter(name => !FAULTS.some(({ id }) => id === name)) ?? []
  if (unknown.length > 0) throw new Problem(`--faults: there is no ${unknown.join(', ')}\n${USAGE}`)
  return {
    trials: whole('trials', 1),
    seed: whole('seed', 0),
    iterations: whole('iterations', 1),
    faults: FAULTS.filter(({ id }) => names?.includes(id) ?? true),
  }
}

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args)
  await becomeRoot()
  const stop = new AbortController()
  let stopped: NodeJS.Signals | undefined
  for (const signal of ENDING) {
    process.on(signal, () => {
      stopped = signal
      stop.abort()
    })
  }
  const folder = join(
    configuration().resultsDir ?? resolve('results'),
    `soak-${new Date().toISOString().replace(/\.\d+/, '').replaceAll(':', '-')}`,
  )
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const clean = await soak({ ...options, folder, signal: stop.signal, print: line => console.log(line) })
  return stopped ? exitCodeOf(stopped) : clean ? EXIT.ok : EXIT.missed
}

if (import.meta.main) await runCommand(USAGE, main)
