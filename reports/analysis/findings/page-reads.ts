import { PAGE } from '../../../helpers/criu/images/memory-map.ts'
import { bytes, percent, seconds } from '../../run/format.ts'
import { CHECKPOINT_DIR, figure, hostFigure, measured, phase, type Rule, word } from './rule.ts'

const LARGE = 256e6
/** Below this share of what memory can do, CRIU and not the memory is what one waits for. */
const FAR_BELOW = 0.6

const MAPPED = "map the pages instead of reading them: the setting `{ pages: 'mapped' }` (docs/strategies.md says how)"
const FEWER = "; or dump fewer: `{ checkpointAt: 'asleep-2' }` where the engine can sleep"

/** CRIU reads pages from memory slower than one thread on this host can, which was measured on the spot. */
export const pageReads: Rule = facts =>
  measured(facts).flatMap(scenario => {
    const pages = figure(facts, scenario.id, 'criu.pages_restored')
    const bandwidth = hostFigure(facts, 'memory.read_bandwidth')
    const restore = phase(scenario, 'criu.restore')
    const storage = word(facts, scenario.id, 'images.storage')
    if (
      pages === undefined ||
      bandwidth === undefined ||
      restore === 0 ||
      !storage?.startsWith('tmpfs') ||
      pages * PAGE < LARGE
    )
      return []
    const rate = (pages * PAGE) / restore
    if (rate >= FAR_BELOW * bandwidth) return []
    return [
      {
        code: 'page-reads-slow',
        message: 'CRIU reads pages far slower than this memory can be read',
        evidence:
          `${bytes(pages * PAGE)} in ${seconds(restore)} s is ${bytes(rate)}/s; one thread reads ` +
          `${bytes(bandwidth)}/s here (${percent(rate / bandwidth)})`,
        cost: restore - (pages * PAGE) / bandwidth,
        remedy:
          storage === 'tmpfs'
            ? `mount the tmpfs with huge pages: \`mount -o remount,huge=always ${CHECKPOINT_DIR}\` before ` +
              "the checkpoint is taken (here: the setting `{ storage: 'tmpfs-huge' }`)"
            : MAPPED + (scenario.settings.checkpointAt === 'asleep-2' ? '' : FEWER),
        source: 'https://github.com/checkpoint-restore/criu/issues/3148',
        scenario: scenario.id,
      },
    ]
  })
