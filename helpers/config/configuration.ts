import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { CREATABLE, fileInTheWay, isCreatable, isFolder, isNoFile } from '../core/creatable.ts'
import { type LoadOptions, parseLoad } from '../core/load-options.ts'
import { Problem } from '../core/problem.ts'
import { hasRecord } from '../core/record.ts'
import { isSecretName, secretWords } from '../core/secrets.ts'
import { parseRequests, REQUEST_FORM, type ServerRequest } from '../core/server-request.ts'
import { splitWords } from '../core/words.ts'
import { type EngineDescription, FROM_HOST, type Model } from '../engines/description.ts'
import { defaultEngine, ENGINES, type EngineName, engineDescriptions } from '../engines/index.ts'
import { STAND_IN_RECORD, withStandIn } from '../models/embedded.ts'
import { criuConfigs, refusedPodmanArgs } from '../podman/podman-args.ts'
import { checkLocalPodman } from '../podman/podman-environment.ts'
import { readOwnEnvFile } from './own-env-file.ts'
import { ineffective, nearMisses, unknownNames } from './variable-names.ts'

/**
 * What a run is made of, read from the environment and from `.env` (the environment wins), checked before anything
 * starts.
 * The names of the original scripts stay. No variable is needed to start.
 */

const wholeNumber = (min: number, max: number) =>
  z.string().regex(/^\d+$/, 'a whole number').transform(Number).pipe(z.number().int().min(min).max(max))
const path = z
  .string()
  .min(1)
  .refine(value => !/[\x00-\x1f\x7f]/.test(value), 'a path without line breaks')
  .refine(value => !/^(~(\/|$)|\$\{?[A-Za-z_])/.test(value), 'a full path: "~" and variables are not expanded here')
  .transform(value => resolve(value))
/**
 * A folder that containers lie in or see: mount options split at ":", "," and "\\", and CRIU 4.2.1 cannot dump a
 * process with a ")" in its mounts.
 */
const MOUNTABLE = 'a path without ":", ",", ")" and "\\"'
const isMountable = (folder: string) => !/[:,)\\]/.test(folder)
const folder = path.refine(isMountable, MOUNTABLE)
/** One that the suite makes where it is missing. */
const own = path
  .refine(isCreatable, CREATABLE)
  .refine(value => value !== '/', 'a folder for the suite alone')
  .superRefine((value, context) => {
    const file = fileInTheWay(value)
    if (file) context.addIssue({ code: 'custom', message: `a path for a folder, and ${file} is a file` })
  })
const made = own.refine(isMountable, MOUNTABLE)
const name = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, 'letters, digits, "_", "." and "-", not starting with a sign')
const image = z
  .string()
  .regex(/^(?!\w+:\/\/)[a-zA-Z0-9][a-zA-Z0-9_.\-/:@]*$/, 'an image reference such as docker.io/vllm/vllm-openai:latest')
const flag = z.enum(['0', '1']).transform(value => value === '1')
const size = z
  .string()
  .regex(/^\d{1,15}(\.\d{1,15})?\s?[kMGT]?i?B?$/, 'a size such as 1GB or 400MB')
  .transform(parseSize)
  .refine(bytes => bytes >= 1e6 && bytes <= 1e13, 'a size from 1MB to 10TB')
const words = z.string().transform((text, context) => {
  const list = splitWords(text)
  if (!list) context.addIssue({ code: 'custom', message: 'words with balanced quotes' })
  return list ?? z.NEVER
})
/** Words of a program's command line, which every user of the host can read while it runs. */
const openWords = words.superRefine((list, context) => {
  const [secret] = secretWords(list)
  if (secret)
    context.addIssue({
      code: 'custom',
      message:
        `words without a secret${secret.flag && ` such as that of ${secret.flag}`}, because every user of this ` +
        'host can read them in the process list. Pass it in a file, or in a variable: ' +
        'PODMAN_ARGS="--env NAME", and NAME in the environment. A server that asks for an API key cannot be ' +
        'measured',
    })
})
const requests = z
  .string()
  .max(10_000)
  .transform((text, context) => {
    const list = parseRequests(text)
    if (!list) context.addIssue({ code: 'custom', message: REQUEST_FORM })
    return list ?? z.NEVER
  })
const criuBin = path.optional()

