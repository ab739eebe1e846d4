/** What a CRIU log says went wrong, and what to do about it. Pure; texts are those of CRIU 3.17 to 4.3. */

export interface CriuFailure {
  /** CRIU's own words, without time stamp and source line. */
  cause: string
  remedy?: string
  /** The lines of the log that say what went wrong, the last ones. */
  lines: string
}

/** Errors that a restore which succeeds logs as well, or that only say that there was one. */
const NO_CAUSE = [
  /rlimit: Can't setup RLIMIT_NOFILE for self/,
  /cgroupd: recv req error/,
  /(Restoring|Dumping) FAILED/,
  /Killing processes because of failure/,
  // of every process that has nothing on the GPU
  /cuda_plugin: Failed to launch cuda-checkpoint to retrieve restore tid/,
]

const DAMAGED =
  'The images are damaged or incomplete: run again, which takes a new checkpoint. If it happens ' +
  'again, check the memory or disk that holds them (dmesg, df).'
const OF_THIS_KERNEL = 'npm run setup installs a CRIU that works on this kernel; or name one with CRIU_BIN.'

/** As a dump says it; --file-locks is an option of CRIU's. */
export const LOCKS_REFUSED = /Some file locks are hold by dumping tasks/

const FULL =
  'The file system that holds the images is full: give it more room (CHECKPOINT_DIR, STATE_DIR), or ' +
  'dump less (a smaller model, an engine that sleeps).'

const REMEDIES: [RegExp, string][] = [
  [/No space left on device/, FULL],
  [
    /Not supported images version/,
    'The images are from another CRIU: restore with that one (CRIU_BIN), or take a new checkpoint.',
  ],
  [
    /inet: Can't bind inet socket.*Address already in use/,
    'Another program listens on a port of the server: end it (ss -ltnp names it), or set API_PORT to a free port if ' +
      'it is that one. Where none does, a connection that ended at that port holds it for a minute (ss -tan state ' +
      'time-wait): restore later.',
  ],
  [
    /SECCOMP_SET_MODE_FILTER returned -22/,
    'The checkpoint uses a feature that this kernel does not have: restore it on the kernel that it was ' +
      'taken on, or take a new one here.',
  ],
  [/Read \d+ bytes while \d+ expected|Failed unpacking object|Can't read pages data|Unexpected EOF/, DAMAGED],
  [/Unable to open .*\.img|Can't open .*\.img|Magic doesn't match/, DAMAGED],
  [
    /cuda_plugin: PAUSE_DEVICES failed/,
    'The server did not come to rest: work is still running on the GPU. Make sure that nobody else sends requests to ' +
      "it, or let the suite move its GPU state (leave cuda: 'criu-plugin' out).",
  ],
  [
    /cuda_plugin: (CHECKPOINT|RESUME)_DEVICES/,
    "CRIU's plugin could not move GPU state: the line above has the driver's answer. Let the suite do it (leave " +
      "cuda: 'criu-plugin' out), which tries it before the dump and says what each error means.",
  ],
  [
    LOCKS_REFUSED,
    'A process of the server holds a lock on a file. Let CRIU take locks along: echo file-locks > /etc/my-criu.conf, ' +
      'then add to PODMAN_ARGS: --annotation org.criu.config=/etc/my-criu.conf',
  ],
  [/vdso: Unexpected rt vDSO area bounds|Can't get 1:16 opt/, OF_THIS_KERNEL],
]

/** A log in the file system that CRIU filled has no room for the reason. @param free bytes that are left there */
export const explainFull = (free: number): Omit<CriuFailure, 'lines'> | undefined =>
  free < A_FEW_PAGES
    ? { cause: 'No space left on device, neither for the images nor for the log that would say so', remedy: FULL }
    : undefined

/** What others may give back while CRIU ends. */
const A_FEW_PAGES = 64 << 10

/** What comes before the words of an error; a line that a full file system cut off may end before. */
const ERROR = /^.*?\bError \([^)]*\): (?=.)/

/** Whether CRIU wrote its last line: one that could not may lack the reason. */
export const isWhole = (log: string): boolean => /(Restoring|Dumping) FAILED/.test(log)

/** @returns undefined where the log names no cause */
export function explainCriu(log: string, count = 8): CriuFailure | undefined {
  const errors = log.split('\n').filter(line => ERROR.test(line))
  const causes = errors.filter(line => !NO_CAUSE.some(pattern => pattern.test(line)))
  const known = REMEDIES.map(([pattern, remedy]) => ({ line: causes.find(line => pattern.test(line)), remedy })).find(
    ({ line }) => line !== undefined,
  )
  const line = known?.line ?? causes[0]
  if (line === undefined) return undefined
  return {
    cause: line.replace(ERROR, ''),
    ...(known && { remedy: known.remedy }),
    lines: errors.slice(-count).join('\n'),
  }
}
