import { compareVersions } from '../core/versions.ts'

export interface Defect {
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
export const DEFECTS: Defect[] = [
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