const modelId = z
  .string()
  .min(1)
  .refine(
    value => !value.startsWith('-') && !/[\x00-\x1f\x7f]/.test(value),
    'a model name or a file, not starting with "-"',
  )

const schema = z.object({
  ENGINE: z.enum(ENGINES).optional(),
  ENGINE_IMAGE: image.optional(),
  ENGINE_COMMAND: openWords.optional(),
  ENGINE_ARGS: openWords.default([]),
  PODMAN_ARGS: words.default([]),
  MODEL_ID: modelId.optional(),
  SECOND_MODEL_ID: modelId.optional(),
  MODEL_SIZE: size.optional(),
  MAX_MODEL_LEN: wholeNumber(16, 10_000_000).default(4096),
  GPU_MEMORY_UTIL: z
    .string()
    .regex(/^(0?\.\d+|1(\.0+)?)$/, 'a share above 0 and up to 1, such as 0.90')
    .transform(Number)
    .pipe(z.number().gt(0).max(1))
    .default(0.9),
  GPU_DEVICES: z
    .string()
    .regex(/^(all|\d+(,\d+)*)$/, '"all" or device numbers such as 0,1')
    .optional(),
  TENSOR_PARALLEL: wholeNumber(1, 64).default(1),
  CONT_NAME: name.default('vllm-llm-demo'),
  VLLM_IMAGE: z.union([z.literal('host'), image]).default('docker.io/vllm/vllm-openai:latest'),
  VLLM_SITE: folder.optional(),
  API_PORT: wholeNumber(1, 65_535).default(8000),
  SHM_SIZE: z
    .string()
    .regex(/^\d+[kmg]?$/, 'a size such as 8g')
    .default('8g'),
  CHECKPOINT_DIR: made.default('/mnt/checkpoint-ram'),
  CHECKPOINT_SIZE: size.optional(),
  CKPT_PATH: path
    .refine(isCreatable, CREATABLE)
    .superRefine((value, context) => {
      const inTheWay = isFolder(value) ? value : fileInTheWay(dirname(value))
      if (inTheWay === undefined) return
      const what = inTheWay === value ? 'folder' : 'file'
      context.addIssue({ code: 'custom', message: `a path for a file, and ${inTheWay} is a ${what}` })
    })
    .optional(),
  STATE_DIR: made.default('/var/lib/criu-gpu-bench'),
  // vitest, which writes a file there, takes "\\" for "/"
  RESULTS_DIR: own.refine(value => !value.includes('\\'), 'a path without "\\"').optional(),
  NVIDIA_LIBS_PATH: folder.optional(),
  MODELS_CACHE: made.default('/models'),
  HF_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'a token without spaces')
    .optional(),
  SLEEP_REQUEST: requests.default([]),
  WAKE_REQUEST: requests.default([]),
  WARMUP_REQUESTS: wholeNumber(0, 1000).default(5),
  HEALTH_CHECK_TIMEOUT: wholeNumber(1, 86_400).default(300),
  TOOL_TIMEOUT: wholeNumber(1, 3600).default(30),
  ITERATIONS: wholeNumber(1, 1000).default(5),
  LOAD: z.string().max(1000).optional(),
  REFERENCE: path.optional(),
  RESUME: path.optional(),
  REFERENCE_ANY_HOST: flag.default(false),
  TARGETS_FILE: path.optional(),
  OCI_RUNTIME: name.default('runc'),
  CRIU_BIN: criuBin,
  KEEP_CHECKPOINTS: flag.default(false),
  SCENARIOS: z
    .string()
    .regex(/^(?=.*[^,])[\w./,*-]+$/, 'scenario ids separated by commas, * matches anything')
    .optional(),
})

/** The variables of the suite, in the order in which docs/variables.md shows them. */
export const VARIABLES = Object.keys(schema.shape) as (keyof typeof schema.shape)[]

