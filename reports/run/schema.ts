import { z } from 'zod'
import { loadOptionsSchema } from '../../helpers/core/load-options.ts'
import { fingerprintSchema, phaseSchema, proberSchema } from '../../helpers/core/schemas.ts'

export type { Fingerprint, Phase } from '../../helpers/core/schemas.ts'

/**
 * The one place that says what a run writes. Seconds, bytes and ISO 8601 everywhere.
 * `trials.jsonl` holds one {@link Trial} a line; `report.json` is a {@link Report}; both can be read by others.
 */

const seconds = z.number().nonnegative()
/** A start takes time: 0 is a fault of what measured or of who changed the file. */
const positive = z.number().positive()
const interval = z.tuple([z.number(), z.number()])
const settingValue = z.union([z.string(), z.number(), z.boolean()])

/** Settings of a scenario that differ from its strategy's defaults. */
export const settingsSchema = z.record(z.string(), settingValue)
export type Settings = z.infer<typeof settingsSchema>

export const STRATEGIES = [
  'cold',
  'podman-import',
  'podman-image',
  'podman-in-place',
  'runtime-direct',
  'cuda-resume',
  'engine-wake',
  'engine-snapshot',
  'clones',
  'swap',
] as const
const strategySchema = z.enum(STRATEGIES)
export type StrategyId = z.infer<typeof strategySchema>

/** What a checkpoint is made of. */
export const checkpointSchema = z.object({
  /** Bytes of the archive, or of the image files of a checkpoint in place. */
  bytes: z.number().int().nonnegative(),
  /** Memory pages of 4096 bytes that CRIU wrote. */
  pages: z.number().int().nonnegative().nullable(),
  create_time: seconds,
  /** Bytes of it that lay in GPU memory before the dump; in reports. */
  gpu_bytes: z.number().int().nonnegative().optional(),
})

export type Checkpoint = z.infer<typeof checkpointSchema>

/** What the requests before the checkpoint, or before the server was put away, saw: least and most. */
const warmUpSchema = z.object({
  requests: z.number().int().positive(),
  tfft: interval,
  /** Of one stream. */ tokens_per_second: interval.optional(),
})
export type WarmUp = z.infer<typeof warmUpSchema>

/** What stood ready before the clock, with the seconds that it would cost within; null where that is not measured. */
const readySchema = z.record(z.string(), seconds.nullable())
export type Ready = z.infer<typeof readySchema>

const words = z.array(z.string())

/**
 * What was really run: whole argument lists, the program first, as they were passed, with *** for a secret's value.
 * Mounts, environment, network and runtime stand in them.
 */
const commandsSchema = z.object({
  /** The start command that was timed; absent for a call to a server that stayed. */
  start: words.optional(),
  /** How the container was started, where the start command is another. */
  run: words.optional(),
  /** How it was checkpointed. */
  checkpoint: words.optional(),
  /** Names of the variables whose values podman took from its own environment: secrets. */
  environment: words,
  /** Lines of the CRIU configuration that the container names. */
  criu: words,
})
export type Commands = z.infer<typeof commandsSchema>

/** The timed request as it was sent to 127.0.0.1, and the text of the answer's tokens. */
const questionSchema = z.object({ port: z.number().int(), path: z.string(), body: z.string(), text: z.string() })

/** One of several servers of a start. */
const serverSchema = z.object({
  /** Of its container. */
  name: z.string(),
  /** On the host's 127.0.0.1. */
  port: z.number().int(),
  /** From the spawn of the first start command to this server's first token, in seconds. */
  tfft: positive,
  /** Bytes of host memory right after all first tokens: its proportional set size, and what no other process maps. */
  pss: z.number().int().nonnegative(),
  own: z.number().int().nonnegative(),
  /** Bytes of GPU memory of its processes, at the same moment; left out where nvidia-smi does not say. */
  gpu: z.number().int().positive().optional(),
})
export type ServerRecord = z.infer<typeof serverSchema>

