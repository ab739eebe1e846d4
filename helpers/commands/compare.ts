import { stdout } from 'node:process'
import { checkOtherRun, compareRuns, DEFAULT_TOLERANCE, readReference } from '../../reports/analysis/compare.ts'
import { gateExitCode } from '../../reports/analysis/exit-code.ts'
import { gateVerdict, renderGate } from '../../reports/render/gate-table.ts'
import { align, type Column } from '../../reports/render/text.ts'
import { day } from '../../reports/run/format.ts'
import type { Report } from '../../reports/run/schema.ts'
import { parseWords, runCommand, withUsage } from '../core/command-line.ts'
import { EXIT, Problem } from '../core/problem.ts'

const OPTIONS = `For example: npm run compare -- results/reference.json results/latest
Options: --tolerance 0.1 (share of the median), --any-host (as REFERENCE_ANY_HOST=1)`

const USAGE = `Usage: npm run compare -- A B ...

Is run B, or one of those after it, slower than run A? Ends with 4 where one is.
${OPTIONS}`

/** `npm run compare -- A B ...`: is B, or one of those after it, slower than A? Ends with 4 where one is. */
export function main(
  argv: string[],
  print: (text: string) => void = text => stdout.write(text),
  environment: Record<string, string | undefined> = process.env,
): number {
  const { from, to, tolerance, anyHost } = parse(argv)
  for (const path of to) checkOtherRun(from, path)
  const options = { path: from, tolerance, anyHost: anyHost || environment.REFERENCE_ANY_HOST === '1' }
  const reference = readReference(from)
  const others = to.map(path => ({ path, report: readReference(path) }))
  const compared = others.map(other => ({ ...other, result: compareRuns(reference, other.report, options) }))
  const look = { columns: stdout.columns || 80, colour: Boolean(stdout.isTTY) && !environment.NO_COLOR }
  print(`${[...named([{ path: from, report: reference }, ...others]), ''].join('\n')}\n`)
  const gates = compared.map(({ path, result }) =>
    [...(to.length > 1 ? [path] : []), renderGate(result, look), '', gateVerdict(result), ''].join('\n'),
  )
  print(gates.join('\n'))
  return worst(compared.map(({ result }) => gateExitCode(result)))
}

/** What was compared: when each run began, and of which version of which engine. */
function named(runs: { path: string; report: Report }[]): string[] {
  const rows = runs.map(({ path, report: { timestamp, engine } }) => [
    path,
    day(timestamp),
    `${engine.name} ${engine.version ?? '(version not known)'}`,
    engine.model,
  ])
  const columns: Column[] = rows[0]!.map(() => ({ align: 'left' }))
  return align(rows, columns).map(row => row.join('  ').trimEnd())
}

/** Slower counts for more than what could not be compared. */
const worst = (codes: number[]): number => [EXIT.slower, EXIT.unusable].find(code => codes.includes(code)) ?? EXIT.ok

function parse(argv: string[]): { from: string; to: string[]; tolerance: number; anyHost: boolean } {
  return withUsage(OPTIONS, () => {
    const { values, positionals } = parseWords({
      args: argv,
      allowPositionals: true,
      options: {
        tolerance: { type: 'string', default: String(DEFAULT_TOLERANCE) },
        'any-host': { type: 'boolean', default: false },
      },
    })
    const tolerance = Number(values.tolerance)
    if (!(tolerance > 0 && tolerance < 10))
      throw new Problem(`--tolerance is a share above 0, such as 0.1; received "${values.tolerance}"`)
    const [from, ...to] = positionals
    if (from === undefined || to.length === 0)
      throw new Problem(`npm run compare takes two runs or more, received ${positionals.join(' ') || 'none'}`)
    return { from, to, tolerance, anyHost: values['any-host'] }
  })
}

if (import.meta.main) await runCommand(USAGE, argv => main(argv))
