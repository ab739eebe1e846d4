import { slowNodes } from '../../../reports/analysis/fleet/slow.ts'
import { Problem } from '../../core/problem.ts'
import { mulberry32, normal } from '../../core/statistics.ts'
import { options } from './options.ts'

const SCENARIOS = 10
const TRIALS = 5
const NOISE = 0.05

/** How nodes differ by nature, on the scale of the logarithm: deviations from the median. */
type Nature = (random: () => number) => number
/** Heavier tails: Student's t with 5 degrees of freedom. */
const heavy: Nature = random => {
  const squares = Array.from({ length: 5 }, () => normal(random) ** 2).reduce((sum, one) => sum + one, 0)
  return normal(random) / Math.sqrt(squares / 5)
}

interface Case {
  nodes: number
  between: number
  nature?: Nature
  /** The first node takes this share longer in every scenario. */
  slow?: number
}

const CASES: Case[] = [
  ...[3, 5].flatMap(nodes => [0.02, 0.05, 0.1].map(between => ({ nodes, between }))),
  ...[10, 30, 100].flatMap(nodes => [0.02, 0.05, 0.1].map(between => ({ nodes, between }))),
  ...[30, 100].map(nodes => ({ nodes, between: 0.05, nature: heavy })),
  ...[3, 10, 30, 100].flatMap(nodes => [0.2, 0.3, 0.5].map(slow => ({ nodes, between: 0.05, slow }))),
]

/** Share of fleets in which a node is said to be slow: a wrong one, and the right one. */
export function rate(fleets: number, { nodes, between, nature = normal, slow = 0 }: Case) {
  const random = mulberry32(1)
  let wrong = 0
  let found = 0
  for (let fleet = 0; fleet < fleets; fleet++) {
    const named = new Set(Array.from({ length: SCENARIOS }, () => scenario()).flat())
    if ([...named].some(node => slow === 0 || node !== '0')) wrong++
    if (slow > 0 && named.has('0')) found++
  }
  return { wrong: wrong / fleets, found: found / fleets }

  function scenario(): string[] {
    const samples = Array.from({ length: nodes }, (_, node): [string, number[]] => {
      const level = nature(random) * between + (node === 0 ? Math.log(1 + slow) : 0)
      return [String(node), Array.from({ length: TRIALS }, () => Math.exp(level + normal(random) * NOISE))]
    })
    return slowNodes(new Map(samples), SCENARIOS).flatMap(({ node, verdict }) => (verdict === 'slow' ? [node] : []))
  }
}

/** `npm run fleet -- rates [FLEETS]`. Seeded: the same figures every time. */
export function rates(argv: string[], print: (text: string) => void): number {
  const { positionals } = options(argv, {})
  const fleets = Number(positionals[0] ?? 500)
  if (!(Number.isInteger(fleets) && fleets > 0 && positionals.length < 2))
    throw new Problem(`npm run fleet -- rates takes a number of fleets, received: ${positionals.join(' ')}`)
  print(`${fleets} fleets, ${SCENARIOS} scenarios, ${TRIALS} trials each with noise of ${100 * NOISE} %\n`)
  for (const one of CASES) {
    const { wrong, found } = rate(fleets, one)
    const tails = one.nature === heavy ? ', heavy tails' : ''
    const slow = one.slow ? `, one ${100 * one.slow} % slower: found in ${share(found)}` : ''
    print(`${one.nodes} nodes that differ by ${100 * one.between} %${tails}${slow}: wrong in ${share(wrong)}\n`)
  }
  return 0
}

const share = (part: number) => `${(100 * part).toFixed(1)} %`