/** Several servers of a start, medians over trials: TFFT in seconds, host memory in bytes. */
const serversSchema = z.object({
  count: z.number().int().positive(),
  first: positive,
  median: positive,
  last: positive,
  /** Of all together. */
  pss: z.number().nonnegative(),
  /** What one more costs: the median of what no other process maps. */
  own: z.number().nonnegative(),
  /** GPU memory of one, where it is known. */
  gpu: z.number().positive().optional(),
  /** Where the baseline of its group is one server alone: median TFFT over that one's, and `own` over its memory. */
  versus_one: z.object({ slowdown: positive, further_memory: z.number().nonnegative() }).optional(),
})

const percentilesSchema = z.object({ p50: seconds, p99: seconds })

/** What a server did after its first token and answer: a long answer at a time, then under load. */
const trialLoadSchema = z.object({
  /** Long answers; left out where none were asked for, or a fresh server gave none. */
  answers: z
    .array(
      z.object({
        prompt: z.string(),
        tokens: z.number().int().nonnegative(),
        /** Whether it is what a fresh server says. */
        same: z.boolean(),
        /** Characters that are the same before the first that is not. */
        differs_at: z.number().int().nonnegative().optional(),
        ttft: seconds,
        /** Of this stream alone. */
        tokens_per_second: positive.optional(),
      }),
    )
    .optional(),
  /** Tokens of all streams in each second. */
  tokens: z.array(z.number().nonnegative()).default([]),
  requests: z.number().int().nonnegative().default(0),
  /** Mean of the prompts, as the server counts them. */
  prompt_tokens: positive.optional(),
  ttft: percentilesSchema.optional(),
  inter_token: percentilesSchema.optional(),
  /** Why it ended early: its figures count for nothing then. */
  error: z.string().optional(),
})
export type TrialLoad = z.infer<typeof trialLoadSchema>

/**
 * One measured start: a line of `trials.jsonl`. The first seven fields are those of the original scripts. Times are
 * null where the trial failed before them.
 */
export const trialSchema = z.object({
  timestamp: z.iso.datetime(),
  /** `baseline` for the traditional cold start that others are compared with, otherwise the strategy. */
  type: z.string(),
  model: z.string(),
  /** Until the start command (podman run, podman container restore, ...) returned. */
  container_start_time: seconds.nullable(),
  /** From then until the server took the request that it answered; for a restore what was left to wait for. */
  model_load_time: seconds.nullable(),
  /** From sending the answered request to its first token. */
  inference_tfft: positive.nullable(),
  /** From the spawn of the start command to the first token: TFFT. */
  total_cold_start_tfft: positive.nullable(),
  /** From the spawn to the last token. */
  full_response_time: positive.nullable(),
  scenario: z.string(),
  strategy: strategySchema,
  settings: settingsSchema,
  /** The bench file whose trials alternate; a scenario is compared with the baseline of its own group. */
  group: z.string(),
  /**
   * 1, 2, 3 ... where the scenarios of the group did not fit together: each batch has its own trials of the baseline.
   */
  batch: z.number().int().positive().optional(),
  /** 1, 2, 3 ... within the scenario. */
  trial: z.number().int().positive(),
  /** 0, 1, 2 ... within the group: the order in which the trials really ran. */
  sequence: z.number().int().nonnegative(),
  phases: z.array(phaseSchema),
  /** What no phase explains, at least 0. */
  unattributed: seconds.nullable(),
  /** Marks on the side that are no phases, seconds from the start: `health`, `command-returned`, ... */
  marks: z.record(z.string(), z.number()).default({}),
  tokens_match: z.boolean().nullable(),
  /** What the server said to the engine's own question, not timed, and whether that is what a fresh server says. */
  answer: z.object({ prompt: z.string(), text: z.string(), match: z.boolean() }).optional(),
  /** Proofs that could not be had, such as of an engine that does not say what it evaluated. */
  unchecked: z.array(z.string()).default([]),
  outcome: z.enum(['ok', 'failed']),
  error: z.string().optional(),
  /** Of one stream: the answer to the engine's own question where there is one, else the measured one. */
  tokens_per_second: positive.optional(),
  checkpoint: checkpointSchema.optional(),
  warm_up: warmUpSchema.optional(),
  ready: readySchema.optional(),
  /** Bytes by place: `dram` (checkpoint and caches that must stay), `gpu`, `disk` held while the server is away. */
  memory: z.record(z.string(), z.number()).optional(),
  /** Where a start brings several servers: each, in the order of their first tokens. The trial's TFFT is the last's. */
  servers: z.array(serverSchema).optional(),
  /** Figures seen during the trial that rules look at: `criu.pages_restored`, `archive.pass.1.bytes`, `load.1m`, ... */
  evidence: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).default({}),
  commands: commandsSchema.optional(),
  question: questionSchema.optional(),
  /** Of a run with LOAD. */
  load: trialLoadSchema.optional(),
})
export type Trial = z.infer<typeof trialSchema>