export interface Configuration {
  engine: EngineName
  engineImage: string | undefined
  engineCommand: string[] | undefined
  engineArgs: string[]
  podmanArgs: string[]
  /** A model name, or the file that the engine loads. */
  modelId: string
  /** Bytes of the model's file; of a random one, those that its weights come closest to. */
  modelBytes: number
  /** True where the suite made the model's weights from a random stream. */
  modelIsRandom: boolean
  /**
   * True where no model was named: set-up fetches the embedded one; where it could not, modelIsRandom is true as
   * well.
   */
  modelIsDefault: boolean
  /** The one that `swap` changes to, where it is named. */
  secondModel: Model | undefined
  maxModelLen: number
  gpuMemoryUtil: number
  gpuDevices: 'all' | number[]
  /** The engine runs on them. */
  usesGpu: boolean
  /** GPUs that one server is spread over. */
  tensorParallel: number
  containerName: string
  vllmImage: string
  /** The container's image is empty, and shows the host's own files: ENGINE_IMAGE=host, VLLM_IMAGE=host. */
  imageFromHost: boolean
  /** Folder with vLLM's Python packages, where VLLM_IMAGE=host. */
  vllmSite: string | undefined
  apiPort: number
  shmSize: string
  checkpointDir: string
  /** Bytes of a checkpoint, for the plan of what fits; estimated where it is not said. */
  checkpointSize: number | undefined
  checkpointPath: string
  stateDir: string
  resultsDir: string | undefined
  nvidiaLibsPath: string | undefined
  modelsCache: string
  /** For gated models of Hugging Face. A secret: it goes to vLLM's container and nowhere else. */
  hfToken: string | undefined
  /** What puts the server to sleep before its checkpoint, and wakes it after a restore; [] where it does neither. */
  sleepRequests: ServerRequest[]
  wakeRequests: ServerRequest[]
  warmupRequests: number
  /** Timeout in seconds for a server that gives no token. */
  healthCheckTimeout: number
  /** Timeout in seconds for a checkpoint or a restore. */
  checkpointTimeout: number
  /** Timeout in seconds for quick commands of podman, the OCI runtime and CRIU, such as --version. */
  toolTimeout: number
  iterations: number
  /** What every trial's server is put under after its first token; undefined for nothing. */
  load: LoadOptions | undefined
  reference: string | undefined
  /** The interrupted run to continue. */
  resume: string | undefined
  referenceAnyHost: boolean
  targetsFile: string
  ociRuntime: string
  criuBin: string | undefined
  keepCheckpoints: boolean
  /** Patterns of scenario ids to run; every one of the bench file when undefined. */
  scenarios: string[] | undefined
}

/**
 * @param environment variables by name, as process.env
 * @param hasGpu decides the engine where none is named
 * @throws Problem naming each variable that is wrong, the value received and what is allowed
 */
export function parseConfiguration(environment: Record<string, string | undefined>, hasGpu: boolean): Configuration {
  const e = readVariables(environment)
  const name = e.ENGINE ?? defaultEngine(hasGpu)
  const engine = engineDescriptions[name]
  refuse(notParallel(name, e) ?? notRequested(name, e) ?? podmanRefuses(name, e, environment))
  const model = modelOf('MODEL_ID', engine, e)
  const second = e.SECOND_MODEL_ID
  const ofSecond = { ...e, MODEL_ID: second, MODEL_SIZE: undefined }
  const secondModel = second === undefined ? undefined : modelOf('SECOND_MODEL_ID', engine, ofSecond)
  return configurationOf(name, e, model, secondModel)
}

type Read = z.output<typeof schema>

/** @throws Problem naming each variable that is wrong by itself */
function readVariables(environment: Record<string, string | undefined>): Read {
  const given = Object.fromEntries(
    VARIABLES.filter(key => environment[key] !== undefined && environment[key] !== '').map(key => [
      key,
      environment[key],
    ]),
  )
  const result = schema.safeParse(given)
  if (result.success) return result.data
  throw new Problem(
    'configuration is unusable:\n' +
      `${result.error.issues.map(issue => `  ${describeIssue(issue, given)}`).join('\n')}\nSet them in the ` +
      'environment or in .env; docs/variables.md lists every variable.',
  )
}

/** @throws Problem where there is a reason */
function refuse(reason: string | undefined): void {
  if (reason) throw new Problem(`configuration is unusable:\n  ${reason}`)
}

const usesGpu = ({ gpu }: EngineDescription, { GPU_DEVICES }: Read): boolean =>
  gpu === 'where-named' ? GPU_DEVICES !== undefined : gpu

const notRequested = (name: EngineName, { SLEEP_REQUEST, WAKE_REQUEST }: Read): string | undefined =>
  engineDescriptions[name].takesRequests || SLEEP_REQUEST.length + WAKE_REQUEST.length === 0
    ? undefined
    : `SLEEP_REQUEST and WAKE_REQUEST are for ENGINE=openai, not for ${name}: leave them out`

