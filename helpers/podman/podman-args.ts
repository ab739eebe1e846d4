import { CRIU_CONFIG_ANNOTATION } from '../criu/criu.ts'
import { LABEL } from './podman.ts'

/**
 * What PODMAN_ARGS may not hold: flags of `podman run` that the suite sets itself, and flags with which a trial would
 * no longer be what it says. Pure. Grammar: github.com/spf13/pflag; names: podman's cmd/podman/common/create.go and
 * utils/alias.go.
 */

/** A flag as podman takes it: its long name, and how it was written. */
export interface PodmanFlag {
  name: string
  written: string
  value: string | undefined
}

const SHORT: Record<string, string> = {
  a: 'attach',
  c: 'cpu-shares',
  d: 'detach',
  e: 'env',
  h: 'hostname',
  i: 'interactive',
  l: 'label',
  m: 'memory',
  p: 'publish',
  P: 'publish-all',
  q: 'quiet',
  t: 'tty',
  u: 'user',
  v: 'volume',
  w: 'workdir',
}
const ALIASES: Record<string, string> = { net: 'network', purge: 'rm' }
/** Flags that take no word of their own; every other one does. */
const SWITCHES = new Set([
  'detach',
  'disable-content-trust',
  'env-host',
  'help',
  'http-proxy',
  'init',
  'interactive',
  'no-healthcheck',
  'no-hostname',
  'no-hosts',
  'noout',
  'oom-kill-disable',
  'passwd',
  'privileged',
  'publish-all',
  'quiet',
  'read-only',
  'read-only-tmpfs',
  'remote',
  'replace',
  'rm',
  'rmi',
  'rootfs',
  'sig-proxy',
  'syslog',
  'tls-verify',
  'transient-store',
  'tty',
  'unsetenv-all',
])

/**
 * The flags among words, and what is not a flag: podman would take it for the image. A flag at the end that lacks its
 * value has none.
 */
export function podmanFlags(words: readonly string[]): { flags: PodmanFlag[]; rest: string[] } {
  const flags: PodmanFlag[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (word === '--' || word === '-' || !word.startsWith('-')) return { flags, rest: words.slice(i) }
    const found = word.startsWith('--') ? [longFlag(word)] : shortFlags(word)
    const last = found.at(-1)!
    if (last.value === undefined && !SWITCHES.has(last.name)) last.value = words[++i]
    flags.push(...found)
  }
  return { flags, rest: [] }
}

function longFlag(word: string): PodmanFlag {
  const [, written = word, value] = /^(--[^=]*)=(.*)$/s.exec(word) ?? []
  const name = written.slice(2)
  return { name: ALIASES[name] ?? name, written, value }
}

/** Of `-dp8000:80`: the first that takes a value takes the rest. */
function shortFlags(word: string): PodmanFlag[] {
  const flags: PodmanFlag[] = []
  for (let i = 1; i < word.length; i++) {
    const name = SHORT[word[i]!] ?? word[i]!
    const rest = word.slice(i + 1)
    const value = rest.startsWith('=') ? rest.slice(1) : SWITCHES.has(name) || rest === '' ? undefined : rest
    flags.push({ name, written: `-${word[i]}`, value })
    if (value !== undefined) break
  }
  return flags
}

const REACHED = 'the server is reached at 127.0.0.1, port API_PORT'
const NETWORK = `the container has the host's network: ${REACHED}`
const PUBLISHED = `the container has the host's network, so that nothing can be published: ${REACHED}`
const DETACHED = 'the suite starts every container in the background (--detach)'
const STORE = "the suite's containers are in a store of their own (STATE_DIR, CHECKPOINT_DIR)"
const KEPT = 'a container must stay when its server has ended, or it could not be restored'
const CGROUP = 'the suite finds its processes by their control group'
const POD = 'a pod has a network and a control group of its own'
const LOCAL = 'CRIU and its files must be on this host'
const SAID = 'the suite reads what podman prints'

