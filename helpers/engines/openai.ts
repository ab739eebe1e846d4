import { BY_STRATEGY, byName, type EngineDescription } from './description.ts'

/**
 * Any image with an OpenAI-compatible API, on a GPU where GPU_DEVICES is set: ENGINE_IMAGE, ENGINE_COMMAND, ENGINE_ARGS
 * and PODMAN_ARGS say all of it.
 */
export const openai: EngineDescription = {
  label: 'the server',
  gpu: 'where-named',
  modelIsFile: false,
  model: variables => byName(variables, 'default'),
  unusable: ({ ENGINE_IMAGE, ENGINE_COMMAND }) =>
    ENGINE_IMAGE && ENGINE_COMMAND
      ? undefined
      : 'ENGINE=openai needs ENGINE_IMAGE (an image with an OpenAI-compatible server, or host) and ENGINE_COMMAND ' +
        '(what starts it)',
  entrypoint: false,
  takesRequests: true,
  benches: BY_STRATEGY,
}
