import { parseWords, runCommand, withUsage } from '../core/command-line.ts'
import { Problem } from '../core/problem.ts'
import { census } from '../criu/images/census.ts'
import { censusTable } from '../criu/images/census-table.ts'
import { ImageError } from '../criu/images/wire.ts'

const USAGE = `Usage: npm run census -- FOLDER [--json] [--largest COUNT]

Says what a checkpoint's pages are: by process, kind and file, and how many are all zero.
FOLDER holds CRIU's images (pstree.img, pages-1.img, …);
for podman, <storage>/overlay-containers/<id>/userdata/checkpoint.`

const OPTIONS = { json: { type: 'boolean', default: false }, largest: { type: 'string', default: '10' } } as const

function parse(args: string[]): { folder: string; largest: number; json: boolean } {
  return withUsage(USAGE, () => {
    const { values, positionals } = parseWords({ args, allowPositionals: true, options: OPTIONS })
    const [folder] = positionals
    if (!folder || positionals.length > 1)
      throw new Problem(`npm run census takes one folder, received ${positionals.join(' ') || 'none'}`)
    if (!/^\d{1,6}$/.test(values.largest))
      throw new Problem(`--largest: received "${values.largest}", allowed is a whole number from 0 on`)
    return { folder, largest: Number(values.largest), json: values.json }
  })
}

async function main(args: string[]): Promise<void> {
  const { folder, largest, json } = parse(args)
  const result = await read(folder, largest)
  console.log(json ? JSON.stringify(result, undefined, 2) : censusTable(result))
}

async function read(folder: string, largest: number) {
  try {
    return await census(folder, { largest })
  } catch (error) {
    throw error instanceof ImageError ? new Problem(error.message, { cause: error }) : error
  }
}

if (import.meta.main) await runCommand(USAGE, main)
