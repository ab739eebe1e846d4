import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { stdout } from 'node:process'
import { type Sizes, sizesOf, sizesSchema } from '../../reports/analysis/sizes.ts'
import { renderSizes } from '../../reports/render/html/sizes.ts'
import { readReports } from '../../reports/render/read-reports.ts'
import { lineText, seriesName } from '../../reports/render/size-text.ts'
import { count } from '../../reports/run/format.ts'
import { writeWhole } from '../../reports/run/run-folder.ts'
import { parseWords, runCommand, withUsage } from '../core/command-line.ts'
import { checkCreatable } from '../core/creatable.ts'
import { EXIT, Problem } from '../core/problem.ts'

const OPTIONS = `For example: npm run sizes -- results/*
Options: --out results/sizes (where it is written)`

const USAGE = `Usage: npm run sizes -- RUN ...

TFFT against the bytes of the model, of runs with models of different sizes.
${OPTIONS}`

const FILES = { json: 'sizes.json', page: 'sizes.html' }

/** `npm run sizes -- RUN ...`: seconds against bytes, as a page and as JSON, with the fitted line of each scenario. */
export function main(argv: string[], print: (text: string) => void = text => stdout.write(text)): number {
  const { paths, out } = parse(argv)
  checkCreatable('--out', out)
  const { reports, leftOut } = readReports(paths.filter(path => !existsSync(join(path, FILES.json))))
  const sizes = sizesSchema.parse(sizesOf(reports, leftOut))
  if (sizes.series.length === 0)
    throw new Problem(
      `none of ${count(paths.length, 'path')} has a scenario that was measured with two sizes of model:\n` +
        `${whatTheyAre(sizes).join('\n')}\n${OPTIONS}`,
    )
  mkdirSync(out, { recursive: true })
  writeWhole(join(out, FILES.json), `${JSON.stringify(sizes, undefined, 2)}\n`)
  writeWhole(join(out, FILES.page), renderSizes(sizes))
  const lines = sizes.series.map(one => `${seriesName(one, sizes.series)}, ${one.host}:\n  ${lineText(one.line)}`)
  print(`${[...lines, ...leftOutLines(sizes), join(out, FILES.page)].join('\n')}\n`)
  return EXIT.ok
}

const leftOutLines = ({ left_out: out }: Sizes) => out.map(({ path, why }) => `left out: ${path}: ${why}`)

const whatTheyAre = (sizes: Sizes) => [
  ...sizes.runs.map(({ path, model, bytes }) => `  ${path}: ${model}, ${bytes} bytes`),
  ...leftOutLines(sizes).map(line => `  ${line}`),
]

function parse(argv: string[]): { paths: string[]; out: string } {
  return withUsage(OPTIONS, () => {
    const { values, positionals } = parseWords({
      args: argv,
      allowPositionals: true,
      options: { out: { type: 'string', default: 'results/sizes' } },
    })
    if (positionals.length === 0) throw new Problem('npm run sizes takes the folders of runs, received none')
    return { paths: positionals, out: values.out }
  })
}

if (import.meta.main) await runCommand(USAGE, main)
