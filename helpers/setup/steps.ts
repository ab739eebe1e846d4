import { join } from 'node:path'
import type { Configuration } from '../config/configuration.ts'
import { engineDescriptions } from '../engines/index.ts'
import { lock } from '../host/lock.ts'
import { criu } from './criu.ts'
import { cudaPluginStep } from './cuda-plugin.ts'
import { driverLibraries, driverVersion } from './driver-libraries.ts'
import { ownFolder } from './folder.ts'
import { driver, gpuSteps } from './gpu.ts'
import { image as imageInStore } from './image.ts'
import { model } from './model.ts'
import { packages } from './packages.ts'
import { prober } from './prober.ts'
import { seccomp } from './seccomp.ts'
import { after, type Found, makeMissing, probeAll, type Say, type Step } from './step.ts'
import { tmpfs } from './tmpfs.ts'

/** Podman says what is in the store. */
const image = after(packages, imageInStore)

/** All that a run needs, in the order in which it is made; what only the host's owner can bring comes early. */
export function stepsFor({ engine, usesGpu }: Pick<Configuration, 'engine' | 'usesGpu'>): Step[] {
  return [
    packages,
    ...(usesGpu ? [...gpuSteps(engineDescriptions[engine]), driverLibraries] : []),
    seccomp,
    criu,
    ...(usesGpu ? [cudaPluginStep] : []),
    tmpfs,
    image,
    model,
    prober,
  ]
}

/**
 * What of all that a run needs on any host is not there; the GPU's state and the prober's figure are not asked again.
 * [] where all is.
 */
export async function notReady(c: Configuration): Promise<(Found & { name: string })[]> {
  const steps = [
    packages,
    ...(c.usesGpu && driverVersion() ? [driverLibraries] : []),
    seccomp,
    criu,
    tmpfs,
    image,
    model,
  ]
  const wrong = await notOk(steps, c)
  // without a driver an image of gigabytes is no remedy
  return wrong.length > 0 && c.usesGpu ? [...(await notOk([driver], c)), ...wrong] : wrong
}

async function notOk(steps: Step[], c: Configuration): Promise<(Found & { name: string })[]> {
  const found = await probeAll(steps, c)
  return steps.map(({ name }, i) => ({ name, ...found[i]! })).filter(({ state }) => state !== 'ok')
}

/**
 * Makes what is missing; where nothing is, only looks (well under a second).
 * @returns the names of the steps that were made
 * @throws Problem saying what failed, where, and what to do; what was half done is redone by the next call
 */
export async function setUp(c: Configuration, say: Say, steps = stepsFor(c)): Promise<string[]> {
  ownFolder(c.stateDir)
  if ((await probeAll(steps, c)).every(found => found.state === 'ok')) return []
  const held = await lock(join(c.stateDir, 'setup.lock'), holder =>
    say(`another set-up is running (process ${holder}): waiting for it`),
  )
  try {
    return await makeMissing(steps, c, say)
  } finally {
    held.release()
  }
}
