import { median } from '../../helpers/core/statistics.ts'
import type { HalfTime } from '../run/schema.ts'

/** How wrong the time left was at half-time, over runs. All pure. */

/** A share: 0.1 where it said 10 % too long; undefined where nothing was predicted. */
export const halfTimeError = (half: HalfTime | undefined): number | undefined =>
  half && half.predicted !== null && half.took > 0 ? half.predicted / half.took - 1 : undefined

export interface HalfTimeErrors {
  /** With their signs, in the order of the runs. */
  errors: number[]
  /** Without their signs. */
  median: number
  most: number
  /** Runs that ended and could predict nothing. */
  silent: number
}

/** The errors of all runs that have one; undefined where none has. */
export function halfTimeErrors(all: (HalfTime | undefined)[]): HalfTimeErrors | undefined {
  const errors = all.flatMap(half => halfTimeError(half) ?? [])
  if (errors.length === 0) return undefined
  const sizes = errors.map(Math.abs)
  const ended = all.filter(half => half !== undefined).length
  return { errors, median: median(sizes), most: Math.max(...sizes), silent: ended - errors.length }
}
