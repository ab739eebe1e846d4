import { sleepLevel, type VllmSettings } from '../../fixtures/engines/vllm/settings.ts'

/** Values of engine-vllm.sh. Pure. */
export const vllmValues = (settings: VllmSettings): Record<string, string> => ({
  sleep_level: String(sleepLevel(settings) ?? 0),
  weights_by: settings.weights,
  cuda_by: settings.cuda,
  served: settings.served ? 'yes' : 'no',
})
