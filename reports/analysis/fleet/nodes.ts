import { count } from '../../run/format.ts'
import type { Fingerprint, Report } from '../../run/schema.ts'

/** What a fleet's rules need of a node's run, and no more: a thousand of them stay small. TFFT in seconds. */
export interface NodeRun {
  node: string
  path: string
  timestamp: string
  fingerprint: Fingerprint
  /** Words of the host that the fingerprint leaves out, such as `pcie.link`. */
  facts: Record<string, string>
  /** Whether it says how it ended; else it was killed, or goes on. */
  reported: boolean
  /** Why the run as a whole is no pass. */
  failed: string[]
  scenarios: Map<string, { tfft: number[]; outcome: string; reason?: string }>
}

/** A run that cannot be read: its node failed. */
export interface Unreadable {
  node: string
  path: string
  why: string
}

/** A node's run as the fleet sees it. What names the node is taken out of its fingerprint. */
export function nodeRun(node: string, path: string, report: Report, { reported = true } = {}): NodeRun {
  const { timestamp, host, scenarios } = report
  const entries = Object.entries(host.fingerprint)
  const facts = Object.entries(host.facts).filter(([, value]) => ['string', 'boolean'].includes(typeof value))
  return {
    node,
    path,
    timestamp,
    fingerprint: Object.fromEntries(entries.map(([name, value]) => [name, value && nameless(value, node)])),
    facts: Object.fromEntries(facts.map(([name, value]) => [name, nameless(String(value), node)])),
    reported,
    failed: reported ? failures(report) : [`no report: killed, or still running, after ${trialsOf(report)}`],
    scenarios: new Map(
      scenarios.map(({ id, trials, outcome, reason }) => [
        id,
        { tfft: trials.flatMap(({ tfft }) => tfft ?? []), outcome, ...(reason ? { reason } : {}) },
      ]),
    ),
  }
}

/** A value without the node's name and the serial numbers of its GPUs. */
export function nameless(value: string, node: string): string {
  const word = node.replaceAll(/[^\w]/g, '\\$&')
  return value
    .replaceAll(/\b(GPU|MIG)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '$1')
    .replaceAll(new RegExp(`(?<![\\w.-])${word}(?![\\w-])`, 'g'), 'NODE')
}

function trialsOf({ interrupted, scenarios }: Report): string {
  const made = scenarios.reduce((sum, { trials }) => sum + trials.length, 0)
  return interrupted ? `${interrupted.trials} of ${count(interrupted.of, 'trial')}` : count(made, 'trial')
}

function failures({ verdict, interrupted, scenarios, reference }: Report): string[] {
  if (interrupted) return [`interrupted after ${interrupted.trials} of ${interrupted.of} trials`]
  if (verdict === 'nothing-measured') return ['nothing was measured']
  if (verdict !== 'fail') return reference?.verdict === 'slower' ? ['slower than its own reference'] : []
  const broken = scenarios.filter(({ outcome }) => outcome === 'failed')
  const missed = scenarios.flatMap(({ id, targets }) =>
    targets.filter(({ verdict, kind }) => verdict === 'fail' && kind === 'must').map(({ metric }) => `${id} ${metric}`),
  )
  const trials = scenarios.filter(({ outcome, failed }) => outcome !== 'failed' && failed > 0)
  const why = [
    ...broken.map(({ id, reason }) => `${id} failed${reason ? `: ${reason.split('\n')[0]}` : ''}`),
    ...missed.map(target => `target missed: ${target}`),
    ...trials.map(({ id, failed }) => `${id}: ${failed} failed trials`),
  ]
  return why.length > 0 ? why : ['its own verdict is fail']
}
