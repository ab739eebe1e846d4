import { z } from 'zod'
import { readRecord, writeRecord } from '../core/record.ts'
import { cgroupParent, removeCgroups } from '../host/cgroups.ts'
import { type Image, LABEL, type Podman, ulimitFlags } from '../podman/podman.ts'

/** What the engine's program in an image says of itself: set-up asks it once for each image. */

const RECORD = 'engine-program'
const record = z.object({
  imageId: z.string(),
  version: z.string().nullable(),
  /** Long and short ones, such as --load-mode. */ options: z.array(z.string()),
})
export type EngineProgram = Omit<z.infer<typeof record>, 'imageId'>

/** What set-up wrote down; undefined where it has not asked this image. */
export function engineProgram(stateDir: string, { id }: Pick<Image, 'id'>): EngineProgram | undefined {
  const known = readRecord(stateDir, RECORD, record)
  return known?.imageId === id ? { version: known.version, options: known.options } : undefined
}

/** Starts it twice, for half a second in all, and writes down what it said. @throws Problem where it does not run */
export async function askProgram(
  podman: Podman,
  { reference, id }: Image,
  stateDir: string,
  { engine, path }: { engine: string; path: string },
): Promise<void> {
  const { runroot } = podman.store
  const ask = async (flag: string) => {
    const { stdout, stderr } = await podman.run(
      [
        'run',
        '--rm',
        '--label',
        `${LABEL}=setup`,
        '--pull',
        'never',
        '--network',
        'none',
        '--cgroup-parent',
        cgroupParent(runroot),
        ...ulimitFlags(),
        reference,
        path,
        flag,
      ],
      {
        timeout: 60,
        remedy: `ENGINE=${engine} needs an image whose ${path} runs here: leave ENGINE_IMAGE out for the suite's own.`,
      },
    )
    return `${stdout}\n${stderr}`
  }
  try {
    writeRecord(stateDir, RECORD, {
      imageId: id,
      version: versionOf(await ask('--version')),
      options: optionsOf(await ask('--help')),
    })
  } finally {
    removeCgroups(runroot)
  }
}

/** The options that a help text lists: they begin a line, what is told of them does not. */
export const optionsOf = (help: string): string[] =>
  (help.match(/^--?[a-zA-Z][\w-]*(?:,\s+--?[a-zA-Z][\w-]*)*/gm) ?? []).flatMap(list => list.split(/,\s+/))

/** Such as 0.7.0; builds of before 0.6 count from 1, such as 5882. */
export const versionOf = (printed: string): string | null => /^version: (\S+)/m.exec(printed)?.[1] ?? null

/**
 * What is said of a version that is newer than the tested one. A plain number is a build from before there were
 * versions.
 */
export function newerThanTested(
  version: string | null | undefined,
  { label, tested }: { label: string; tested: string },
): string | undefined {
  if (!version?.includes('.')) return undefined
  const [now, then] = [version, tested].map(text => text.split('.').map(part => Number.parseInt(part, 10) || 0)) as [
    number[],
    number[],
  ]
  const differs = now.findIndex((part, i) => part !== (then[i] ?? 0))
  return differs >= 0 && now[differs]! > (then[differs] ?? 0)
    ? `${label} ${version} is newer than ${tested}, the newest that the suite was tested with`
    : undefined
}