/** Distribution of TFFT in seconds. `ci95` is of the median. */
const distributionSchema = z.object({ p50: positive, min: positive, max: positive, ci95: interval })

/** `inconclusive`: too few trials to say. */
const verdictSchema = z.enum(['pass', 'fail', 'inconclusive'])

export const METRICS = [
  'tfft.p50',
  'tfft.max',
  'speedup.p50',
  'inference_tfft.p50',
  'tokens_match',
  'servers.slowdown',
  'servers.further_memory',
] as const
const metricSchema = z.enum(METRICS)
export type Metric = z.infer<typeof metricSchema>

/** A limit on a metric, from `targets.json`: `<=` where less is better, `>=` for speedups and shares. */
export const targetSchema = z.object({
  metric: metricSchema,
  scenario: z.string(),
  engine: z.string().optional(),
  /** Part of the GPU's name, such as H100; the target holds only there. */
  gpu: z.string().optional(),
  /** Part of the model's name; the target holds only for it. */
  model: z.string().optional(),
  /** The target holds only for models that are known to have no more parameters. */
  max_parameters: z.number().positive().optional(),
  limit: z.number(),
  /** `goal`: shown, but missing it fails nothing. */
  kind: z.enum(['must', 'goal']).default('must'),
})
export type Target = z.infer<typeof targetSchema>

const targetResultSchema = z.object({
  metric: metricSchema,
  /** Seconds; a ratio for speedups and slowdowns; a share (0 to 1) for tokens_match and memory. */ limit: z.number(),
  kind: z.enum(['must', 'goal']),
  actual: z.number().nullable(),
  verdict: verdictSchema,
})
export type TargetResult = z.infer<typeof targetResultSchema>

/** What a scenario's servers did under load: medians over its trials. */
const loadSchema = z.object({
  /** Trials whose load went through, and others. */
  n: z.number().int().nonnegative(),
  failed: z.number().int().nonnegative(),
  error: z.string().optional(),
  /** In each second, of all streams. */
  tokens: z.array(z.number().nonnegative()),
  /** Over the whole load. */
  tokens_per_second: z.number().nonnegative().optional(),
  ttft: percentilesSchema.optional(),
  inter_token: percentilesSchema.optional(),
  /** Long answers, and how many were those of a fresh server. */
  answers: z.object({ same: z.number().int().nonnegative(), of: z.number().int().nonnegative() }).optional(),
  /** Throughput over that of the baseline of the same group. */
  versus_baseline: z
    .object({
      scenario: z.string(),
      ratio: z.number(),
      ci95: interval,
      /** The ratio that must be reached. */
      limit: z.number(),
      verdict: verdictSchema,
      /** The baseline's steady throughput, tokens per second. */
      steady: z.number().nonnegative(),
      /** Until a second with 95 % of that had passed; null where none had in the median trial. */
      seconds_to_steady: seconds.nullable(),
    })
    .optional(),
})
export type ScenarioLoad = z.infer<typeof loadSchema>

