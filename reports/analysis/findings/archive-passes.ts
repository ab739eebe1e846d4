import { bytes, factor, seconds } from '../../run/format.ts'
import type { Scenario } from '../../run/schema.ts'
import { archiveTime, figure, measured, p50, phaseList, type Rule, slowerBy } from './rule.ts'

const PASSES = ['archive.find-runtime', 'archive.read-config', 'archive.unpack']

/** How many settings another scenario has that the commands of the remedy alone do not give. Theirs is the disk. */
const further = ({ settings }: Scenario, other: Scenario): number =>
  Object.entries(other.settings).filter(
    ([name, value]) => name !== 'compress' && value !== 'disk' && settings[name] !== value,
  ).length

/**
 * podman reads and decompresses the whole archive three times before CRIU starts: for the OCI runtime, for the config,
 * and to unpack it. A restore in place reads no archive, so all of it is the cost.
 */
export const archiveReadAgain: Rule = facts =>
  measured(facts).flatMap(scenario => {
    const passes = figure(facts, scenario.id, 'archive.passes')
    if (passes === undefined || passes < 2 || !scenario.phases.some(({ name }) => name.startsWith('archive.')))
      return []
    const cost = archiveTime(scenario)
    const size = figure(facts, scenario.id, 'archive.bytes')
    const better = measured(facts)
      .filter(
        other =>
          other.strategy === 'podman-in-place' &&
          other.settings.checkpointAt === scenario.settings.checkpointAt &&
          slowerBy(scenario, other) !== undefined,
      )
      .toSorted((a, b) => further(scenario, a) - further(scenario, b) || p50(a) - p50(b))[0]
    const more = better && further(scenario, better) ? 'with further settings, ' : ''
    const faster = better
      ? ` (${more}${better.id} took ${seconds(p50(better))} s in this run, ` +
        `${factor(p50(scenario) / p50(better))} as fast)`
      : ''
    return [
      {
        code: 'archive-read-again',
        message: `podman reads the whole archive ${passes === 3 ? 'three' : passes} times before CRIU starts`,
        evidence:
          `${phaseList(scenario, PASSES)}: ${seconds(cost)} s of ${seconds(p50(scenario))} ` +
          `s${size === undefined ? '' : `, ${bytes(size)} each time`}`,
        cost,
        remedy:
          'restore in place, without an archive: `podman container checkpoint --keep NAME`, then ' +
          `\`podman container restore --keep NAME\`${faster}`,
        source: 'https://github.com/containers/podman/issues/25662',
        scenario: scenario.id,
      },
    ]
  })
