import { DEFAULT_MODEL } from '../models/embedded.ts'

/** What an engine says of itself before anything is started: configuration, set-up, preflight and reports ask here. */
export interface EngineDescription {
  /** How messages call it. */
  label: string
  /**
   * It runs on an NVIDIA GPU, always or where GPU_DEVICES is set: set-up sees to the driver, its libraries and CUDA's
   * checkpoints.
   */
  gpu: boolean | 'where-named'
  /** GPU_MEMORY_UTIL says how much of the GPU it takes. */
  takesShare?: boolean
  /** Its own image, where ENGINE_IMAGE is not set; an engine without one needs ENGINE_IMAGE. */
  image?: NamedImage | DebianImage
  /** A program of the image that is asked once for its version and options. */
  program?: Program
  /** Python package that VLLM_IMAGE=host takes from VLLM_SITE. */
  hostPackage?: string
  /** Open files that it asks for; it runs with fewer. */
  openFiles?: number
  /** The model is a file of this host that set-up provides; otherwise the engine gets it by its name. */
  modelIsFile: boolean
  /** The model that the variables ask for. */
  model(variables: Variables): Model
  /** What else it needs of the variables, such as `ENGINE=x needs ENGINE_IMAGE`; undefined where they are right. */
  unusable?(variables: Variables): string | undefined
  /** Whether its arguments make it invent the weights. */
  inventsWeights?(engineArgs: string[]): boolean
  /** It sets the container's entrypoint, which PODMAN_ARGS must not then. */
  entrypoint: boolean
  /** SLEEP_REQUEST and WAKE_REQUEST say how it is put to sleep and woken. */
  takesRequests?: boolean
  /** It can sleep by itself: a checkpoint that was taken awake holds GPU memory that it could do without. */
  sleeps?: boolean
  /** It can be spread over several GPUs: its own argument for that, which TENSOR_PARALLEL stands for. */
  tensorParallel?: RegExp
  /** Bytes of tmpfs that its checkpoints need; all that may be taken where it does not say. */
  tmpfs?(modelBytes: number): number
  /** Bench files that run where none is named. */
  benches: readonly string[]
}

/** The variables that a description looks at, as the configuration read them. */
export interface Variables {
  ENGINE_IMAGE?: string | undefined
  VLLM_IMAGE?: string | undefined
  ENGINE_COMMAND?: string[] | undefined
  MODEL_ID?: string | undefined
  /** Bytes. */
  MODEL_SIZE?: number | undefined
  MODELS_CACHE: string
}

export interface Model {
  /** Name of the model, or path of its file. */
  id: string
  bytes: number
  /** The suite makes its weights from a random stream. */
  isRandom: boolean
  /** No model was named: set-up fetches the embedded one. */
  isDefault: boolean
  /** Folder of the host that the container sees because of it. */
  folder?: string | undefined
}

/**
 * Lines of the CRIU configuration of a container that runs on a GPU; PODMAN_ARGS may not bring others then.
 * link-remap: semaphores under /dev/shm; network-lock skip: processes of a server hold connections to each other;
 * file-locks: they hold locks for as long as they live.
 */
export const GPU_CRIU_OPTIONS = ['link-remap', 'network-lock skip', 'file-locks']
/** NCCL's shared memory is in files that it has unlinked, about 10 MB for each channel: CRIU's own limit is 1 MB. */
export const SEVERAL_GPUS_CRIU_OPTIONS = ['ghost-limit 1G']

/** In place of an image: an empty one, in which the host's own /usr, /opt and /etc are shown. */
export const FROM_HOST = 'host'

/** An image that a variable of the engine's own names. */
export interface NamedImage {
  named(configuration: { vllmImage: string }): string
}

/** An image that set-up makes of Debian packages. */
export interface DebianImage {
  name: string
  suite: string
  packages: string[]
  /** The package whose version is the image's. */
  version: string
}

export interface Program {
  path: string
  /** The newest version that the suite was tested with. */
  tested: string
}

/** One bench file for each strategy that needs no GPU. */
export const BY_STRATEGY = ['cold', 'podman-import', 'podman-in-place', 'runtime-direct'] as const

/** A model that the engine gets by its name. */
export const byName = ({ MODEL_ID, MODEL_SIZE }: Variables, otherwise: string): Model => ({
  id: MODEL_ID ?? otherwise,
  bytes: MODEL_SIZE ?? DEFAULT_MODEL.bytes,
  isRandom: false,
  isDefault: false,
})
