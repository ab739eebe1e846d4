import { mkdirSync } from 'node:fs'
import { Bench } from 'tinybench'
import { readRecord, writeRecord } from '../../core/record.ts'
import { type ProberFigure, proberSchema } from '../../core/schemas.ts'
import { warmProber } from '../warm-up.ts'
import { openServer, TRY_KINDS, type TryKind } from './tries.ts'

/** Keeps the prober's own error for every report. */
const RECORD = 'prober'

/** The prober's own error; undefined where it was not measured, or its file is damaged. */
export const readProberFigure = (stateDir: string) => readRecord(stateDir, RECORD, proberSchema)

/**
 * Measures the prober against a server whose moments are known, with tries of three kinds in turn, and keeps the
 * figure.
 * @param tries about 0.15 s each
 * @param progress called with the tries done
 * @returns the figure, and the errors in seconds by kind
 */
export async function calibrate(
  stateDir: string,
  tries: number,
  progress: (done: number, of: number) => void,
): Promise<{ figure: ProberFigure; errors: Map<TryKind, number[]> }> {
  const server = openServer()
  const errors = new Map<TryKind, number[]>(TRY_KINDS.map(kind => [kind, []]))
  try {
    await warmProber()
    await server.attempt('listens')
    const bench = new Bench({ time: 0, iterations: tries, warmup: false, retainSamples: true })
    let done = 0
    bench.add('error', async () => {
      const kind = TRY_KINDS[done++ % TRY_KINDS.length]!
      const error = Math.abs(await server.attempt(kind))
      errors.get(kind)!.push(error)
      progress(done, tries)
      return { overriddenDuration: error * 1000 }
    })
    await bench.run()
    const { result } = bench.tasks[0]!
    if (result.state !== 'completed')
      throw 'error' in result ? result.error : new Error(`the calibration is ${result.state}`)
    const figure = proberSchema.parse({
      timestamp: new Date().toISOString(),
      tries,
      median: result.latency.p50! / 1000,
      worst: result.latency.max / 1000,
    })
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    writeRecord(stateDir, RECORD, figure)
    return { figure, errors }
  } finally {
    server.end()
  }
}

/** Seconds as milliseconds, for people. */
export const milliseconds = (seconds: number): string => `${(seconds * 1000).toFixed(2)} ms`
