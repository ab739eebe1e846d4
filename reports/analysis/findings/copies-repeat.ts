import { count } from '../../run/format.ts'
import { countedTrials, type Facts, measured, type Rule } from './rule.ts'

/** Servers of one checkpoint that give the same ids, or draw the same answers at random. */
export const copiesRepeat: Rule = facts =>
  measured(facts).flatMap(({ id }) => {
    const random = repeats(facts, id, 'copies.random')
    const ids = repeats(facts, id, 'copies.ids')
    if (random === 0 && ids === 0) return []
    return [
      {
        code: 'copies-repeat',
        message: 'servers of one checkpoint repeat what should be their own',
        evidence: [
          ...(random > 0 ? [`the same answer at temperature 1 without a seed in ${count(random, 'trial')}`] : []),
          ...(ids > 0 ? [`the same id of an answer in ${count(ids, 'trial')}`] : []),
        ].join('; '),
        cost: null,
        remedy:
          random > 0
            ? 'send a `seed` of your own with each request that should be random'
            : "tell answers apart by their server's port or name as well",
        source: 'docs/strategies.md#what-copies-share',
        scenario: id,
      },
    ]
  })

const repeats = (facts: Facts, id: string, key: string): number =>
  countedTrials(facts, id).filter(({ evidence }) => evidence[key] === 'repeat').length
