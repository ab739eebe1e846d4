import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { jsonSchemas } from '../../reports/analysis/json-schemas.ts'
import { refuseArguments, runCommand } from '../core/command-line.ts'
import { Problem } from '../core/problem.ts'

const FOLDER = resolve(import.meta.dirname, '../../docs/schemas')
const USAGE = `Usage: npm run schemas

Writes the JSON Schemas of run.json, trials.jsonl, report.json, history.json and sizes.json to
docs/schemas, each under its version. One that is there is never changed.`

/** A version that was published keeps its shape. @throws Problem where a shape changed and its version did not */
export function writeSchemas(folder = FOLDER): string[] {
  mkdirSync(folder, { recursive: true })
  return jsonSchemas().flatMap(({ name, file, text }) => {
    const path = join(folder, file)
    if (existsSync(path)) {
      if (isDeepStrictEqual(JSON.parse(readFileSync(path, 'utf8')), JSON.parse(text))) return []
      throw new Problem(
        `${file} has another shape than ${name} has now. A published version keeps its shape: raise the version of ` +
          `${name} in reports/analysis/json-schemas.ts, then npm run schemas`,
        { exitCode: 1 },
      )
    }
    writeFileSync(path, text)
    return [file]
  })
}

function main(argv: string[]): void {
  refuseArguments(argv, USAGE)
  console.log(
    writeSchemas()
      .map(file => `docs/schemas/${file}`)
      .join('\n') || 'nothing is new',
  )
}

if (import.meta.main) await runCommand(USAGE, main)
