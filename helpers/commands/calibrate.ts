import { mkdirSync } from 'node:fs'
import { Bench } from 'tinybench'
import { proberFile } from '../../fixtures/preflight.ts'
import { writeWhole } from '../../reports/run-folder.ts'
import { proberSchema } from '../../reports/schema.ts'
import { KINDS, type Kind, openServer } from '../calibration/tries.ts'
import { configuration } from '../configuration.ts'
import { warmProber } from '../openai.ts'
import { reportProblem } from '../problem.ts'

/**
 * `npm run calibrate`: measures the prober itself against a server whose moments are known, 200 tries of three kinds in turn,
 * prints its error, and keeps the figure for every report.
 */

const TRIES = 200

async function main(): Promise<void> {
  const { stateDir } = configuration()
  const server = openServer()
  const errors = new Map<Kind, number[]>(KINDS.map(kind => [kind, []]))
  try {
    await warmProber()
    await server.attempt('listens')
    const bench = new Bench({ time: 0, iterations: TRIES, warmup: false, retainSamples: true })
    let done = 0
    bench.add('error', async () => {
      const kind = KINDS[done++ % KINDS.length]!
      const error = Math.abs(await server.attempt(kind))
      errors.get(kind)!.push(error)
      if (process.stdout.isTTY) process.stdout.write(`\r${done}/${TRIES}`)
      return { overriddenDuration: error * 1000 }
    })
    await bench.run()
    const { result } = bench.tasks[0]!
    if (result.state !== 'completed') throw 'error' in result ? result.error : new Error(`the calibration is ${result.state}`)
    const figure = proberSchema.parse({ timestamp: new Date().toISOString(), tries: TRIES, median: result.latency.p50! / 1000, worst: result.latency.max / 1000 })
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    writeWhole(proberFile({ stateDir }), `${JSON.stringify(figure)}\n`)
    console.log(`\rprober's error over ${TRIES} tries: median ${ms(figure.median)}, worst ${ms(figure.worst)}`)
    for (const [kind, seconds] of errors) {
      const sorted = seconds.toSorted((a, b) => a - b)
      console.log(`  ${WORDS[kind].padEnd(46)} median ${ms(sorted[sorted.length >> 1]!)}, worst ${ms(sorted.at(-1)!)}`)
    }
  } finally {
    server.end()
  }
}

const WORDS: Record<Kind, string> = {
  'listens': 'the server listens from the start',
  'listens-later': 'nobody listens at first',
  'drops-syn': 'SYNs are dropped for the first 300 ms',
}

const ms = (seconds: number) => `${(seconds * 1000).toFixed(2)} ms`

try {
  await main()
} catch (error) {
  process.exitCode = reportProblem(error)
}
