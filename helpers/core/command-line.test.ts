import { parseArgs } from 'node:util'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { refuseArguments, runCommand, withUsage } from './command-line.ts'
import { Problem } from './problem.ts'

const USAGE = 'Usage: npm run toy'

const before = process.exitCode
const print = vi.spyOn(console, 'log')
const complain = vi.spyOn(console, 'error')
beforeEach(() => {
  print.mockReset().mockReturnValue()
  complain.mockReset().mockReturnValue()
  process.exitCode = undefined
})
afterEach(() => {
  process.exitCode = before
})

test.for([[['--help']], [['-h']], [['run', '--nonsense', '--help']]])('%j prints the usage alone', async ([argv]) => {
  const main = vi.fn()
  await runCommand(USAGE, main, argv)
  expect(print.mock.calls).toEqual([[USAGE]])
  expect(main).not.toHaveBeenCalled()
  expect(process.exitCode).toBeUndefined()
})

test('what main returns is the exit code; nothing leaves it as it is', async () => {
  await runCommand(USAGE, async () => 4, [])
  expect(process.exitCode).toBe(4)
  await runCommand(USAGE, () => {}, [])
  expect(process.exitCode).toBe(4)
})

test('a Problem is a sentence and its exit code; a defect is a stack and 1', async () => {
  const fails = (error: Error) =>
    runCommand(USAGE, () => {
      throw error
    }, [])
  await fails(new Problem('no room', { exitCode: 3 }))
  expect([complain.mock.calls, process.exitCode]).toEqual([[['criu-gpu-bench: no room']], 3])
  complain.mockClear()
  await fails(new TypeError('x is undefined'))
  expect([complain.mock.calls[0]![0], process.exitCode]).toEqual([
    expect.stringMatching(/^TypeError: x is undefined\n +at /),
    1,
  ])
})

test('arguments are refused where there are none to give', () => {
  expect(() => refuseArguments([], USAGE)).not.toThrow()
  expect(() => refuseArguments(['--nonsense', 'x'], USAGE)).toThrow(
    new Problem(`no arguments are taken, received: --nonsense x\n${USAGE}`),
  )
})

test('what is wrong with a command line is followed by its usage; a defect stays one', () => {
  const read = (args: string[]) => withUsage(USAGE, () => parseArgs({ args, options: { out: { type: 'string' } } }))
  expect(read(['--out', 'x']).values).toEqual({ out: 'x' })
  for (const args of [['--nonsense'], ['x'], ['--out']])
    expect(() => read(args)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/\nUsage: npm run toy$/) }),
    )
  expect(() => read(['--nonsense'])).toThrow(Problem)
  const refuse = (error: Error) =>
    withUsage(USAGE, () => {
      throw error
    })
  expect(() => refuse(new Problem('--out: received 3'))).toThrow(new Problem(`--out: received 3\n${USAGE}`))
  expect(() => refuse(new TypeError('x is undefined'))).toThrow(new TypeError('x is undefined'))
})