/** By long name: why the suite cannot have it from outside. */
const OWN: Record<string, string> = {
  name: 'the suite names its containers itself; CONT_NAME sets the first part',
  network: NETWORK,
  ip: NETWORK,
  ip6: NETWORK,
  'mac-address': NETWORK,
  'network-alias': NETWORK,
  publish: PUBLISHED,
  'publish-all': PUBLISHED,
  detach: DETACHED,
  attach: DETACHED,
  tty: 'without podman, the runtime cannot restore a server that has a terminal',
  rm: KEPT,
  rmi: 'the image is needed for the next trial',
  replace: 'the suite removes a container of that name itself, before the trial',
  cidfile: 'podman refuses to start a second container with the same file',
  restart: 'a server that podman restarts would look like one that never ended',
  timeout: 'podman would end the server; HEALTH_CHECK_TIMEOUT sets how long the suite waits for it',
  pull: 'set-up fetches the image; a trial must not (--pull never)',
  rootfs: 'ENGINE_IMAGE names the image',
  pidfile: "the suite reads the file in podman's own place",
  'log-driver': "the suite reads the server's log (--log-driver k8s-file)",
  'cgroup-parent': CGROUP,
  cgroups: CGROUP,
  pod: POD,
  'pod-id-file': POD,
  runtime: 'OCI_RUNTIME names it',
  root: STORE,
  runroot: STORE,
  tmpdir: STORE,
  imagestore: STORE,
  'storage-driver': STORE,
  'storage-opt': STORE,
  'transient-store': STORE,
  'cgroup-manager': 'the suite sets it (cgroupfs)',
  'events-backend': 'the suite sets it (none)',
  remote: LOCAL,
  url: LOCAL,
  connection: LOCAL,
  noout: SAID,
  out: SAID,
  help: SAID,
}

/** What the engine's own container comes with. */
export interface Brings {
  /** A program. */ entrypoint: boolean /** Options for CRIU. */
  criuOptions: boolean
}

/** What stands in the way, one line each: the flag as it was written, and why. [] where all may stand there. */
export function refusedPodmanArgs(words: readonly string[], brings: Brings): string[] {
  const { flags, rest } = podmanFlags(words)
  const refused = flags.flatMap(({ name, written, value }) => {
    const why = OWN[name] ?? refusedValue(name, value, brings)
    return why ? [`${written}${written === `--${name}` ? '' : ` (--${name})`}: ${why}`] : []
  })
  const lacking =
    rest.length > 0 ? [] : flags.slice(-1).filter(flag => flag.value === undefined && !SWITCHES.has(flag.name))
  return [
    ...new Set(refused),
    ...lacking.map(({ written }) => `${written}: its value is missing; podman would take the image's name for it`),
    ...rest
      .slice(0, 1)
      .map(word => `"${word}" is not a flag: podman would take it for the image, which ENGINE_IMAGE names`),
  ]
}

/** The files that name options of one's own for CRIU. */
export const criuConfigs = (words: readonly string[]): string[] =>
  podmanFlags(words)
    .flags.filter(({ name }) => name === 'annotation')
    .flatMap(({ value }) => criuConfigsIn(value))

/** Those that an annotation names; podman 4 splits it at commas. */
const criuConfigsIn = (annotation = ''): string[] =>
  annotation
    .split(',')
    .map(part => part.split('='))
    .flatMap(([name, ...file]) => (name === CRIU_CONFIG_ANNOTATION ? [file.join('=')] : []))

/** Why a flag may not have this value. */
function refusedValue(name: string, value = '', brings: Brings): string | undefined {
  const key = value.split('=')[0]
  if (name === 'label' && key === LABEL) return `the suite finds its containers by the label ${LABEL}`
  if (name === 'ipc' && value === 'host') {
    return (
      "podman would put the host's /dev/shm into the checkpoint, and each restore would put it back over the locks " +
      "of every podman of this host; --shm-size makes the container's own larger"
    )
  }
  if (name === 'security-opt' && /^seccomp[=:]/.test(value)) {
    return 'the suite sets the seccomp profile, without io_uring, which CRIU cannot dump'
  }
  if (name === 'annotation' && brings.criuOptions && criuConfigsIn(value).length > 0) {
    return `the suite sets CRIU's options for this engine (${CRIU_CONFIG_ANNOTATION})`
  }
  if (name === 'entrypoint' && brings.entrypoint) {
    return "this engine's container starts with a program of its own; ENGINE=openai takes any"
  }
}
