import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { checkpointFolder } from '../criu/criu.ts'
import { namesIn } from '../host/lenient.ts'
import { endOf } from '../host/log-copy.ts'

/**
 * The containers of a podman store as its files tell: synchronous and without podman's help, because
 * podman may be what hangs.
 */
export interface ContainerFiles {
  id: string
  name: string /** Where conmon, the runtime and CRIU write. */
  work: string
}

/** Sources: containers/storage's containers.go (volatile ones stand in a file of their own), conmon's ctr_logging.c. */
const listed = z.array(z.looseObject({ id: z.string(), names: z.array(z.string()).nullish() }))
const CONTAINER_ID = /^[0-9a-f]{64}$/
/** Bytes at the end of a container's log that are kept. */
const END_OF_LOG = 1 << 20

/** @param root the store's, as podman is told it. A container without a name is called by the beginning of its id. */
export function containersIn(root: string): ContainerFiles[] {
  const folder = join(root, 'overlay-containers')
  const names = new Map(['containers.json', 'volatile-containers.json'].flatMap(file => list(join(folder, file))))
  const ids = namesIn(folder).filter(name => CONTAINER_ID.test(name))
  return ids.map(id => ({ id, name: names.get(id) ?? id.slice(0, 12), work: checkpointFolder(root, id).work }))
}

/** What a container printed, or the end of it; '' where it said nothing. */
export const printedBy = ({ work }: Pick<ContainerFiles, 'work'>): string =>
  parseContainerLog(endOf(join(work, 'ctr.log'), END_OF_LOG))

/**
 * Lines of podman's k8s-file driver: time, stream, F for a whole line or P for a part of one, text.
 * The first may be cut.
 */
export function parseContainerLog(text: string): string {
  const parts = text.split('\n').flatMap(line => {
    const [, part, said = ''] = /^\d{4}-\d\d-\d\dT\S+ (?:stdout|stderr) ([FP]) ?(.*)$/s.exec(line) ?? []
    return part ? `${said}${part === 'F' ? '\n' : ''}` : []
  })
  return parts.join('').trimEnd()
}

function list(path: string): [string, string][] {
  try {
    return listed
      .parse(JSON.parse(readFileSync(path, 'utf8')))
      .flatMap(({ id, names }) => (names?.[0] ? [[id, names[0]]] : []))
  } catch {
    return []
  }
}