export const scenarioSchema = z.object({
  id: z.string(),
  strategy: strategySchema,
  settings: settingsSchema,
  outcome: z.enum(['measured', 'skipped', 'failed']),
  /** Why it was skipped or failed, and what would make it run. */
  reason: z.string().optional(),
  /** Trials that counted. */
  n: z.number().int().nonnegative(),
  failed: z.number().int().nonnegative(),
  tfft: distributionSchema.optional(),
  /** Median of each phase in seconds, in the order of time. */
  phases: z.array(z.object({ name: z.string(), p50: seconds })).default([]),
  unattributed: seconds.optional(),
  inference_tfft: positive.optional(),
  /** Median seconds until /health said 200: T2. */
  health: seconds.optional(),
  /** Median of one stream. */
  tokens_per_second: positive.optional(),
  /** Share (0 to 1) of the trials with an answer whose tokens were those from before the checkpoint. */
  tokens_match: z.number().min(0).max(1).optional(),
  /** Over the baseline of the same group: median(baseline) / median(scenario). `p50` is that baseline's, in seconds. */
  versus_baseline: z.object({ scenario: z.string(), p50: positive, speedup: z.number(), ci95: interval }).optional(),
  /**
   * True for what the others of its group are compared with: the traditional cold start, or the first scenario where a
   * bench file has none.
   */
  baseline: z.boolean().default(false),
  /**
   * Every trial in the order in which they ran; `tfft` is null for one that failed. What the gate
   * compares and the page draws.
   */
  trials: z
    .array(
      z.object({
        trial: z.number().int().positive(),
        sequence: z.number().int().nonnegative(),
        tfft: positive.nullable(),
        error: z.string().optional(),
      }),
    )
    .default([]),
  /** The trial whose TFFT is nearest to the median, phase by phase. */
  median_trial: z
    .object({ trial: z.number().int().positive(), tfft: positive, phases: z.array(phaseSchema), unattributed: seconds })
    .optional(),
  /** Where its starts bring several servers. */
  servers: serversSchema.optional(),
  /** Of a run with LOAD. */
  load: loadSchema.optional(),
  checkpoint: checkpointSchema.optional(),
  warm_up: warmUpSchema.optional(),
  /** Median seconds. */
  ready: readySchema.optional(),
  memory: z.record(z.string(), z.number()).optional(),
  /** What could not be proven of its trials. */
  unchecked: z.array(z.string()).default([]),
  targets: z.array(targetResultSchema).default([]),
})
export type Scenario = z.infer<typeof scenarioSchema>

const findingSchema = z.object({
  code: z.string(),
  message: z.string(),
  /** Figures of this run. */
  evidence: z.string(),
  /** What it cost in seconds of one start; null where that cannot be said. */
  cost: seconds.nullable(),
  /** Something to type or to set. */
  /** What to do; what is to be typed stands in backticks. */
  remedy: z.string(),
  source: z.string(),
  scenario: z.string().optional(),
})
export type Finding = z.infer<typeof findingSchema>

const comparisonSchema = z.object({
  scenario: z.string(),
  verdict: z.enum(['faster', 'slower', 'no-difference', 'cannot-tell', 'missing']),
  reference_p50: seconds.nullable(),
  p50: seconds.nullable(),
  /** (now - reference) / reference of the medians. */
  change: z.number().nullable(),
  /** Of the exact Mann–Whitney test, two-sided. */
  p_value: z.number().nullable(),
  /** Bootstrap interval of `change`. */
  ci95: interval.nullable(),
})
export type Comparison = z.infer<typeof comparisonSchema>

const referenceSchema = z.object({
  path: z.string(),
  timestamp: z.iso.datetime(),
  tolerance: z.number(),
  /** Fingerprint entries that differ; only where it was compared all the same (REFERENCE_ANY_HOST=1, or --any-host). */
  differs: z.array(z.string()),
  comparisons: z.array(comparisonSchema),
  /** `incomplete`: a scenario of the reference was not measured, or too seldom to tell; that is no pass. */
  verdict: z.enum(['pass', 'slower', 'incomplete']),
})

