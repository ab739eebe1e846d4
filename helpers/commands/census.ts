import { parseArgs } from 'node:util'
import { runCommand, withUsage } from '../core/command-line.ts'
import { Problem } from '../core/problem.ts'
import { census } from '../criu/images/census.ts'
import { censusTable } from '../criu/images/census-table.ts'
import { ImageError } from '../criu/images/wire.ts'

const USAGE = `Usage: npm run census -- FOLDER [--json] [--largest COUNT]

Says what a checkpoint's pages are: by process, kind and file, and how many are all zero.
FOLDER holds CRIU's images (pstree.img, pages-1.img, …);
for podman, <storage>/overlay-containers/<id>/userdata/checkpoint.`

const OPTIONS = { json: { type: 'boolean' }, largest: { type: 'string', default: '10' } } as const

async function main(args: string[]): Promise<void> {
  const { values, positionals } = withUsage(USAGE, () => parseArgs({ args, allowPositionals: true, options: OPTIONS }))
  const [folder, ...rest] = positionals
  const largest = Number(values.largest)
  if (!folder || rest.length || !Number.isInteger(largest) || largest < 0)
    throw new Problem(`Got ${args.join(' ') || 'no folder'}.\n${USAGE}`)
  const result = await read(folder, largest)
  console.log(values.json ? JSON.stringify(result, undefined, 2) : censusTable(result))
}

async function read(folder: string, largest: number) {
  try {
    return await census(folder, { largest })
  } catch (error) {
    throw error instanceof ImageError ? new Problem(error.message, { cause: error }) : error
  }
}

if (import.meta.main) await runCommand(USAGE, main)
