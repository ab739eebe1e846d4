import { join } from 'node:path'
import { variablesAsGiven } from './own-env-file.ts'

/** Where runs are kept: RESULTS_DIR, from the environment or .env, or `results`. @throws Problem as readOwnEnvFile */
export const resultsFolder = (): string => variablesAsGiven().RESULTS_DIR || 'results'

/** The folder of the newest run. */
export const latestRun = (): string => join(resultsFolder(), 'latest')
