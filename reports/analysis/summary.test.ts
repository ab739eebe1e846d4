import { describe, expect, it, test } from 'vitest'
import { reportSchema } from '../run/schema.ts'
import { failedTrial, recorded, run, trial, trials } from '../testing/recorded/builders.ts'
import { judgeScenario, summarize } from './summary.ts'
import { idleLine, unjudged } from './targets.ts'

const cold = { id: 'cold', baseline: true }
const place = { id: 'place', strategy: 'podman-in-place' as const }
const byId = (report: ReturnType<typeof summarize>, id: string) =>
  report.scenarios.find(scenario => scenario.id === id)!

describe('summarize', () => {
  it('is a report, and the same one every time', () => {
    const { run: asked, trials: measured } = recorded('made-up')
    const report = summarize(asked, measured)
    expect(reportSchema.parse(report)).toEqual(report)
    expect(summarize(asked, measured)).toEqual(report)
    expect(report.verdict).toBe('pass')
  })

  it('gives the distribution of TFFT', () => {
    const report = summarize(run([cold]), trials([3, 1, 2, 5, 4]))
    expect(byId(report, 'cold')).toMatchObject({
      n: 5,
      failed: 0,
      outcome: 'measured',
      tfft: { p50: 3, min: 1, max: 5, ci95: [1, 5] },
    })
  })

  it('gives the median of each phase in the order of time, with the sum of one that occurs twice', () => {
    const phases = (scale: number) => [
      { name: 'podman', start: 0, duration: 0.1 * scale },
      { name: 'criu.restore', start: 0.2, duration: scale },
      { name: 'podman', start: 2, duration: 0.3 * scale },
      { name: 'first-token', start: 3, duration: 0.1 },
    ]
    const measured = [1, 2, 3].map(scale => ({
      ...trial({ trial: scale, total_cold_start_tfft: 4 }),
      phases: phases(scale),
    }))
    expect(byId(summarize(run([cold]), measured), 'cold').phases).toEqual([
      { name: 'podman', p50: 0.8 },
      { name: 'criu.restore', p50: 2 },
      { name: 'first-token', p50: 0.1 },
    ])
  })

  it('compares with the baseline of the same batch alone, and says that there were several', () => {
    const other = { ...place, id: 'other' }
    const measured = [
      ...trials([4, 4, 4, 4], { batch: 1 }),
      ...trials([2, 2, 2, 2], { batch: 1, scenario: 'place' }),
      ...trials([9, 9, 9, 9], { batch: 2 }),
      ...trials([3, 3, 3, 3], { batch: 2, scenario: 'other' }),
    ]
    const report = summarize(run([cold, place, other]), measured)
    const speedups = ['place', 'other'].map(id => byId(report, id).versus_baseline)
    expect(speedups).toMatchObject([
      { p50: 4, speedup: 2, ci95: [2, 2] },
      { p50: 9, speedup: 3, ci95: [3, 3] },
    ])
    expect(byId(report, 'cold')).toMatchObject({ n: 8 })
    expect(report.notes).toEqual([expect.stringContaining('test had no room on this host together')])
    expect(report.notes[0]).toContain('measured in 2 batches')
    expect(summarize(run([cold, place]), measured.slice(0, 8)).notes.join()).not.toContain('batches')
  })

  it('compares with the baseline of the same group alone', () => {
    const asked = run([cold, { ...place, group: 'test' }, { id: 'cold', baseline: true, group: 'other' }])
    const measured = [
      ...trials([4, 4, 4, 4]),
      ...trials([100, 100, 100, 100], { group: 'other' }),
      ...trials([2, 2, 2, 2], { scenario: 'place' }),
    ]
    expect(byId(summarize(asked, measured), 'place').versus_baseline).toEqual({
      scenario: 'cold',
      p50: 4,
      speedup: 2,
      ci95: [2, 2],
    })
    expect(byId(summarize(asked, measured), 'cold')).toMatchObject({ n: 8, baseline: true })
    expect(byId(summarize(asked, measured), 'cold').versus_baseline).toBeUndefined()
  })

  it('shows each trial in the order in which it ran, and the one in the middle phase by phase', () => {
    const report = summarize(run([cold]), trials([3, 1, 2]).toReversed())
    expect(byId(report, 'cold').trials.map(one => one.tfft)).toEqual([3, 1, 2])
    expect(byId(report, 'cold').median_trial).toMatchObject({
      trial: 3,
      tfft: 2,
      phases: [{ name: 'criu.restore', duration: 2 }],
    })
  })
})

