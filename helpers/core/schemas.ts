import { z } from 'zod'

/** Small shapes that tools and reports share. Times in seconds. */

const seconds = z.number().nonnegative()

/** A named part of a trial. `start` counts from the trial's start; phases of a trial do not overlap. */
export const phaseSchema = z.object({ name: z.string(), start: seconds, duration: seconds })
export type Phase = z.infer<typeof phaseSchema>

/** What makes two runs comparable, one value a name; null where it does not apply. */
export const fingerprintSchema = z.record(z.string(), z.string().nullable())
export type Fingerprint = z.infer<typeof fingerprintSchema>

/** The prober's own error, from the last `npm run calibrate` on this host: known minus measured, absolute, seconds. */
export const proberSchema = z.object({
  timestamp: z.iso.datetime(),
  tries: z.number().int(),
  median: seconds,
  worst: seconds,
})
export type ProberFigure = z.infer<typeof proberSchema>
