import { factor, seconds } from '../../run/format.ts'
import type { Scenario } from '../../run/schema.ts'
import { measured, p50, phase, type Rule, word } from './rule.ts'

/**
 * A baseline that paid for what a restore beside it did not need: the speedup flatters. One finding a baseline; cold
 * starts with other flags are compared on purpose.
 */
export const unfairBaseline: Rule = facts =>
  measured(facts)
    .filter(scenario => scenario.baseline)
    .flatMap(baseline => {
      const against = measured(facts).filter(
        scenario => scenario.strategy !== 'cold' && scenario.versus_baseline?.scenario === baseline.id,
      )
      if (against.length === 0) return []
      const cold = word(facts, baseline.id, 'compile_cache') === 'cold'
      const eager = against.filter(
        ({ settings }) => settings.eager === true && baseline.settings.eager !== true && graphsOf(baseline) > 0,
      )
      if (!cold && eager.length === 0) return []
      const cost =
        (cold ? phase(baseline, 'engine.compile') : 0) +
        (eager.length > 0 ? graphsOf(baseline) - (cold ? phase(baseline, 'engine.compile') : 0) : 0)
      const best = against.toSorted((a, b) => b.versus_baseline!.speedup - a.versus_baseline!.speedup)[0]!
      return [
        {
          code: 'unfair-baseline',
          message: cold
            ? 'the baseline compiled with a cold cache, so the speedups are too high'
            : 'the baseline captured CUDA graphs, the restored engine did not, so the speedups are too high',
          evidence:
            `engine.compile ${seconds(phase(baseline, 'engine.compile'))} s, engine.graphs ` +
            `${seconds(phase(baseline, 'engine.graphs'))} s of ${seconds(p50(baseline))} s; without them ` +
            `${best.id} would be ${factor((p50(baseline) - cost) / p50(best))} and not ` +
            `${factor(best.versus_baseline!.speedup)}`,
          cost,
          remedy: cold
            ? "compare with a warm compile cache: the setting `{ compileCache: 'warm' }`, which keeps " +
              'VLLM_CACHE_ROOT, TRITON_CACHE_DIR and TORCHINDUCTOR_CACHE_DIR on a mount'
            : 'give both sides the same flags: `ENGINE_ARGS=--enforce-eager`, or on neither',
          source: 'docs/methodology.md',
          scenario: baseline.id,
        },
      ]
    })

const graphsOf = (scenario: Scenario) => phase(scenario, 'engine.compile') + phase(scenario, 'engine.graphs')
