import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** A library with the driver's symbols and no GPU, for tests: fake-libcuda.c and fake-memory.c, compiled. */

const SOURCES = ['fake-libcuda.c', 'fake-memory.c'].map(name => join(import.meta.dirname, name))

const compile = (...args: string[]) => spawnSync('gcc', [...args, ...SOURCES], { encoding: 'utf8' })

/** Why it cannot be made here; undefined where it can. */
export function cannotMakeFakeDriver(): string | undefined {
  return compile('-fsyntax-only').status === 0 ? undefined : "needs gcc and the C library's headers (libc6-dev)"
}

/** @param flags of the compiler, such as -DNO_CHECKPOINT. @throws Error with what the compiler said */
export function makeFakeDriver(path: string, ...flags: string[]): void {
  const { status, stderr, error } = compile('-shared', '-fPIC', '-O1', ...flags, '-o', path)
  if (status !== 0 || stderr) throw new Error(`gcc: ${error?.message ?? stderr}`)
}
