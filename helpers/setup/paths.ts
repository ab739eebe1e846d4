import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Configuration } from '../config/configuration.ts'
import { Problem } from '../core/problem.ts'
import { readRecord } from '../core/record.ts'
import { engineDescriptions } from '../engines/index.ts'
import type { Store } from '../podman/podman.ts'
import { type CriuChoice, criuChoice, criuLink } from './criu.ts'
import { imageOf, imageStore } from './image.ts'
import { seccompProfile } from './seccomp.ts'

/** Where set-up has put things; read from its records, without running anything. */

export interface SetUpPaths {
  /** Folder that goes first on PATH of podman and runc: it holds the `criu` to use and nothing else. */
  criu: string
  seccompProfile: string
  /** Image reference, in `imageStore`. */
  image: string
  imageStore: Store
  /** The file of an engine that reads one; the model's name otherwise. */
  model: string
}

/**
 * The CRIU that set-up chose.
 * @returns path: a program named `criu`; version: as `criu --version` says; packages: of the private prefix, version by
 *   name
 * @throws Problem where none was chosen yet, or it is gone
 */
export function criuToUse(c: Configuration): CriuChoice {
  const choice = readRecord(c.stateDir, 'criu', criuChoice)
  if (!choice || !existsSync(criuLink(c.stateDir))) throw notSetUp('CRIU', criuLink(c.stateDir))
  return { ...choice, path: criuLink(c.stateDir) }
}

/** @throws Problem naming what is missing, where set-up did not run for this configuration */
export function setUpPaths(c: Configuration): SetUpPaths {
  const image = imageOf(c)
  if (!image) throw notSetUp('the engine image', imageStore(c.stateDir).root)
  if (!existsSync(seccompProfile(c.stateDir))) throw notSetUp('the seccomp profile', seccompProfile(c.stateDir))
  if (engineDescriptions[c.engine].modelIsFile && !existsSync(c.modelId)) throw notSetUp('the model', c.modelId)
  return {
    criu: dirname(criuToUse(c).path),
    seccompProfile: seccompProfile(c.stateDir),
    image,
    imageStore: imageStore(c.stateDir),
    model: c.modelId,
  }
}

const notSetUp = (what: string, where: string) => new Problem(`${what} is missing (${where})\nRun: npm run setup`)
