import { expect, test } from 'vitest'
import { Problem } from './problem.ts'
import { ELSEWHERE, Unwritable, writing } from './unwritable.ts'

const failing = (error: unknown, more?: string) => () =>
  writing(
    '/r/run.json',
    () => {
      throw error
    },
    more,
  )
const refused = (code: string) => Object.assign(new Error(`${code}: refused`), { code })

test.for([
  ['ENOSPC', '/r/run.json cannot be written: no space is left on its disk. Make room there.'],
  ['EROFS', '/r/run.json cannot be written: its file system is read-only. Make it writable.'],
  ['EIO', '/r/run.json cannot be written: EIO: refused. Check its disk.'],
] as const)('%s: the path, why, and what to do', ([code, says]) => {
  expect(failing(refused(code))).toThrow(new Unwritable(says))
})

test('before a run has begun another folder is a remedy', () => {
  expect(failing(refused('EACCES'), ELSEWHERE)).toThrow(
    '/r/run.json cannot be written: permission denied. Make it writable, or name another folder with RESULTS_DIR.',
  )
})

test('a defect, and a problem that says more, stay what they are; what was written is handed on', () => {
  expect(failing(new TypeError('x is undefined'))).toThrow(TypeError)
  const problem = Object.assign(new Problem('said before'), { code: 'ENOSPC' })
  expect(failing(problem)).toThrow(problem)
  expect(writing('/r', () => 3)).toBe(3)
})