describe('judgeScenario', () => {
  const limits = { 'tfft.p50': 1, 'tfft.max': 3, 'speedup.p50': 2, 'inference_tfft.p50': 1, tokens_match: 1 } as const
  const targets = Object.entries(limits).flatMap(([metric, limit]) =>
    ['cold', 'place'].map(scenario => ({
      metric: metric as keyof typeof limits,
      scenario,
      limit,
      kind: 'must' as const,
    })),
  )
  const asked = { ...run([cold, place]), targets }

  test.for([
    ['trials that counted', [...trials([4, 5, 6, 7]), ...trials([2, 3, 2, 4], { scenario: 'place' })]],
    ['none of the baseline', [failedTrial(), ...trials([2, 3], { scenario: 'place' })]],
    ['one that failed', [...trials([4]), failedTrial({ scenario: 'place' }), ...trials([1], { scenario: 'place' })]],
    ['none that counted', [failedTrial(), failedTrial({ scenario: 'place' })]],
  ] as const)('says what the report says: %s', ([, measured]) => {
    const report = summarize(asked, [...measured])
    for (const { id, targets } of report.scenarios) expect(judgeScenario(id, asked, [...measured])).toEqual(targets)
    expect(report.scenarios.map(({ targets }) => targets.length)).toEqual([5, 5])
  })

  it('has nothing to say of a scenario that the run does not name', () =>
    expect(judgeScenario('elsewhere', asked, trials([1]))).toEqual([]))
})

