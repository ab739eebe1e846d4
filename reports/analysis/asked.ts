import type { Run, Trial } from '../run/schema.ts'

/** A scenario that a run set out to measure, with its groups in order. */
export type Asked = Pick<
  Run['scenarios'][number],
  'id' | 'strategy' | 'settings' | 'baseline' | 'skipped' | 'failed'
> & {
  groups: string[]
}

/**
 * Every scenario once: an id that stands in several groups, as the baseline does, is one scenario with the trials of
 * all of them.
 */
export function asked(run: Run, trials: Trial[]): Asked[] {
  const all = new Map<string, Asked>()
  for (const { group, ...entry } of run.scenarios) {
    const known = all.get(entry.id)
    if (!known) all.set(entry.id, { ...entry, groups: [group] })
    else
      all.set(entry.id, {
        ...known,
        baseline: known.baseline || entry.baseline,
        skipped: known.skipped ?? entry.skipped,
        failed: known.failed ?? entry.failed,
        groups: [...known.groups, group],
      })
  }
  // trials that run.json does not name, of a run that was cut off or put together by hand, are shown all the same
  for (const { scenario: id, strategy, settings, type, group } of trials) {
    if (!all.has(id)) all.set(id, { id, strategy, settings, baseline: type === 'baseline', groups: [group] })
  }
  return [...all.values()]
}
