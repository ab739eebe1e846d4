import { describe, expect, it } from 'vitest'
import { parseTargets } from './targets-file.ts'

const LONG = 'podman-in-place.storage-tmpfs'
const known = new Map([
  ['cold', 'cold'],
  ['podman-in-place/tmpfs', 'podman-in-place/tmpfs'],
  [LONG, 'podman-in-place/tmpfs'],
  ['podman-import/zstd', 'podman-import/zstd'],
])
const parse = (targets: unknown) => () =>
  parseTargets(typeof targets === 'string' ? targets : JSON.stringify(targets), 'targets.json', known)
const says = (targets: unknown, ...lines: (string | RegExp)[]) => {
  for (const line of lines) expect(parse(targets)).toThrow(line)
}

describe('grouped by scenario', () => {
  const limits = { 'tfft.p50': { must: 2, goal: 1 }, tokens_match: { must: 1 } }
  const only = (entry: object) => ({ 'podman-in-place/tmpfs': [{ limits }, entry] })

  it('is read into one target a limit', () => {
    const place = { engine: 'vllm', gpu: 'H100', model: '7b' }
    const scenario = 'podman-in-place/tmpfs'
    expect(parse({ cold: [{ limits: { 'tfft.max': { goal: 9 } } }], [scenario]: [{ ...place, limits }] })()).toEqual([
      { scenario: 'cold', metric: 'tfft.max', limit: 9, kind: 'goal' },
      { scenario, ...place, metric: 'tfft.p50', limit: 2, kind: 'must' },
      { scenario, ...place, metric: 'tfft.p50', limit: 1, kind: 'goal' },
      { scenario, ...place, metric: 'tokens_match', limit: 1, kind: 'must' },
    ])
  })
  it('takes the long id of a scenario for its name', () =>
    expect(parse({ [LONG]: [{ limits: { tokens_match: { must: 1 } } }] })()).toMatchObject([
      { scenario: 'podman-in-place/tmpfs' },
    ]))
  it('names scenario and entry of what is wrong, and what was meant', () => {
    says(only({ limits, gpus: 'H100' }), 'podman-in-place/tmpfs, entry 2: no target has gpus; did you mean "gpu"?')
    says(
      only({ limits: { 'tfft.p5': { must: 1 } } }),
      'podman-in-place/tmpfs, entry 2: no target has limits: tfft.p5; did you mean "tfft.p50"?',
    )
    says(
      only({ limits: { 'tfft.p50': { mus: 1 } } }),
      'podman-in-place/tmpfs, entry 2: no target has limits: tfft.p50: mus; did you mean "must"?',
    )
    says(
      only({ limits: { 'tfft.p50': { must: '2 s' } } }),
      /tmpfs, entry 2: limits: tfft\.p50: must: .*expected number/,
    )
    says(
      only({ engine: 'vlm', limits: { 'tfft.p50': { must: 1 } } }),
      /entry 2: tfft\.p50: engine "vlm" does not exist/,
    )
  })
  it('refuses what limits nothing', () => {
    says(only({ limits: {} }), 'podman-in-place/tmpfs, entry 2: limits: allowed are tfft.p50')
    says(only({ limits: { 'tfft.p50': {} } }), 'entry 2: limits: tfft.p50: allowed are must, goal or both')
    says({ cold: [] }, /cold: /)
  })
  it('refuses what is listed twice, as a key too, which JSON would take for the last one', () => {
    says(
      only({ limits: { 'tfft.p50': { must: 2 } } }),
      'entry 2: tfft.p50: it says again what podman-in-place/tmpfs, entry 1',
    )
    const text = '{\n"cold": [],\n"podman-import/zstd": [],\n"cold": []\n}'
    says(text, 'targets.json:4: "cold" appears twice')
  })
  it('proposes the nearest scenarios', () =>
    says(
      { 'podman-in-place/tmpsf': [{ limits }] },
      'podman-in-place/tmpsf, entry 1: tfft.p50: scenario "podman-in-place/tmpsf" does not exist; ' +
        'did you mean "podman-in-place/tmpfs"?',
    ))
})

describe('the list of before', () => {
  const good = { metric: 'speedup.p50', scenario: 'podman-in-place/tmpfs', limit: 1.5 }
  it('is read; its targets are musts unless said otherwise, long ids are names', () =>
    expect(parse([good, { ...good, scenario: LONG, kind: 'goal' }])()).toEqual([
      { ...good, kind: 'must' },
      { ...good, kind: 'goal' },
    ]))
  it('refuses a scenario that does not exist and proposes the nearest', () =>
    says(
      [{ ...good, scenario: 'podman-in-place/tmp' }],
      'scenario "podman-in-place/tmp" does not exist; did you mean "podman-in-place/tmpfs"?',
    ))
  it('refuses a metric that does not exist', () =>
    says([{ ...good, metric: 'tfft.p99' }], /targets\.json is unusable:\n {2}target 1: metric: allowed are tfft\.p50/))
  it('refuses a key it does not know, so that a slip of the pen lifts no limit', () =>
    says([{ ...good, gpus: 'H100' }], 'target 1: no target has gpus'))
  it('refuses an engine that does not exist, and names each', () => {
    expect(
      parse([
        { ...good, engine: 'llama-cpp' },
        { ...good, engine: 'vllm' },
        { ...good, engine: 'openai' },
      ]),
    ).not.toThrow()
    says(
      [good, { ...good, engine: 'llama.cpp' }, { ...good, engine: '' }],
      new RegExp(
        /target 2 \(podman-in-place\/tmpfs\): engine "llama\.cpp" does not exist; /.source +
          /there are llama-cpp, vllm, openai\n {2}target 3 .*: engine ""/.source,
      ),
    )
  })
  it('refuses a limit that everything or nothing meets, or that is no number', () => {
    says([{ ...good, limit: 0 }], 'limit: received 0, allowed is more than 0: everything would meet it')
    says([{ ...good, metric: 'tfft.p50', limit: -1 }], 'nothing would meet it')
    says('[{"metric":"tfft.p50","scenario":"cold","limit":1e999}]', 'target 1: limit')
  })
  it('refuses a target that stands twice; a must and a goal are two', () => {
    says([good, { ...good, limit: 2 }, { kind: 'must', ...good }], /target 3 .*: it says again what target 1 /)
    expect(parse([good, { ...good, kind: 'goal' }])).not.toThrow()
  })
})

it('refuses what is neither form, or no JSON', () => {
  says('"targets"', 'targets.json is unusable:\n  the file: ')
  says('[', 'targets.json is not JSON')
})