describe('what went wrong', () => {
  it('a trial that failed stays visible and fails the run, the others count', () => {
    const report = summarize(run([cold]), [
      ...trials([1, 1]),
      failedTrial({ trial: 3, error: 'podman ended with 125' }),
    ])
    expect(byId(report, 'cold')).toMatchObject({
      outcome: 'measured',
      n: 2,
      failed: 1,
      reason: 'podman ended with 125',
    })
    expect(report.verdict).toBe('fail')
  })
  it('a scenario with other tokens failed, however fast it was', () => {
    const report = summarize(run([cold]), [
      ...trials([1, 1]),
      trial({ trial: 3, tokens_match: false, outcome: 'failed', error: 'the server said other tokens' }),
    ])
    expect(byId(report, 'cold')).toMatchObject({
      outcome: 'failed',
      n: 2,
      failed: 1,
      reason: 'the server said other tokens',
      tokens_match: 2 / 3,
    })
    expect(report.verdict).toBe('fail')
  })
  it('a scenario without a trial that counted failed', () => {
    const report = summarize(run([cold, place]), [
      ...trials([1]),
      failedTrial({ scenario: 'place', strategy: 'podman-in-place' }),
    ])
    expect(byId(report, 'place')).toMatchObject({ outcome: 'failed', n: 0, failed: 1, reason: 'it broke' })
    expect(report.verdict).toBe('fail')
  })
  it('a scenario that failed as a whole fails the run, one that was skipped does not', () => {
    const failed = summarize(run([cold, { ...place, failed: 'the checkpoint could not be taken' }]), trials([1]))
    expect(byId(failed, 'place')).toMatchObject({ outcome: 'failed', reason: 'the checkpoint could not be taken' })
    expect(failed.verdict).toBe('fail')
    const skipped = summarize(run([cold, place, { ...place, id: 'elsewhere', skipped: 'no GPU' }]), [
      ...trials([1]),
      ...trials([1], { scenario: 'place' }),
    ])
    expect(byId(skipped, 'elsewhere')).toMatchObject({ outcome: 'skipped', reason: 'no GPU', n: 0 })
    expect(skipped.verdict).toBe('measured')
  })
  it('a baseline whose every other scenario was skipped is nothing measured', () => {
    expect(summarize(run([cold, { ...place, skipped: 'no GPU' }]), trials([1])).verdict).toBe('nothing-measured')
  })
  it('a baseline that was asked for itself is measured, whatever was skipped beside it', () => {
    const own = { ...cold, asked: true as const }
    expect(summarize(run([own, { ...place, skipped: 'no room' }]), trials([1])).verdict).toBe('measured')
    const inTwo = [cold, { ...place, skipped: 'no room' }, { ...own, group: 'other' }]
    expect(summarize(run(inTwo), [...trials([1]), ...trials([1], { group: 'other' })]).verdict).toBe('measured')
    expect(summarize(run([own, { ...place, skipped: 'no room' }]), []).verdict).toBe('nothing-measured')
  })
  it('nothing that counted is nothing measured, whatever was tried', () => {
    expect(summarize(run([]), []).verdict).toBe('nothing-measured')
    expect(summarize(run([{ ...place, skipped: 'no GPU' }]), []).verdict).toBe('nothing-measured')
    expect(summarize(run([cold]), [failedTrial()]).verdict).toBe('nothing-measured')
  })
  it('a run that was interrupted fails, and says so for what it did not reach', () => {
    const report = summarize(run([cold, place]), trials([1]))
    expect(byId(report, 'place')).toMatchObject({ outcome: 'failed', reason: 'the run was interrupted before it' })
    expect(report.verdict).toBe('fail')
  })
  it('a run that was interrupted within a scenario fails, however well the trials went', () => {
    const report = summarize(run([cold, { ...place, skipped: 'no GPU' }], { iterations: 5 }), trials([1, 1, 1, 1]))
    expect(report).toMatchObject({ verdict: 'fail', interrupted: { trials: 4, of: 5 } })
    expect(summarize(run([cold], { iterations: 4 }), trials([1, 1, 1, 1]))).toMatchObject({
      verdict: 'measured',
    })
    expect(summarize(run([cold], { iterations: 4 }), trials([1, 1, 1, 1])).interrupted).toBeUndefined()
  })
  it('a mark before the start, as a damaged file may have, is no median', () => {
    const cases = [[-1], [-1, -2]].map(marks => marks.map(health => ({ ...trials([1])[0]!, marks: { health } })))
    for (const damaged of cases) expect(summarize(run([cold]), damaged).scenarios[0]).not.toHaveProperty('health')
  })
  it('a run with batches that was interrupted counts all trials of its baseline', () => {
    const report = summarize(run([cold, place], { iterations: 2 }), trials([1, 1, 1]))
    expect(report.interrupted).toEqual({ trials: 3, of: 5 })
  })
  it('a run that was interrupted judges no target', () => {
    const targets = [{ metric: 'tfft.p50', scenario: 'cold', limit: 0.5, kind: 'must' }] as const
    const judged = (iterations: number) =>
      summarize(run([cold], { iterations, targets: [...targets] }), trials([1, 1, 1, 1]))
    expect(judged(4).scenarios[0]!.targets).toMatchObject([{ verdict: 'fail' }])
    expect(judged(5)).toMatchObject({ verdict: 'fail', interrupted: { trials: 4, of: 5 }, idle_targets: {} })
    expect(judged(5).scenarios[0]!.targets).toEqual([])
  })
})

test('a wall clock that was set is said, and the trial counts', () => {
  const report = summarize(run([cold]), [
    ...trials([1, 1, 1]),
    { ...trial({ trial: 4, total_cold_start_tfft: 1 }), evidence: { 'clock.step': 3600 } },
  ])
  expect(byId(report, 'cold').n).toBe(4)
  expect(report.notes).toEqual([
    'the wall clock was set by 3600.00 s during trial 4 of cold: its TFFT is right, its phases are not known',
  ])
})

