import { BY_STRATEGY, byName, type EngineDescription } from './description.ts'

/** Any image with an OpenAI-compatible API: ENGINE_IMAGE, ENGINE_COMMAND, ENGINE_ARGS and PODMAN_ARGS say all of it. */
export const openai: EngineDescription = {
  label: 'the server',
  gpu: false,
  modelIsFile: false,
  model: variables => byName(variables, 'default'),
  unusable: ({ ENGINE_IMAGE, ENGINE_COMMAND }) =>
    ENGINE_IMAGE && ENGINE_COMMAND
      ? undefined
      : 'ENGINE=openai needs ENGINE_IMAGE (an image with an OpenAI-compatible server) and ENGINE_COMMAND ' +
        '(what starts it)',
  entrypoint: false,
  benches: BY_STRATEGY,
}
