import { Problem } from '../core/problem.ts'

/** Variables by which podman or the runtime would do something else than the suite asks for. Pure. */

/**
 * Children of the suite do not get these. NOTIFY_SOCKET: podman tells systemd that conmon is now the main process of
 * the unit that the suite runs in. PODMAN_USERNS: every container gets another user namespace (PODMAN_ARGS="--userns
 * ..." says so openly). Podman's variables for storage (STORAGE_DRIVER, STORAGE_OPTS, CONTAINERS_STORAGE_CONF) are void
 * beside --root and --storage-driver.
 */
export const UNHEARD: Record<string, undefined> = { NOTIFY_SOCKET: undefined, PODMAN_USERNS: undefined }

/** A hint where podman fails; it reads these files before it says its version. */
export function configurationNamed(environment: Record<string, string | undefined>): string {
  const set = ['CONTAINERS_CONF', 'CONTAINERS_CONF_OVERRIDE', 'CONTAINERS_STORAGE_CONF'].filter(
    name => environment[name],
  )
  return set.length
    ? `Is this configuration correct: ${set.map(name => `${name}=${environment[name]}`).join(' and ')}? `
    : ''
}

/** To be set is enough, be it to nothing. Source: podman's cmd/podman/registry/remote.go. */
const REMOTE = ['CONTAINER_HOST', 'CONTAINER_CONNECTION']

export const WHY_LOCAL =
  'A checkpoint is written on the host that runs the container, so the suite needs podman itself on this host.'

/** @throws Problem where podman would be the client of a service, perhaps on another host */
export function checkLocalPodman(environment: Record<string, string | undefined>): void {
  const set = REMOTE.filter(name => environment[name] !== undefined)
  if (set.length === 0) return
  const has = set.map(name => `${name}="${environment[name]}"`).join(' and ')
  throw new Problem(
    [
      `podman would ask a service instead of running containers itself: the environment has ${has}`,
      WHY_LOCAL,
      `Run it without: env ${set.map(name => `-u ${name}`).join(' ')} npm start`,
    ].join('\n'),
  )
}
