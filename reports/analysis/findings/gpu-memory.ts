import { PAGE } from '../../../helpers/criu/images/memory-map.ts'
import { type EngineName, engineDescriptions } from '../../../helpers/engines/index.ts'
import { bytes, percent, seconds } from '../../run/format.ts'
import type { Run, Scenario } from '../../run/schema.ts'
import { archiveTime, figure, measured, p50, phase, RESTORES, type Rule, sibling, slowerBy } from './rule.ts'

/**
 * What lies in a checkpoint and could be left out. Seen by the figures `checkpoint.kv_bytes` and
 * `checkpoint.weights_bytes` of a trial, or by when an engine that can sleep was dumped: asleep at level 1 the KV cache
 * is gone and the weights lie in host memory; at level 2 both are gone.
 */
function inCheckpoint(what: {
  code: string
  name: string
  verbs: [string, string]
  key: string
  asleep: readonly string[]
  remedy: string
  source: string
}): Rule {
  return facts =>
    measured(facts)
      .filter(scenario => RESTORES.includes(scenario.strategy))
      .flatMap(scenario => {
        const size = figure(facts, scenario.id, what.key)
        const at = String(scenario.settings.checkpointAt ?? 'warmed-up')
        const held = size === undefined ? canSleep(facts.run) && !what.asleep.includes(at) : size > 0
        if (!held) return []
        const without = sibling(facts, scenario, ['checkpointAt'], other =>
          what.asleep.includes(String(other.settings.checkpointAt)),
        )
        const saved = without && slowerBy(scenario, without)
        // asleep was measured and is no faster: then what it leaves out is no cause
        if (without && saved === undefined) return []
        const content = contentOf(scenario)
        const share = size === undefined || content === undefined ? undefined : Math.min(1, size / content)
        return [
          {
            code: what.code,
            message:
              `the ${what.name} ${size === undefined ? '' : `(${bytes(size)}) `}${what.verbs[0]} inside the ` +
              `checkpoint and ${what.verbs[1]} back with every restore`,
            evidence:
              [
                content !== undefined &&
                  `checkpoint of ${bytes(content)}, taken ` +
                    `${at}${share === undefined ? '' : `, ${percent(share)} of it ${what.name}`}`,
                without && `${seconds(p50(scenario))} s, and ${seconds(p50(without))} s for ${without.id}`,
              ]
                .filter(Boolean)
                .join('; ') || `taken ${at}`,
            cost: saved ?? (share === undefined ? null : share * timeByBytes(scenario)),
            remedy: what.remedy,
            source: what.source,
            scenario: scenario.id,
          },
        ]
      })
}

/** False for an engine that there is no more. */
const canSleep = ({ engine }: Run): boolean => engineDescriptions[engine.name as EngineName]?.sleeps === true

/** Bytes of a checkpoint's content: an archive's own bytes are compressed. */
function contentOf({ strategy, checkpoint }: Scenario): number | undefined {
  if (!checkpoint) return undefined
  return (
    (strategy === 'podman-import' && checkpoint.pages !== null ? checkpoint.pages * PAGE : checkpoint.bytes) ||
    undefined
  )
}

/** Seconds of a start that go by the checkpoint's bytes. */
const timeByBytes = (scenario: Scenario): number =>
  phase(scenario, 'criu.restore') + phase(scenario, 'cuda.restore') + archiveTime(scenario)

export const kvCache: Rule = inCheckpoint({
  code: 'kv-cache-in-checkpoint',
  name: 'KV cache',
  verbs: ['is', 'comes'],
  key: 'checkpoint.kv_bytes',
  asleep: ['asleep-1', 'asleep-2'],
  remedy:
    'free it before the checkpoint: `curl -X POST "http://127.0.0.1:8000/sleep?level=1"`, and `curl -X ' +
    'POST http://127.0.0.1:8000/wake_up` after the restore; vLLM needs --enable-sleep-mode and ' +
    "VLLM_SERVER_DEV_MODE=1 (here: the setting `{ checkpointAt: 'asleep-1' }`)",
  source: 'https://docs.vllm.ai/en/latest/features/sleep_mode/',
})

export const weights: Rule = inCheckpoint({
  code: 'weights-in-checkpoint',
  name: 'weights',
  verbs: ['are', 'come'],
  key: 'checkpoint.weights_bytes',
  asleep: ['asleep-2'],
  remedy:
    'drop them before the checkpoint and load them after it: `curl -X POST ' +
    '"http://127.0.0.1:8000/sleep?level=2"`, and `curl -X POST http://127.0.0.1:8000/wake_up` after ' +
    'the restore; vLLM needs --enable-sleep-mode and VLLM_SERVER_DEV_MODE=1 (here: the settings `{ ' +
    "checkpointAt: 'asleep-2', weights: 'tmpfs' }`)",
  source: 'https://docs.vllm.ai/en/latest/features/sleep_mode/',
})
