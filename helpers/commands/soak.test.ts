import { expect, it } from 'vitest'
import { FAULTS } from '../../fixtures/testing/soak/faults.ts'
import { parseOptions } from './soak.ts'

it('has defaults, and takes what it is told', () => {
  expect(parseOptions([])).toEqual({
    limit: { trials: 300 },
    seed: 1,
    iterations: 4,
    faults: FAULTS.filter(({ id }) => !['server-killed', 'tmpfs-full-at-third'].includes(id)),
    what: ['runtime-direct', 'podman-in-place', 'podman-import'],
  })
  expect(parseOptions(['--trials', '12', '--seed', '7', '--faults', 'SIGTERM,none'])).toMatchObject({
    limit: { trials: 12 },
    seed: 7,
    faults: [{ id: 'none' }, { id: 'SIGTERM' }],
  })
})

it('soaks what is asked for, with the faults that can happen to it', () => {
  expect(parseOptions(['--what', 'swap,clones', '--rounds', '50'])).toMatchObject({
    what: ['clones', 'swap'],
    limit: { rounds: 50 },
  })
  const faultsOf = (what: string) => parseOptions(['--what', what]).faults.map(({ id }) => id)
  expect(faultsOf('clones')).toContain('tmpfs-full-at-third')
  expect(faultsOf('swap')).not.toContain('tmpfs-full-at-third')
  expect(faultsOf('runtime-direct')).not.toContain('podman-killed')
})

it.for([
  [['--rounds', '0'], '--rounds: received "0", allowed is a whole number from 1 on'],
  [['--rounds', '3', '--trials', '9'], 'received --rounds and --trials: give one of them'],
  [['--what', 'clones,clowns'], '--what: there is no clowns'],
  [['--what', ''], '--what: there is no '],
  [['--what', 'swap', '--faults', 'other-tokens,none'], '--faults: other-tokens cannot happen to swap'],
  [['--faults', 'tmpfs-full-at-third'], 'cannot happen to runtime-direct, podman-in-place, podman-import'],
  [['--trials', '0'], '--trials: received "0", allowed is a whole number from 1 on'],
  [['--seed', 'x'], '--seed: received "x"'],
  [['--faults', 'none,flood'], '--faults: there is no flood'],
  [['--minutes', '3'], "Unknown option '--minutes'"],
  [['12'], 'Unexpected argument'],
] as const)('%j is refused with what is allowed', ([args, says]) => {
  expect(() => parseOptions([...args])).toThrow(says)
  expect(() => parseOptions([...args])).toThrow('Usage: npm run soak')
})
