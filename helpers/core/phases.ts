import type { Phase } from './schemas.ts'

/**
 * Makes what several watchers reported into phases that do not overlap and lie within the trial: sorted by time, cut at
 * the end, and where two overlap the earlier one ends where the later begins.
 * @param total TFFT in seconds
 * @returns the phases and the seconds that none of them explains
 */
export function settlePhases(reported: Phase[], total: number): { phases: Phase[]; unattributed: number } {
  const sorted = reported.filter(phase => phase.duration > 0 && phase.start < total).sort((a, b) => a.start - b.start)
  const phases = sorted
    .map((phase, index) => {
      const start = Math.max(0, phase.start)
      const end = Math.min(phase.start + phase.duration, total, sorted[index + 1]?.start ?? Number.POSITIVE_INFINITY)
      return { name: phase.name, start, duration: Math.max(0, end - start) }
    })
    .filter(phase => phase.duration > 0)
  const explained = phases.reduce((sum, phase) => sum + phase.duration, 0)
  return { phases, unattributed: Math.max(0, total - explained) }
}

/** What lies between `from` and `to` and belongs to no phase given, as phases of that name. */
export function fillGaps(name: string, phases: Phase[], from: number, to: number): Phase[] {
  const gaps: Phase[] = []
  let at = from
  for (const phase of [...phases].sort((a, b) => a.start - b.start)) {
    if (phase.start > at) gaps.push({ name, start: at, duration: Math.min(phase.start, to) - at })
    at = Math.max(at, phase.start + phase.duration)
  }
  if (at < to) gaps.push({ name, start: at, duration: to - at })
  return gaps.filter(gap => gap.duration > 0)
}
