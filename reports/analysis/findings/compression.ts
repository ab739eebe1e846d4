import { bytes, seconds } from '../../run/format.ts'
import { archiveTime, figure, measured, p50, type Rule, sibling, slowerBy, word } from './rule.ts'

/**
 * Compression that costs more to undo than its smaller archive saves: seen where the same archive
 * uncompressed was faster.
 */
export const compression: Rule = facts =>
  measured(facts).flatMap(scenario => {
    const compressed = word(facts, scenario.id, 'archive.compression')
    if (compressed === undefined || compressed === 'none') return []
    const plain = sibling(
      facts,
      scenario,
      ['compress'],
      other => word(facts, other.id, 'archive.compression') === 'none',
    )
    const slower = plain && slowerBy(scenario, plain)
    if (!plain || slower === undefined) return []
    // only what reading the archive takes longer: the rest of the difference is the host's
    const cost = Math.min(slower, Math.max(0, archiveTime(scenario) - archiveTime(plain)))
    const sizes = [scenario, plain].map(one => figure(facts, one.id, 'archive.bytes'))
    const saved =
      sizes[0] !== undefined && sizes[1] !== undefined
        ? `; the archive is ${bytes(sizes[0])} in place of ${bytes(sizes[1])}`
        : ''
    return [
      {
        code: 'compression-does-not-pay',
        message: `${compressed} costs more to undo than the smaller archive saves`,
        evidence: `${seconds(p50(scenario))} s with ${compressed}, ${seconds(p50(plain))} s without${saved}`,
        cost,
        remedy: '`podman container checkpoint --compress=none --export=ARCHIVE NAME`',
        source: 'https://docs.podman.io/en/latest/markdown/podman-container-checkpoint.1.html',
        scenario: scenario.id,
      },
    ]
  })
