import { mannWhitney, median } from '../../../helpers/core/statistics.ts'
import { logChoose, studentTail } from '../../../helpers/core/student.ts'
import { MIN_TRIALS } from '../targets.ts'

/** How often a fleet without a slow node may be said to have one: all nodes and scenarios of a group together. */
export const LEVEL = 0.05
/** From this number of nodes on, the nodes themselves say how far nodes lie apart. */
const SPREAD_FROM = 10
/** A node within this share of its peers' median is not slow, however sure it is. */
export const TOLERANCE = 0.1
/** The same where too few nodes show how far nodes lie apart by nature. */
const FEW_TOLERANCE = 0.25
/** The least standard deviation of log medians that is believed: below it lies what measures. */
const LEAST_SPREAD = 0.005
/** MAD to standard deviation, for a normal distribution. */
const MAD_SCALE = 1.4826
/**
 * Degrees of freedom of a MAD of n values: it has 37 % of the standard deviation's efficiency (Rousseeuw and Croux,
 * Alternatives to the Median Absolute Deviation, 1993). The constant is fitted to simulated tails from 10 to 100 nodes.
 */
const madFreedom = (n: number) => 0.37 * n + 1.3

export interface Judged {
  node: string
  p50: number
  n: number
  /** p50 over the median of the peers, minus 1. */
  change: number
  /** Corrected for all nodes and scenarios (Bonferroni); null where nothing can be told. */
  p_value: number | null
  verdict: 'slow' | 'ok' | 'cannot-tell'
}

/**
 * Which nodes are slower than their peers in a scenario. From {@link SPREAD_FROM} nodes on: the modified z-score of
 * log medians (median and MAD: Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993), with the tail of
 * Student's t in place of their fixed limit of 3.5, so that it holds for any number of nodes. Below: each
 * node's trials against those of all others (Mann–Whitney).
 * @param samples TFFT of the trials that counted, by node, seconds
 * @param scenarios how many scenarios are tested in all
 */
export function slowNodes(samples: Map<string, number[]>, scenarios: number): Judged[] {
  const able = [...samples].filter(([, tfft]) => tfft.length >= MIN_TRIALS)
  const tests = able.length * scenarios
  const judge = able.length >= SPREAD_FROM ? bySpread(able) : byTrials(able, tests)
  return [...samples].map(([node, tfft]) => {
    const p50 = median(tfft)
    const judged = tfft.length >= MIN_TRIALS && able.length > 1 ? judge(node, tfft) : undefined
    const change = p50 / (judged?.centre ?? p50) - 1
    const p = judged?.p === undefined ? null : Math.min(1, judged.p * tests)
    const verdict = p === null ? 'cannot-tell' : p < LEVEL && change > judged!.tolerance ? 'slow' : 'ok'
    return { node, p50, n: tfft.length, change, p_value: p, verdict }
  })
}

type Samples = [node: string, tfft: number[]][]
type Judge = (node: string, tfft: number[]) => { centre: number; p?: number; tolerance: number }

function bySpread(able: Samples): Judge {
  const logs = able.map(([, tfft]) => Math.log(median(tfft)))
  const centre = median(logs)
  const spread = Math.max(LEAST_SPREAD, MAD_SCALE * median(logs.map(log => Math.abs(log - centre))))
  const freedom = madFreedom(able.length)
  return (_, tfft) => ({
    centre: Math.exp(centre),
    p: studentTail((Math.log(median(tfft)) - centre) / spread, freedom),
    tolerance: TOLERANCE,
  })
}

function byTrials(able: Samples, tests: number): Judge {
  return (node, tfft) => {
    const others = able.filter(([name]) => name !== node).flatMap(([, values]) => values)
    const centre = median(able.filter(([name]) => name !== node).map(([, values]) => median(values)))
    // what even the clearest difference could not show is not said to be none
    const least = Math.exp(-logChoose(tfft.length + others.length, tfft.length))
    if (least * tests >= LEVEL) return { centre, tolerance: FEW_TOLERANCE }
    const { u, p } = mannWhitney(tfft, others)
    const slower = u > (tfft.length * others.length) / 2
    return { centre, p: slower ? p / 2 : 1, tolerance: FEW_TOLERANCE }
  }
}
