import { PAGES_IN_CONTAINER } from '../../fixtures/checkpoints/image-variants.ts'
import { CACHE, SCRIPTS, WEIGHTS } from '../../fixtures/engines/vllm/container.ts'
import { Problem } from '../core/problem.ts'
import { HIDDEN } from '../core/secrets.ts'
import { CRIU_CONFIG_ANNOTATION } from '../criu/criu.ts'
import { type Base, literal, type Word } from './words.ts'

/** A recorded `podman run`, as another folder and podman's ordinary store can repeat it. Pure. */
export interface PortableContainer {
  /** Podman's own flags: how containers are run, not where they are kept. */
  podman: string[]
  /** Each flag with its values. */
  flags: Word[][]
  /** The same. */
  command: Word[][]
  /** Names of variables whose values the user has to bring. */
  secrets: string[]
  /** Files and folders that must go along: from this host, to a path in the recipe. */
  copies: { from: string; to: string }[]
}

/** Global flags that say how containers run. */
const KEPT = new Set(['--cgroup-manager', '--runtime'])
/** Flags of the suite's own, or said anew by the scripts. */
const OWN = new Set(['--name', '--label', '--cgroup-parent', '--detach'])
/** Mounts that the scripts make in folders of their own. */
const FOLDERS: Record<string, Base> = { [PAGES_IN_CONTAINER]: 'MEMORY', [WEIGHTS]: 'WEIGHTS', [CACHE]: 'CACHE' }

/**
 * @param argv of podman, as a trial recorded it
 * @param own folders of the suite's, which the recipe must not need
 * @throws Problem where it is no `podman run` of that image, or a secret was taken out of it
 */
export function portable(argv: readonly string[], image: string, own: readonly string[]): PortableContainer {
  let at = 1
  const podman: string[] = []
  for (; argv[at]?.startsWith('--'); at += 2) if (KEPT.has(argv[at]!)) podman.push(...argv.slice(at, at + 2))
  const end = argv.indexOf(image, at)
  if (argv[at] !== 'run' || end < 0)
    throw new Problem(`the run recorded no podman run of ${image}, but: ${argv.join(' ')}\nRun the scenario again.`)
  const hidden = argv.find(word => word.includes(HIDDEN))
  if (hidden)
    throw new Problem(
      `the run started its container with a secret among the arguments, which was not recorded: ${hidden}\n` +
        'Give it by name (PODMAN_ARGS="--env NAME", NAME=value in the environment), and run the scenario again.',
    )
  const copies: PortableContainer['copies'] = []
  const groups = grouped(argv.slice(at + 1, end)).filter(
    ([flag = '', value]) => !OWN.has(flag) && !(flag === '--network' && value === 'host'),
  )
  const flags = groups.map(([flag = '', ...values]) => [
    literal(flag),
    ...values.map(value => moved(flag, value, own, copies)),
  ])
  const secrets = groups.flatMap(([flag, value = '']) =>
    /^(--env|-e)$/.test(flag ?? '') && value && !value.includes('=') ? [value] : [],
  )
  const command = grouped(argv.slice(end + 1)).map(([flag = '', ...values]) => [
    literal(flag),
    ...values.map(value => (flag === '--host' && value === '127.0.0.1' ? ADDRESS : literal(value))),
  ])
  return { podman, flags, command, secrets, copies }
}

/** 127.0.0.1 on the host's network. */
const ADDRESS: Word = { base: 'ADDRESS', after: '' }

/** A flag and the words behind it that are none. */
function grouped(words: readonly string[]): string[][] {
  const groups: string[][] = []
  for (const word of words) {
    if (word.startsWith('-') || groups.length === 0) groups.push([word])
    else groups.at(-1)!.push(word)
  }
  return groups
}

/** A value whose path is the suite's, with the recipe's in its place. */
function moved(flag: string, value: string, own: readonly string[], copies: PortableContainer['copies']): Word {
  if (flag === '--security-opt' && value.startsWith('seccomp=')) {
    copies.push({ from: value.slice('seccomp='.length), to: 'parts/seccomp.json' })
    return { before: 'seccomp=', base: 'HERE', after: '/parts/seccomp.json' }
  }
  if (flag === '--annotation' && value.startsWith(`${CRIU_CONFIG_ANNOTATION}=/`))
    return { before: `${CRIU_CONFIG_ANNOTATION}=`, base: 'HERE', after: '/criu.conf' }
  if (!/^(--volume|-v)$/.test(flag)) return literal(value)
  const [source = '', target = '', ...options] = value.split(':')
  const rest = [target, ...options].map(part => `:${part}`).join('')
  const folder = FOLDERS[target]
  if (folder) return { base: folder, after: rest }
  if (target !== SCRIPTS && !own.some(path => source === path || source.startsWith(`${path}/`))) return literal(value)
  const to = target === SCRIPTS ? 'parts/vllm-sleep' : `parts/mounts/${target.replaceAll('/', '_').replace(/^_/, '')}`
  copies.push({ from: source, to })
  return { base: 'HERE', after: `/${to}${rest}` }
}
