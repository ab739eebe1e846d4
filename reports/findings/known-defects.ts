import type { Finding } from '../schema.ts'
import { type Facts, type Rule, word } from './rule.ts'

interface Defect {
  what: 'criu' | 'driver'
  from: string
  before: string /** Kernel from which on it shows. */
  kernel?: string
  message: string
  remedy: string
  source: string
}

/** With open kernel modules (docs/methodology.md); a run does not know which there are. */
export const HANGING_DRIVER: Defect = {
  what: 'driver',
  from: '595.71',
  before: '595.72',
  message: 'killing a restored CUDA process can hang the whole host',
  remedy:
    'suspend before the kill: `cuda-checkpoint --action lock --pid PID && cuda-checkpoint --action ' +
    'checkpoint --pid PID`',
  source: 'https://github.com/NVIDIA/cuda-checkpoint/issues/53',
}

/** Versions `from` (included) to `before` (excluded). */
const DEFECTS: Defect[] = [
  {
    what: 'criu',
    from: '0',
    before: '4.1',
    kernel: '6.13',
    message: 'it does not know this kernel\'s vDSO and stops with "Unexpected rt vDSO area bounds"',
    remedy: "`npm run setup` installs CRIU 4.2.1 beside the system's; or name one that works: `CRIU_BIN=/path/to/criu`",
    source: 'https://github.com/checkpoint-restore/criu/issues/2532',
  },
  {
    what: 'criu',
    from: '4.1',
    before: '4.2',
    kernel: '6.16',
    message: 'processes with sockets cannot be dumped: "Can\'t get 1:16 opt"',
    remedy: "`npm run setup` installs CRIU 4.2.1 beside the system's; or name one that works: `CRIU_BIN=/path/to/criu`",
    source: 'https://github.com/checkpoint-restore/criu/issues/2705',
  },
  {
    what: 'driver',
    from: '0',
    before: '550',
    message: 'it cannot checkpoint CUDA processes at all',
    remedy: 'driver 570 or newer: `apt-get install nvidia-driver-570`, then a reboot',
    source: 'https://github.com/NVIDIA/cuda-checkpoint#readme',
  },
  {
    what: 'driver',
    from: '550',
    before: '570',
    message: "it knows no checkpoint driver API, and before 555 only --toggle, which CRIU's plugin does not use",
    remedy: 'driver 570 or newer: `apt-get install nvidia-driver-570`, then a reboot',
    source: 'https://github.com/checkpoint-restore/criu/issues/2953',
  },
  HANGING_DRIVER,
]

export const isAffected = (version: string, { from, before }: Defect): boolean =>
  compareVersions(version, from) >= 0 && compareVersions(version, before) < 0

/** A CRIU or a driver with a defect that is known. One finding a defect. */
export const knownDefects: Rule = facts =>
  DEFECTS.flatMap((defect): Finding[] => {
    const version = versionOf(facts, defect.what)
    const kernel = facts.run.host.fingerprint.kernel
    if (version === undefined || !isAffected(version, defect)) return []
    if (defect.kernel !== undefined && (!kernel || compareVersions(kernel, defect.kernel) < 0)) return []
    return [
      {
        code: `known-defect-${defect.what}`,
        message:
          `${defect.what === 'criu' ? 'CRIU' : 'the NVIDIA driver'} ${version} has a known defect: ` +
          `${defect.message}`,
        evidence: `${defect.what} ${version}${defect.kernel === undefined ? '' : `, kernel ${kernel}`}`,
        cost: null,
        remedy: defect.remedy,
        source: defect.source,
      },
    ]
  })

function versionOf(facts: Facts, what: Defect['what']): string | undefined {
  const key = `${what}.version`
  const seen =
    facts.run.host.facts[key] ??
    facts.run.host.fingerprint[what] ??
    facts.report.scenarios.map(scenario => word(facts, scenario.id, key)).find(Boolean)
  return seen === null || seen === undefined ? undefined : /\d+(\.\d+)*/.exec(String(seen))?.[0]
}

/** Compares by numbers: 4.10 is newer than 4.9; what follows the numbers does not count. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map(version => (/\d+(\.\d+)*/.exec(version)?.[0] ?? '0').split('.').map(Number)) as [
    number[],
    number[],
  ]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
