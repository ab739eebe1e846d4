import { median } from '../../../helpers/core/statistics.ts'
import { seconds } from '../../run/format.ts'
import type { Scenario } from '../../run/schema.ts'
import { type Facts, measured, p50, phase, type Rule, sibling, slowerBy, word } from './rule.ts'

/** Image files that are unpacked to disk, or read from it, although memory is where they are wanted. */
export const imagesOnDisk: Rule = facts =>
  measured(facts).flatMap(scenario => {
    if (word(facts, scenario.id, 'images.storage') !== 'disk') return []
    const seen = scenario.strategy === 'podman-import' ? unpacking(scenario) : reading(facts, scenario)
    return seen === undefined
      ? []
      : [
          {
            code: 'images-on-disk',
            ...seen,
            remedy:
              'put container storage on a tmpfs: `mount -t tmpfs -o size=32g,huge=always tmpfs ' +
              '/mnt/checkpoint-ram`, then `podman --root /mnt/checkpoint-ram/storage ...` (here: the setting ' +
              "`{ storage: 'tmpfs-huge' }`)",
            source: 'https://github.com/containers/podman/issues/25662',
            scenario: scenario.id,
          },
        ]
  })

/** The last pass reads as much as the two before it; what it takes longer goes into writing. */
function unpacking(scenario: Scenario) {
  const unpack = phase(scenario, 'archive.unpack')
  const readings = ['archive.find-runtime', 'archive.read-config']
    .map(name => phase(scenario, name))
    .filter(value => value > 0)
  if (unpack === 0 || readings.length === 0) return undefined
  const cost = unpack - median(readings)
  if (cost < 0.05 * p50(scenario)) return undefined
  return {
    message: 'the archive is unpacked to container storage on disk',
    evidence: `unpacking took ${seconds(unpack)} s, only reading the archive ${seconds(median(readings))} s`,
    cost,
  }
}

function reading(facts: Facts, scenario: Scenario) {
  const memory = sibling(
    facts,
    scenario,
    ['storage'],
    other =>
      word(facts, other.id, 'images.storage')?.startsWith('tmpfs') === true && slowerBy(scenario, other) !== undefined,
  )
  if (!memory) return undefined
  return {
    message: 'CRIU reads its images from disk',
    evidence:
      `${seconds(p50(scenario))} s, and ${seconds(p50(memory))} s from ` +
      `${word(facts, memory.id, 'images.storage')} (${memory.id})`,
    cost: p50(scenario) - p50(memory),
  }
}
