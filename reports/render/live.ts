import { count, duration, seconds } from '../run/format.ts'
import type { Finished, Progress } from '../run/progress.ts'
import { cut, cutMiddle, type Paint } from './text.ts'

/** What a run shows while it goes on. All pure. */

/** How a terminal is written to: its width (Infinity without one), and colours. */
export interface Look {
  columns: number
  ink: Paint
}

/** What a run is about to do. @param left seconds, undefined where nothing tells */
export function opening(scenarios: number, trials: number, left: number | undefined): string {
  const time = left === undefined ? '' : `, about ${duration(left)}`
  return `${count(trials, 'trial')} of ${count(scenarios, 'scenario')}${time}`
}

/** A scenario that is known to be skipped before anything runs. */
export const skippedLine = ({ id, skipped = '' }: { id: string; skipped?: string }, { columns, ink }: Look): string =>
  ink('dim', cut(`${id}  skipped: ${skipped.split('\n')[0]!}`, columns))

/**
 * The line of a step that has ended, such as `12/70  podman-import/zstd  0.66 s`; undefined for one that says nothing.
 * @param number of the trial among all, @param of all trials, @param name width of the longest scenario
 */
export function finishedLine(
  { step, tfft, failed, skipped, seconds: took }: Finished,
  { number, of, name }: { number: number; of: number; name: number },
  { columns, ink }: Look,
): string | undefined {
  if (step.scenario === undefined) return undefined
  const isTrial = step.kind === 'trial'
  const head = isTrial ? `${String(number).padStart(String(of).length)}/${of}` : ''.padStart(2 * String(of).length + 1)
  const why = (reason: string) => reason.split('\n')[0]!
  const result =
    failed !== undefined
      ? `${isTrial ? 'failed' : 'could not be prepared'}: ${why(failed)}`
      : skipped !== undefined
        ? `skipped: ${why(skipped)}`
        : isTrial
          ? `${seconds(tfft!)} s`
          : `prepared in ${duration(took)}`
  const room = Math.max(8, Math.min(name, columns - head.length - result.length - 4))
  const line = cut(`${head}  ${cutMiddle(step.scenario, room).padEnd(room)}  ${result}`, columns)
  return failed !== undefined ? ink('red', line) : isTrial ? line : ink('dim', line)
}

/**
 * The live region: what runs and for how long, and a bar of the trials with the time left.
 * @param before trials that were measured before the run was continued
 * @param left seconds, undefined where nothing tells
 * @param now on the clock of the events
 */
export function liveRegion(
  { current, finished }: Pick<Progress, 'current' | 'finished'>,
  { before = 0, of, left, now }: { before?: number; of: number; left: number | undefined; now: number },
  { columns, ink }: Look,
): string[] {
  const ended = before + finished.filter(({ step }) => step.kind === 'trial').length
  const tail = [`${ended}/${of}`, ...(left === undefined ? [] : [`${duration(left)} left`])].join(' · ')
  const width = Math.max(0, Math.min(40, columns - tail.length - 2))
  const full = of === 0 ? 0 : Math.min(width, Math.floor((ended / of) * width))
  const bar = `${ink('green', '█'.repeat(full))}${ink('dim', '░'.repeat(width - full))}`
  return [...(current ? [runningLine(current, now, columns)] : []), width > 0 ? `${bar}  ${tail}` : cut(tail, columns)]
}

function runningLine({ step, phase, began }: NonNullable<Progress['current']>, now: number, columns: number): string {
  const tail = `${phase} · ${Math.max(0, now - began).toFixed(1)} s`
  return cut(`${cutMiddle(step.scenario ?? step.group, Math.max(8, columns - tail.length - 3))} · ${tail}`, columns)
}
