import type { Trial } from './schema.ts'

/** TFFT in seconds of a trial that counted. */
export const tfftOf = (trial: Trial): number => trial.total_cold_start_tfft ?? Number.NaN
