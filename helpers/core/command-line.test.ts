import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { onePerName, parseWords, refuseArguments, runCommand, withUsage } from './command-line.ts'
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
  const read = (args: string[]) => withUsage(USAGE, () => parseWords({ args, options: { out: { type: 'string' } } }))
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

test('an option that has one value is given once', () => {
  const options = {
    out: { type: 'string', short: 'o' },
    also: { type: 'string', multiple: true },
    yes: { type: 'boolean' },
  } as const
  const read = (...args: string[]) => parseWords({ args, options }).values
  expect(read('--yes', '--yes', '--also=1', '--also', '1', '-o', 'x')).toEqual({
    yes: true,
    also: ['1', '1'],
    out: 'x',
  })
  expect(() => read('-o', 'x', '--out=x')).toThrow(
    new Problem('--out is given 2 times: received "x", "x", allowed is one value'),
  )
  // what is unknown is not asked for its values
  expect(() => read('--sao', 'x', '--sao', 'y')).toThrow(`Unknown option '--sao'`)
  expect(() => read('--aslo', 'x')).toThrow(new Problem(`Unknown option '--aslo'; did you mean "--also"?`))
  expect(() => read('--', '--yes')).toThrow(
    /^Unexpected argument '--yes'.*; what follows "--" is no option: leave one "--" out$/,
  )
  expect(() => read('--', 'yes')).toThrow(/positional arguments$/)
  expect(() => read('--nothing-like-it')).toThrow(new Problem(`Unknown option '--nothing-like-it'`))
})

test('of NAME=VALUE words each name is given once, and no value is shown', () => {
  const pairs: [string, string][] = [
    ['HF_TOKEN', 'a'],
    ['ENGINE', 'vllm'],
  ]
  expect(onePerName('--set', pairs)).toEqual({ HF_TOKEN: 'a', ENGINE: 'vllm' })
  expect(() => onePerName('--set', [...pairs, ['HF_TOKEN', 'b']])).toThrow(
    new Problem('--set: received HF_TOKEN more than once, allowed is one value'),
  )
})
