import { PAGE } from '../../../helpers/criu/images/memory-map.ts'
import { bytes, seconds } from '../../run/format.ts'
import { figure, measured, p50, phase, type Rule, sibling, slowerBy, word } from './rule.ts'

const LARGE = 256e6

/** Without transparent huge pages every restored page of 4 kB is a fault of its own. */
export const hugePages: Rule = facts =>
  measured(facts).flatMap(scenario => {
    const thp = word(facts, scenario.id, 'thp')
    const pages = figure(facts, scenario.id, 'criu.pages_restored')
    const restore = phase(scenario, 'criu.restore')
    if (thp === undefined || thp === 'always' || pages === undefined || pages * PAGE < LARGE || restore === 0) return []
    const always = sibling(facts, scenario, ['thp'], other => word(facts, other.id, 'thp') === 'always')
    const cost = always && slowerBy(scenario, always)
    if (always && cost === undefined) return []
    return [
      {
        code: 'huge-pages-off',
        message: `transparent huge pages are "${thp}", so memory comes back in pages of 4 kB`,
        evidence:
          `${bytes(pages * PAGE)} in ${seconds(restore)} s of ` +
          `criu.restore${always ? `; ${seconds(p50(scenario))} s, and ${seconds(p50(always))} s with "always"` : ''}`,
        cost: cost ?? null,
        remedy: "`echo always > /sys/kernel/mm/transparent_hugepage/enabled` (here: the setting `{ thp: 'always' }`)",
        source: 'https://github.com/google/gvisor/issues/12804',
        scenario: scenario.id,
      },
    ]
  })
