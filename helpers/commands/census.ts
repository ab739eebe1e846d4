import { parseArgs } from 'node:util'
import { Problem, reportProblem } from '../core/problem.ts'
import { census } from '../criu/images/census.ts'
import { censusTable } from '../criu/images/census-table.ts'
import { ImageError } from '../criu/images/wire.ts'

const USAGE = `Usage: npm run census -- FOLDER [--json] [--largest COUNT]

Says what a checkpoint's pages are: by process, kind and file, and how many are all zero.
FOLDER holds CRIU's images (pstree.img, pages-1.img, …);
for podman, <storage>/overlay-containers/<id>/userdata/checkpoint.`

try {
  console.log(await run(process.argv.slice(2)))
} catch (error) {
  process.exitCode = reportProblem(error instanceof ImageError ? new Problem(error.message, { cause: error }) : error)
}

async function run(args: string[]): Promise<string> {
  const {
    values,
    positionals: [folder, ...rest],
  } = parse(args)
  if (values.help) return USAGE
  const largest = Number(values.largest)
  if (!folder || rest.length || !Number.isInteger(largest) || largest < 0)
    throw new Problem(`Got ${args.join(' ') || 'no folder'}.\n${USAGE}`)
  const result = await census(folder, { largest })
  return values.json ? JSON.stringify(result, undefined, 2) : censusTable(result)
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        largest: { type: 'string', default: '10' },
      },
    })
  } catch (error) {
    throw new Problem(`${(error as Error).message}\n${USAGE}`)
  }
}
