import { seconds } from '../../run/format.ts'
import type { Finding, Report, Run, Trial } from '../../run/schema.ts'
import { archiveReadAgain } from './archive-passes.ts'
import { compression } from './compression.ts'
import { copiesRepeat } from './copies-repeat.ts'
import { criuLog } from './criu-log.ts'
import { cudaProcesses, cudaRestore } from './cuda.ts'
import { firstRun } from './first-run.ts'
import { fullTmpfs } from './full-tmpfs.ts'
import { farMemory, pcieLink, powerState } from './gpu-connection.ts'
import { kvCache, weights } from './gpu-memory.ts'
import { hugePages } from './huge-pages.ts'
import { imagesOnDisk } from './images-on-disk.ts'
import { kernelProbe } from './kernel-probe.ts'
import { knownDefects } from './known-defects.ts'
import { noisyHost } from './noisy-host.ts'
import { pageReads } from './page-reads.ts'
import { peerMemory } from './peer-memory.ts'
import { releasedMemory } from './released-memory.ts'
import type { Rule } from './rule.ts'
import { unattributed } from './unattributed.ts'
import { unfairBaseline } from './unfair-baseline.ts'

/** Every rule there is; one file a rule, or two that share what they look at. */
const RULES: Rule[] = [
  archiveReadAgain,
  imagesOnDisk,
  compression,
  kvCache,
  weights,
  hugePages,
  pageReads,
  criuLog,
  kernelProbe,
  cudaRestore,
  cudaProcesses,
  releasedMemory,
  peerMemory,
  pcieLink,
  powerState,
  farMemory,
  unfairBaseline,
  firstRun,
  noisyHost,
  unattributed,
  fullTmpfs,
  copiesRepeat,
  knownDefects,
]

/**
 * All findings of a run, the costliest first, those without a cost last. A cause that several scenarios
 * share is one finding.
 */
export function findings(run: Run, report: Report, trials: Trial[]): Finding[] {
  const facts = { run, report, trials }
  return RULES.flatMap(rule => merge(rule(facts))).sort((a, b) => (b.cost ?? -1) - (a.cost ?? -1))
}

/** Scenarios that a shared cause names beside the costliest. */
const NAMED = 3

/** Rules whose remedy names the scenario, and that are one cause all the same. */
const ONE_CAUSE = ['unattributed-time', 'first-run-stands-out']

/** Findings of one rule by their remedy: the costliest speaks, its evidence names the others. */
function merge(found: Finding[]): Finding[] {
  return [
    ...Map.groupBy(found, finding =>
      ONE_CAUSE.includes(finding.code) ? finding.code : `${finding.code} ${finding.remedy.split('(')[0]}`,
    ).values(),
  ].map(group => {
    const [first, ...others] = group.toSorted((a, b) => (b.cost ?? -1) - (a.cost ?? -1))
    if (others.length === 0) return first!
    const named = others
      .slice(0, NAMED)
      .map(other => `${other.scenario ?? other.message}${other.cost === null ? '' : ` (${seconds(other.cost)} s)`}`)
    return {
      ...first!,
      evidence:
        `${first!.evidence}. Also ` +
        `${named.join(', ')}${others.length > NAMED ? ` and ${others.length - NAMED} more` : ''}`,
    }
  })
}