/** How good the time left was: what was predicted when half of the trials had ended, and what it took, in seconds. */
export const halfTimeSchema = z.object({
  /** Trials that had ended then. */ trials: z.number().int().positive(),
  /** null where nothing could be predicted. */ predicted: seconds.nullable(),
  took: seconds,
})
export type HalfTime = z.infer<typeof halfTimeSchema>

const hostSchema = z.object({
  fingerprint: fingerprintSchema,
  /** MemTotal, bytes */ memory: z.number(),
  /** One-minute load when the run began. */ load: z.number(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).default({}),
})

export const runSchema = z.object({
  schema: z.literal('criu-gpu-bench/run@1'),
  timestamp: z.iso.datetime(),
  engine: z.object({
    name: z.string(),
    /** null where it cannot be told without starting it. */ version: z.string().nullable().default(null),
    model: z.string(),
    /** Where its name or its files tell. */ model_parameters: z.number().positive().optional(),
    random_weights: z.boolean(),
    image: z.string(),
    /** What the reference meant in this run: podman's id, and the digest of the manifest. */
    image_id: z.string().optional(),
    image_digest: z.string().optional(),
    arguments: z.array(z.string()),
  }),
  host: hostSchema,
  iterations: z.number().int().positive(),
  /** What each server is put under after its first token. */
  load: loadOptionsSchema.optional(),
  prober: proberSchema.nullable(),
  /** Every scenario that was asked for, in order, with the reason where it was skipped or failed as a whole. */
  scenarios: z.array(
    z.object({
      id: z.string(),
      strategy: strategySchema,
      settings: settingsSchema,
      group: z.string(),
      baseline: z.boolean(),
      /** Of a baseline that is there for itself, because its bench file names none; files before 1.6 do not say so. */
      asked: z.literal(true).optional(),
      skipped: z.string().optional(),
      failed: z.string().optional(),
    }),
  ),
  targets: z.array(targetSchema),
  /** The earlier run that this one is gated against: a run folder or its report.json. */
  reference: z
    .object({ path: z.string(), any_host: z.boolean(), /** Share, such as 0.1. */ tolerance: z.number().positive() })
    .optional(),
  /** Of a run that ended. */
  half_time: halfTimeSchema.optional(),
  /** Each time that it was interrupted and continued: when, and how many trials it had then. */
  resumed: z.array(z.object({ timestamp: z.iso.datetime(), trials: z.number().int().nonnegative() })).optional(),
})
/** `run.json`: what a run set out to do; with `trials.jsonl` it is all that a report is made from. */
export type Run = z.infer<typeof runSchema>

export const reportSchema = z.object({
  schema: z.literal('criu-gpu-bench/report@1'),
  timestamp: z.iso.datetime(),
  host: hostSchema,
  engine: runSchema.shape.engine,
  iterations: z.number().int().positive(),
  load: loadOptionsSchema.optional(),
  prober: proberSchema.nullable(),
  scenarios: z.array(scenarioSchema),
  /**
   * What the baseline's server said to the engine's own question, and how many of the servers that came back said what
   * a fresh one says.
   */
  answer: z
    .object({
      prompt: z.string(),
      text: z.string(),
      same: z.number().int().nonnegative(),
      of: z.number().int().nonnegative(),
    })
    .optional(),
  findings: z.array(findingSchema),
  /** How many targets judged nothing, by what they are for: `engine vllm`, `GPU H100`, `scenarios not asked for`. */
  idle_targets: z.record(z.string(), z.number().int().positive()).default({}),
  reference: referenceSchema.optional(),
  /** Set where trials are missing that nothing explains: the run was interrupted, and no target is judged. */
  interrupted: z.object({ trials: z.number().int().nonnegative(), of: z.number().int().positive() }).optional(),
  half_time: halfTimeSchema.optional(),
  /** Things to know about how this report was made, such as a torn last line that was dropped. */
  notes: z.array(z.string()).default([]),
  /** `measured`: nothing failed, and no target judged anything. */
  verdict: z.enum(['pass', 'fail', 'measured', 'nothing-measured']),
})
export type Report = z.infer<typeof reportSchema>
