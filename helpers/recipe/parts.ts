import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { CriuChoice } from '../setup/criu.ts'
import { fill, template } from './render.ts'

/** The programs of a recipe, copied into its folder so that nothing of the suite is needed. */

const project = resolve(import.meta.dirname, '../..')
const NONE: ReadonlyMap<string, string> = new Map()
/** npm packages that the programs need, with their binary for this platform. */
const PACKAGES = ['koffi', `@koromix/koffi-${process.platform}-${process.arch}`]

/** Writes a program that anybody may run. */
export function program(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  chmodSync(path, 0o755)
}

/** CRIU: Debian's with its libraries, or the host's own by its path. */
export function copyCriu(folder: string, { path, from }: CriuChoice): void {
  const target = join(folder, 'parts/criu')
  const prefix = dirname(dirname(path))
  if (from !== 'debian')
    return program(join(target, 'bin/criu'), fill(template('criu-host.sh'), { criu: `'${path}'` }, NONE))
  cpSync(join(prefix, 'usr'), join(target, 'usr'), { recursive: true, verbatimSymlinks: true })
  const libraries = readdirSync(join(prefix, 'usr/lib')).find(name =>
    existsSync(join(prefix, 'usr/lib', name, 'libc.so.6')),
  )!
  const linker = readdirSync(join(prefix, 'usr/lib', libraries)).find(name => /^ld-linux.*\.so\.\d+$/.test(name))!
  const values = { libraries: `usr/lib/${libraries}`, linker: `usr/lib/${libraries}/${linker}` }
  program(join(target, 'bin/criu'), fill(template('criu-own.sh'), values, NONE))
}

/** A TypeScript program of `programs/` with all that it imports, and a Node to run it. */
export function copyProgram(folder: string, name: string, what: string): void {
  const parts = join(folder, 'parts')
  const source = join(parts, 'source')
  for (const file of importsOf(join(project, 'helpers/recipe/programs', `${name}.ts`)))
    copy(file, join(source, relative(project, file)))
  for (const name of PACKAGES)
    cpSync(join(project, 'node_modules', name), join(source, 'node_modules', name), {
      recursive: true,
      dereference: true,
    })
  writeFileSync(join(source, 'package.json'), '{ "type": "module", "private": true }\n')
  copy(realpathSync(process.execPath), join(parts, 'node'))
  program(join(parts, name), fill(template('program.sh'), { what, program: name }, NONE))
}

/** A file or folder of the run's. */
export function copy(from: string, to: string): void {
  if (existsSync(to)) return
  mkdirSync(dirname(to), { recursive: true })
  if (readdirOrUndefined(from)) cpSync(from, to, { recursive: true, dereference: true })
  else copyFileSync(from, to)
}

function readdirOrUndefined(path: string): string[] | undefined {
  try {
    return readdirSync(path)
  } catch {
    return undefined
  }
}

/** A file and all that it imports by a relative path, imports of types aside. */
function importsOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const text = readFileSync(file, 'utf8')
  for (const [, path] of text.matchAll(/^(?:import|export)\b(?! type\b)[^']*'(\.[^']+\.ts)'/gm))
    importsOf(resolve(dirname(file), path!), seen)
  return seen
}