function podmanRefuses(
  name: EngineName,
  e: Read,
  { PODMAN_ARGS }: Record<string, string | undefined>,
): string | undefined {
  const engine = engineDescriptions[name]
  const refused = refusedPodmanArgs(e.PODMAN_ARGS, { entrypoint: engine.entrypoint, criuOptions: usesGpu(engine, e) })
  const absent = criuConfigs(e.PODMAN_ARGS).find(file => file !== '' && isNoFile(file))
  if (refused.length === 0 && absent !== undefined)
    return (
      `PODMAN_ARGS: received "org.criu.config=${absent}", allowed is a file that exists: runc would start CRIU ` +
      'without the options in it. Give its full path; "~" is not expanded here.'
    )
  if (refused.length === 0) return undefined
  return (
    `PODMAN_ARGS: received "${PODMAN_ARGS}", with flags that are not allowed:\n` +
    `${refused.map(line => `    ${line}`).join('\n')}\nLeave them out; other flags of podman run are allowed.`
  )
}

/** @throws Problem in the name of the variable that says which model it is */
function modelOf(name: string, engine: EngineDescription, e: Read): Model {
  refuse(engine.unusable?.(e)?.replace('MODEL_ID', name))
  const model = engine.model(e)
  if (!isMountable(model.folder ?? ''))
    refuse(`${name}: received "${model.id}", allowed is ${MOUNTABLE} (a GGUF file's own name may hold them)`)
  return model
}

function configurationOf(name: EngineName, e: Read, model: Model, secondModel: Model | undefined): Configuration {
  const engine = engineDescriptions[name]
  return {
    engine: name,
    engineImage: e.ENGINE_IMAGE,
    engineCommand: e.ENGINE_COMMAND,
    engineArgs: e.ENGINE_ARGS,
    podmanArgs: e.PODMAN_ARGS,
    modelId: model.id,
    modelBytes: model.bytes,
    modelIsRandom: model.isRandom,
    modelIsDefault: model.isDefault,
    secondModel,
    maxModelLen: e.MAX_MODEL_LEN,
    gpuMemoryUtil: e.GPU_MEMORY_UTIL,
    gpuDevices: (e.GPU_DEVICES ?? 'all') === 'all' ? 'all' : e.GPU_DEVICES!.split(',').map(Number),
    usesGpu: usesGpu(engine, e),
    tensorParallel: e.TENSOR_PARALLEL,
    containerName: e.CONT_NAME,
    vllmImage: e.VLLM_IMAGE,
    imageFromHost: (e.ENGINE_IMAGE ?? namedImage(engine, e.VLLM_IMAGE)) === FROM_HOST,
    vllmSite: e.VLLM_SITE,
    apiPort: e.API_PORT,
    shmSize: e.SHM_SIZE,
    checkpointDir: e.CHECKPOINT_DIR,
    checkpointSize: e.CHECKPOINT_SIZE,
    checkpointPath: e.CKPT_PATH ?? `${e.CHECKPOINT_DIR}/checkpoint.tar`,
    stateDir: e.STATE_DIR,
    resultsDir: e.RESULTS_DIR,
    nvidiaLibsPath: e.NVIDIA_LIBS_PATH,
    modelsCache: e.MODELS_CACHE,
    hfToken: e.HF_TOKEN,
    sleepRequests: e.SLEEP_REQUEST,
    wakeRequests: e.WAKE_REQUEST,
    warmupRequests: e.WARMUP_REQUESTS,
    healthCheckTimeout: e.HEALTH_CHECK_TIMEOUT,
    checkpointTimeout: 2 * e.HEALTH_CHECK_TIMEOUT,
    toolTimeout: e.TOOL_TIMEOUT,
    iterations: e.ITERATIONS,
    load: loadOf(e),
    reference: e.REFERENCE,
    resume: e.RESUME,
    referenceAnyHost: e.REFERENCE_ANY_HOST,
    targetsFile: e.TARGETS_FILE ?? resolve(import.meta.dirname, '../../bench/targets.json'),
    ociRuntime: e.OCI_RUNTIME,
    criuBin: e.CRIU_BIN,
    keepCheckpoints: e.KEEP_CHECKPOINTS,
    scenarios: e.SCENARIOS?.split(',').filter(Boolean),
  }
}

