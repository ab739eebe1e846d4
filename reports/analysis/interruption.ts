import { count } from '../run/format.ts'
import type { Report } from '../run/schema.ts'

/** What is said of a run that did not measure all of its trials. */
export const interruption = ({ trials, of }: NonNullable<Report['interrupted']>): string =>
  `interrupted after ${trials} of ${count(of, 'trial')}, no target is judged`
