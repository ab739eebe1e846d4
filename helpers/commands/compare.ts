import { stdout } from 'node:process'
import { parseArgs } from 'node:util'
import { checkOtherRun, compareRuns, DEFAULT_TOLERANCE, readReference } from '../../reports/analysis/compare.ts'
import { gateExitCode } from '../../reports/analysis/exit-code.ts'
import { gateVerdict, renderGate } from '../../reports/render/gate-table.ts'
import { EXIT, Problem, reportProblem } from '../core/problem.ts'
import { asksForHelp } from '../core/usage.ts'

const USAGE =
  'For example: npm run compare -- results/reference.json results/latest\nOptions: --tolerance 0.1 ' +
  '(share of the median), --any-host (as REFERENCE_ANY_HOST=1)'

/** `npm run compare -- A B`: is B slower than A? Ends with 4 where it is. */
export function main(
  argv: string[],
  print: (text: string) => void = text => stdout.write(text),
  environment: Record<string, string | undefined> = process.env,
): number {
  if (asksForHelp(argv)) {
    print(`Usage: npm run compare -- A B\n\nIs run B slower than run A? Ends with 4 where it is.\n${USAGE}\n`)
    return EXIT.ok
  }
  const { from, to, tolerance, anyHost } = parse(argv)
  checkOtherRun(from, to)
  const result = compareRuns(readReference(from), readReference(to), {
    path: from,
    tolerance,
    anyHost: anyHost || environment.REFERENCE_ANY_HOST === '1',
  })
  const colour = Boolean(stdout.isTTY) && !environment.NO_COLOR
  print(`${renderGate(result, { columns: stdout.columns || 80, colour })}\n\n${gateVerdict(result)}\n`)
  return gateExitCode(result)
}

function parse(argv: string[]): { from: string; to: string; tolerance: number; anyHost: boolean } {
  try {
    const { values, positionals } = parseArgs({
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
    const [from, to, ...rest] = positionals
    if (from === undefined || to === undefined || rest.length > 0)
      throw new Problem(`npm run compare takes two runs, received ${positionals.length}`)
    return { from, to, tolerance, anyHost: values['any-host'] }
  } catch (error) {
    throw new Problem(`${(error as Error).message}\n${USAGE}`)
  }
}

if (import.meta.main) {
  try {
    process.exitCode = main(process.argv.slice(2))
  } catch (error) {
    process.exitCode = reportProblem(error)
  }
}
