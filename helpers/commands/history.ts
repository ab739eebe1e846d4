import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { stdout } from 'node:process'
import { halfTimeErrors } from '../../reports/analysis/half-time.ts'
import { type History, historyOf, historySchema } from '../../reports/analysis/history.ts'
import { renderHistory } from '../../reports/render/html/history.ts'
import { readReports } from '../../reports/render/read-reports.ts'
import { change, count, day, exactSeconds, percent } from '../../reports/run/format.ts'
import { writeWhole } from '../../reports/run/run-folder.ts'
import { parseWords, runCommand, withUsage } from '../core/command-line.ts'
import { checkCreatable } from '../core/creatable.ts'
import { EXIT, Problem } from '../core/problem.ts'

const OPTIONS = `For example: npm run history -- results/*
Options: --out results/history (where it is written)`

const USAGE = `Usage: npm run history -- RUN ...

TFFT by scenario over runs, with the steps that are no noise.
${OPTIONS}`

const FILES = { json: 'history.json', page: 'history.html' }

/**
 * `npm run history -- results/*`: TFFT by scenario over runs, as a page and as JSON, with the steps that are no noise.
 * What is no run is left out, and that is said.
 */
export function main(argv: string[], print: (text: string) => void = text => stdout.write(text)): number {
  const { paths, out } = parse(argv)
  checkCreatable('--out', out)
  const { reports, leftOut } = readReports(paths.filter(path => !existsSync(join(path, FILES.json))))
  if (reports.length === 0)
    throw new Problem(
      `none of ${count(paths.length, 'path')} is a run that measured anything:\n` +
        `${leftOut.map(({ path, why }) => `  ${path}: ${why}`).join('\n')}\n${OPTIONS}`,
    )
  const history = historySchema.parse(historyOf(reports, leftOut))
  mkdirSync(out, { recursive: true })
  writeWhole(join(out, FILES.json), `${JSON.stringify(history, undefined, 2)}\n`)
  writeWhole(join(out, FILES.page), renderHistory(history))
  print(`${summary(history).join('\n')}\n${join(out, FILES.page)}\n`)
  return EXIT.ok
}

function summary({ runs, series, left_out: out, least_runs: least }: History): string[] {
  const steps = series.flatMap(({ scenario, steps }) =>
    steps.map(({ run, before, after, change: by }) => {
      const names = runs[run]!.changes.map(({ name }) => name).join(', ')
      return (
        `  ${scenario}: ${exactSeconds(before)} → ${exactSeconds(after)} s (${change(by)}) since ` +
        `${day(runs[run]!.timestamp)}${names && `, with ${names}`}`
      )
    }),
  )
  const enough = series.filter(({ points }) => points.length >= least).length
  return [
    `${count(runs.length, 'run')}, ${count(series.length, 'series', 'series')}: ${count(steps.length, 'step')}`,
    ...steps,
    ...(enough < series.length
      ? [`${series.length - enough} of ${series.length} series have fewer than the ${least} runs that a step needs`]
      : []),
    ...timeLeft(runs),
    ...out.map(({ path, why }) => `left out: ${path}: ${why}`),
  ]
}

/** How good the time left was that these runs showed. */
function timeLeft(runs: History['runs']): string[] {
  const all = halfTimeErrors(runs.map(({ half_time: half }) => half))
  if (!all) return []
  const silent = all.silent > 0 ? `; ${count(all.silent, 'more run')} could not tell it` : ''
  return [
    `time left at half-time, against what it took: ${all.errors.map(change).join(', ')}`,
    `  ${count(all.errors.length, 'run')}: median error ${percent(all.median)}, at most ${percent(all.most)}${silent}`,
  ]
}

function parse(argv: string[]): { paths: string[]; out: string } {
  return withUsage(OPTIONS, () => {
    const { values, positionals } = parseWords({
      args: argv,
      allowPositionals: true,
      options: { out: { type: 'string', default: 'results/history' } },
    })
    if (positionals.length === 0) throw new Problem('npm run history takes the folders of runs, received none')
    return { paths: positionals, out: values.out }
  })
}

if (import.meta.main) await runCommand(USAGE, argv => main(argv))
