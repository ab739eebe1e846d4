import { stdout } from 'node:process'
import { EXIT, Problem, reportProblem } from '../core/problem.ts'
import { asksForHelp } from '../core/usage.ts'
import { merge } from './fleet/merge.ts'
import { rates } from './fleet/rates.ts'

const USAGE = `Usage: npm run fleet -- merge DIR ... [--nodes FILE] [--before DIR] [--format table|json|jsonl]
       npm run fleet -- rates [FLEETS]

merge   the runs of many nodes as one answer: distributions, slow, failed and missing nodes;
        exit code 1 where there is such a node, 4 where the fleet is slower than before
rates   how often a node is said to be slow that is not, and how often a slow one is found, by simulation

docs/fleet.md has more.
`

const PARTS: Record<string, (argv: string[], print: (text: string) => void) => number> = { merge, rates }

/** `npm run fleet -- PART ...`: one suite on many nodes. @throws Problem */
export function main(argv: string[], print: (text: string) => void = text => stdout.write(text)): number {
  if (asksForHelp(argv)) {
    print(USAGE)
    return EXIT.ok
  }
  const [name = '', ...rest] = argv
  const part = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined
  if (!part) throw new Problem(`received ${JSON.stringify(name)}, wanted ${Object.keys(PARTS).join(', ')}\n${USAGE}`)
  return part(rest, print)
}

if (import.meta.main) {
  try {
    process.exitCode = main(process.argv.slice(2))
  } catch (error) {
    process.exitCode = reportProblem(error)
  }
}
