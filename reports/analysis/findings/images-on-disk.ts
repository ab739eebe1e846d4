import { median } from '../../../helpers/core/statistics.ts'
import { seconds } from '../../run/format.ts'
import type { Scenario } from '../../run/schema.ts'
import { type Facts, measured, p50, phase, type Rule, sibling, slowerBy, word } from './rule.ts'

/** Image files that are unpacked to disk, or read from it, although memory is where they are wanted. */
export const imagesOnDisk: Rule = facts => {
  const found = measured(facts).flatMap(scenario => {
    if (word(facts, scenario.id, 'images.storage') !== 'disk') return []
    const seen = scenario.strategy === 'podman-import' ? unpacking(scenario) : reading(facts, scenario)
    return seen === undefined ? [] : [{ scenario, seen }]
  })
  // one tmpfs for whichever of them: the remedy is the same for all
  const size = sizeFor(
    facts,
    found.map(({ scenario }) => scenario),
  )
  return found.map(({ scenario, seen }) => ({
    code: 'images-on-disk',
    ...seen,
    remedy:
      "put container storage on a tmpfs: here the setting `{ storage: 'tmpfs-huge' }`; with podman alone " +
      `\`mkdir /mnt/images && mount -t tmpfs -o size=${size},huge=always tmpfs /mnt/images\`, then ` +
      '`podman --root /mnt/images/storage ...`',
    source: 'https://github.com/containers/podman/issues/25662',
    scenario: scenario.id,
  }))
}

const GIB = 2 ** 30

/** Room for the largest checkpoint and half as much again, at most half of the host's memory: as `mount` reads it. */
function sizeFor({ run }: Facts, scenarios: Scenario[]): string {
  const half = run.host.memory / 2
  const largest = Math.max(0, ...scenarios.map(({ checkpoint }) => checkpoint?.bytes ?? 0))
  const wanted = largest > 0 ? 1.5 * largest : half
  const size = Math.min(wanted, half)
  return size < GIB ? `${Math.max(1, Math.floor(size / 2 ** 20))}m` : `${Math.floor(size / GIB)}g`
}

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
