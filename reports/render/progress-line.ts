import { medianOf } from '../../helpers/core/statistics.ts'
import type { Progress } from '../run/progress.ts'
import { cut, cutMiddle } from './text.ts'

/**
 * One line for a terminal while it runs: scenario, trial of how many, phase, seconds so far, time left.
 * @param now on the same clock as `progress.began`, seconds
 * @param columns Infinity where no terminal sets a limit
 */
export function progressLine(progress: Progress, now: number, columns = 80): string {
  const elapsed = Math.max(0, now - progress.began)
  const left = timeLeft(progress, elapsed)
  const head = `${String(progress.trial).padStart(String(progress.of).length)}/${progress.of}`
  const tail = [progress.phase, `${elapsed.toFixed(1)} s`, left === undefined ? undefined : `${duration(left)} left`]
    .filter(Boolean)
    .join(' · ')
  const room = columns - head.length - tail.length - 5
  return cut(`${head}  ${cutMiddle(progress.scenario, Math.max(8, room))} · ${tail}`, columns)
}

/**
 * Seconds until the last trial ends, from the trials so far. A scenario that was not tried yet is taken to last
 * as long as the latest trial; undefined while only one scenario was, because a cold start says nothing about
 * what is compared with it.
 */
function timeLeft({ scenario, finished, ahead }: Progress, elapsed: number): number | undefined {
  const latest = finished.at(-1)
  const tried = new Set(finished.map(trial => trial.scenario))
  if (!latest || (tried.size === 1 && [scenario, ...ahead].some(id => !tried.has(id)))) return undefined
  const typical = (id: string) =>
    medianOf(finished.filter(trial => trial.scenario === id).map(trial => trial.seconds)) ?? latest.seconds
  return Math.max(0, typical(scenario) - elapsed) + ahead.reduce((sum, id) => sum + typical(id), 0)
}

/** 40 s, 3 min 20 s, 1 h 5 min. */
export function duration(value: number): string {
  const whole = Math.round(value)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 && whole < 600 ? ` ${whole % 60} s` : ''}`
  const minutes = Math.round(whole / 60)
  return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ''}`
}
