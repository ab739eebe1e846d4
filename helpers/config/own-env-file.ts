import { ownEnvFile } from '../core/env-file.ts'
import { Problem } from '../core/problem.ts'

/** The variables of .env. @throws Problem where it cannot be read */
export function readOwnEnvFile(): Record<string, string | undefined> {
  try {
    return ownEnvFile()
  } catch (error) {
    throw new Problem(`.env cannot be read: ${(error as Error).message}`)
  }
}

/**
 * Variables as they were given, of the environment before those of .env, without the defaults of those that were not.
 * @throws Problem as readOwnEnvFile
 */
export const variablesAsGiven = (): Record<string, string | undefined> => ({ ...readOwnEnvFile(), ...process.env })
