import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { FAULTS, strikes } from '../../fixtures/testing/soak/faults.ts'
import { type Limit, soak } from '../../fixtures/testing/soak/soak.ts'
import { BENCHES, type Bench, DEFAULT_BENCHES, TARGETS } from '../../fixtures/testing/soak/targets.ts'
import { configuration } from '../config/configuration.ts'
import { parseWords, runCommand, withUsage } from '../core/command-line.ts'
import { EXIT, Problem } from '../core/problem.ts'
import { becomeRoot } from '../host/root.ts'
import { ENDING, exitCodeOf } from '../host/signals.ts'

const USAGE = `Usage: npm run soak -- [--trials 300 | --rounds 50] [--seed 1] [--iterations 4] [--what BENCH,BENCH]
         [--faults NAME,NAME]

Runs the real suite with a small model again and again, throws faults in at random, and counts what was lost, leaked
or wrongly accepted.
It ends with 1 where anything that must be zero is not. The same seed gives the same faults.
Benches: ${BENCHES.join(', ')}; unless said otherwise ${DEFAULT_BENCHES.join(', ')}
Faults: ${FAULTS.map(({ id }) => id).join(', ')}`

interface Options {
  limit: Limit
  seed: number
  iterations: number
  faults: typeof FAULTS
  what: readonly Bench[]
}

const OPTIONS = {
  trials: { type: 'string' },
  rounds: { type: 'string' },
  seed: { type: 'string', default: '1' },
  iterations: { type: 'string', default: '4' },
  faults: { type: 'string' },
  what: { type: 'string' },
} as const

/** @throws Problem naming what was received */
export function parseOptions(args: string[]): Options {
  const { values } = withUsage(USAGE, () => parseWords({ args, options: OPTIONS }))
  const whole = (name: 'trials' | 'rounds' | 'seed' | 'iterations', least: number, otherwise = '') => {
    const text = values[name] ?? otherwise
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least || value > 2 ** 31)
      throw new Problem(`--${name}: received "${text}", allowed is a whole number from ${least} on\n${USAGE}`)
    return value
  }
  if (values.rounds !== undefined && values.trials !== undefined)
    throw new Problem(`received --rounds and --trials: give one of them\n${USAGE}`)
  const benches = values.what?.split(',') ?? DEFAULT_BENCHES
  const others = benches.filter(name => !BENCHES.some(bench => bench === name))
  if (others.length > 0) throw new Problem(`--what: there is no ${others.join(', ')}\n${USAGE}`)
  const what = BENCHES.filter(bench => benches.includes(bench))
  const names = values.faults?.split(',')
  const unknown = names?.filter(name => !FAULTS.some(({ id }) => id === name)) ?? []
  if (unknown.length > 0) throw new Problem(`--faults: there is no ${unknown.join(', ')}\n${USAGE}`)
  const able = FAULTS.filter(fault => TARGETS.some(one => what.includes(one.bench) && strikes(fault, one)))
  const unable = names?.filter(name => !able.some(({ id }) => id === name)) ?? []
  if (unable.length > 0)
    throw new Problem(`--faults: ${unable.join(', ')} cannot happen to ${what.join(', ')}: change --what\n${USAGE}`)
  return {
    limit: values.rounds === undefined ? { trials: whole('trials', 1, '300') } : { rounds: whole('rounds', 1) },
    seed: whole('seed', 0),
    iterations: whole('iterations', 1),
    faults: able.filter(({ id }) => names?.includes(id) ?? true),
    what,
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