describe('targets', () => {
  const target = (limit: number, more = {}) => ({
    metric: 'tfft.p50' as const,
    scenario: 'cold',
    limit,
    kind: 'must' as const,
    ...more,
  })
  const verdict = (targets: ReturnType<typeof target>[], values: number[]) => {
    const report = summarize(run([cold], { targets }), trials(values))
    return [byId(report, 'cold').targets.map(one => one.verdict), report.verdict]
  }
  it('met, missed', () => {
    expect(verdict([target(2)], [1, 1, 1, 1])).toEqual([['pass'], 'pass'])
    expect(verdict([target(0.5)], [1, 1, 1, 1])).toEqual([['fail'], 'fail'])
  })
  it('too few trials never pass, but a miss is a miss', () => {
    expect(verdict([target(2)], [1, 1, 1])).toEqual([['inconclusive'], 'measured'])
    expect(verdict([target(0.5)], [1])).toEqual([['fail'], 'fail'])
  })
  it('a goal fails nothing', () =>
    expect(verdict([target(0.5, { kind: 'goal' })], [1, 1, 1, 1])).toEqual([['fail'], 'pass']))
  it('what a target is for that judged nothing is counted', () => {
    const targets = [
      target(2),
      target(1, { engine: 'vllm' }),
      target(3, { engine: 'vllm' }),
      target(1, { gpu: 'H10O' }),
      target(1, { model: 'Qwen' }),
      target(1, { scenario: 'place' }),
    ]
    const report = summarize(
      run([cold, { ...place, id: 'skipped', skipped: 'no GPU' }], {
        targets: [...targets, target(1, { scenario: 'skipped' })],
      }),
      trials([1]),
    )
    expect(report.idle_targets).toEqual({
      'engine vllm': 2,
      'GPU H10O': 1,
      'model Qwen': 1,
      'scenarios not asked for': 1,
    })
    expect(idleLine(report)).toBe(
      '5 of 7 targets did not apply to this run: 2 for engine vllm, 1 for GPU H10O, 1 for model Qwen, ' +
        '1 for scenarios not asked for',
    )
    expect(idleLine(summarize(run([cold], { targets: [target(2)] }), trials([1])))).toBeUndefined()
  })
  it('for another engine, GPU or model does not hold here', () => {
    expect(
      verdict(
        [target(0.5, { engine: 'vllm' }), target(0.5, { gpu: 'H100' }), target(0.5, { model: 'Qwen2' })],
        [1, 1, 1, 1],
      ),
    ).toEqual([[], 'measured'])
    const onGpu = run([cold], {
      targets: [target(0.5, { gpu: 'h100' })],
      host: { ...run([]).host, fingerprint: { gpu: 'NVIDIA H100 80GB HBM3' } },
    })
    expect(summarize(onGpu, trials([1, 1, 1, 1])).verdict).toBe('fail')
  })
  it.for([
    [1.5e9, 'pass'],
    [3.2e9, 'pass'],
    [7e9, 'measured'],
    [undefined, 'measured'],
  ] as const)('for models of up to 3B parameters, one with %s: %s', ([parameters, expected]) => {
    const asked = run([cold], { targets: [target(2, { max_parameters: 3e9 })] })
    const engine = { ...asked.engine, ...(parameters && { model_parameters: parameters }) }
    const report = summarize({ ...asked, engine }, trials([1, 1, 1, 1]))
    expect(report.verdict).toBe(expected)
    expect(report.idle_targets).toEqual(expected === 'pass' ? {} : { 'models of up to 3B parameters': 1 })
  })
  it('why nothing was judged: elsewhere, not asked for, too few trials', () => {
    const why = (targets: ReturnType<typeof target>[], values = [1, 1, 1, 1]) =>
      unjudged(summarize(run([cold], { targets }), trials(values)))
    expect(why([])).toBe('no target applies to this host, engine and model')
    expect(why([target(1, { gpu: 'H100' })])).toBe('no target applies to this host, engine and model')
    expect(why([target(1, { scenario: 'place' })])).toBe('no target applies to these scenarios')
    expect(why([target(2)], [1])).toMatch('none of 1 target could be judged')
    expect(why([target(2)])).toBeUndefined()
    expect(why([target(0.5)], [1])).toBeUndefined()
  })
})
