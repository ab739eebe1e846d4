import { bytes, percent } from '../../run/format.ts'
import { CHECKPOINT_DIR, figure, measured, type Rule, word } from './rule.ts'

const NEARLY_FULL = 0.8
const GIB = 2 ** 30

/** A checkpoint that nearly fills its tmpfs: the next one, a little larger, fails half-way. */
export const fullTmpfs: Rule = facts =>
  measured(facts).flatMap(scenario => {
    const size = figure(facts, scenario.id, 'tmpfs.size')
    const free = figure(facts, scenario.id, 'tmpfs.free')
    const own = scenario.checkpoint?.bytes
    // an import's images are unpacked to disk, but its archive lies in tmpfs
    const elsewhere = scenario.strategy !== 'podman-import' && word(facts, scenario.id, 'images.storage') === 'disk'
    if (size === undefined || size === 0 || own === undefined || elsewhere) return []
    const used = free === undefined ? own : Math.max(own, size - free)
    if (used < NEARLY_FULL * size) return []
    return [
      {
        code: 'tmpfs-nearly-full',
        message: 'the checkpoint nearly fills its tmpfs',
        evidence: `checkpoint of ${bytes(own)}, ${percent(used / size)} of a tmpfs of ${bytes(size)} used`,
        cost: null,
        remedy: remedyFor(size, used, facts.run.host.memory),
        source: 'https://docs.kernel.org/filesystems/tmpfs.html',
        scenario: scenario.id,
      },
    ]
  })

/** A larger one, where this host's memory allows it: at most two thirds of it, since the server needs some too. */
function remedyFor(size: number, used: number, memory: number): string {
  const gib = Math.min(Math.ceil((1.5 * used) / GIB), Math.floor(((2 / 3) * memory) / GIB))
  return gib * GIB > size
    ? `\`mount -o remount,size=${gib}g ${CHECKPOINT_DIR}\``
    : `dump less (a smaller model, an engine that sleeps): ${bytes(memory)} of host memory allow no larger tmpfs`
}
