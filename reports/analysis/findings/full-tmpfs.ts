import { bytes, percent } from '../../run/format.ts'
import { figure, measured, type Rule, word } from './rule.ts'

const NEARLY_FULL = 0.8

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
        remedy: `\`mount -o remount,size=${Math.ceil((used * 1.5) / 2 ** 30)}g /mnt/checkpoint-ram\` (CHECKPOINT_DIR)`,
        source: 'https://docs.kernel.org/filesystems/tmpfs.html',
        scenario: scenario.id,
      },
    ]
  })