/**
 * The configuration of this process: `.env` of the working folder under the environment. Errors as {@link
 * parseConfiguration}.
 */
export function configuration(): Configuration {
  const file = readOwnEnvFile()
  checkNames(file)
  checkLocalPodman(process.env)
  const variables = { ...file, ...process.env }
  const hasGpu = existsSync('/dev/nvidiactl')
  warnOnce([...nearMisses(Object.keys(process.env), VARIABLES), ...(hasGpu ? [] : ineffective(variables))])
  const c = parseConfiguration(variables, hasGpu)
  return c.modelIsDefault && !existsSync(c.modelId) && hasRecord(c.stateDir, STAND_IN_RECORD) ? withStandIn(c) : c
}

const namedImage = ({ image }: EngineDescription, vllmImage: string): string | undefined =>
  image && 'named' in image ? image.named({ vllmImage }) : undefined

/** Only the suite reads `.env`. @throws Problem where it holds names that are no variables of the suite */
function checkNames(file: Record<string, string | undefined>): void {
  const wrong = unknownNames(Object.keys(file), existsSync('.env') ? readFileSync('.env', 'utf8') : '', VARIABLES)
  if (wrong.length > 0)
    throw new Problem(
      `configuration is unusable:\n${wrong.map(line => `  ${line}`).join('\n')}\nOnly the suite reads .env: take out ` +
        'what is not its own; docs/variables.md lists every variable.',
    )
}

let warned = false

function warnOnce(lines: string[]): void {
  if (!warned) for (const line of lines) console.error(`criu-gpu-bench: ${line}`)
  warned = true
}

/** @throws Problem where LOAD is of another form, or its prompts and answers have no room */
function loadOf({ LOAD, MAX_MODEL_LEN }: Read): LoadOptions | undefined {
  const load = LOAD === undefined ? undefined : parseLoad(LOAD, MAX_MODEL_LEN)
  if (typeof load === 'string')
    throw new Problem(
      `configuration is unusable:\n  LOAD: received "${LOAD}", allowed is ${load}\ndocs/variables.md says what each ` +
        'is; leave LOAD out for none.',
    )
  return load
}

/** Why an engine cannot be spread over so many GPUs. */
function notParallel(name: EngineName, e: Read): string | undefined {
  const { tensorParallel: byHand } = engineDescriptions[name]
  if (e.TENSOR_PARALLEL > 1 && !byHand)
    return `TENSOR_PARALLEL: received "${e.TENSOR_PARALLEL}", and ENGINE=${name} has no such setting: leave it out`
  const devices = e.GPU_DEVICES ?? 'all'
  const named = devices === 'all' ? undefined : new Set(devices.split(',')).size
  if (named !== undefined && named < e.TENSOR_PARALLEL)
    return (
      `TENSOR_PARALLEL: received "${e.TENSOR_PARALLEL}", and GPU_DEVICES=${devices} names ${named}: ` +
      'name as many, or leave GPU_DEVICES out'
    )
  const word = e.ENGINE_ARGS.find(argument => byHand?.test(argument))
  return word && `ENGINE_ARGS: received "${word}": set TENSOR_PARALLEL, which also sets what a checkpoint survives`
}

function describeIssue(issue: z.core.$ZodIssue, given: Record<string, string | undefined>): string {
  const key = String(issue.path[0])
  const allowed =
    issue.code === 'invalid_value'
      ? `one of ${issue.values.join(', ')}`
      : issue.code === 'too_small'
        ? `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`
        : issue.code === 'too_big'
          ? `at most ${issue.maximum}`
          : issue.code === 'invalid_union'
            ? '"host" or an image reference such as docker.io/vllm/vllm-openai:latest'
            : issue.message.replace(/^Invalid string: must match pattern.*/, 'another form')
  return isSecretName(key)
    ? `${key} (its value is not shown): allowed is ${allowed}`
    : `${key}: received "${given[key]}", allowed is ${allowed}`
}

function parseSize(text: string): number {
  const [, number, unit, binary] = /^(\d+(?:\.\d+)?)\s*([kMGT]?)(i?)B?$/.exec(text)!
  return Math.round(Number(number) * (binary ? 1024 : 1000) ** ' kMGT'.indexOf(unit || ' '))
}
