/**
 * Cold starts that others published. Other hardware, other software: none of it was measured by this suite, and nothing
 * is compared with it.
 */
export interface Published {
  system: string
  conditions: string
  result: string
  kind: string
  source: string
  url: string
}

const KINDS = {
  read: "read in the project's source or docs",
  thread: 'from an issue or a pull request',
  vendor: "a vendor's claim, which nobody else can reproduce",
  second: 'second-hand',
} as const

export const PUBLISHED: Published[] = [
  row(
    'chopratejas/gpu-checkpoint-benchmarks',
    'A10, Qwen2-1.5B, podman import',
    '59.2 s cold, 124.5 s restored',
    KINDS.read,
    'https://github.com/chopratejas/gpu-checkpoint-benchmarks',
  ),
  row(
    'the same repository, later',
    'A10, in place, a third of the GPU memory, eager',
    '5.21 s restored, without a first token',
    KINDS.read,
    'https://github.com/chopratejas/gpu-checkpoint-benchmarks',
  ),
  row(
    'NVIDIA Dynamo Snapshot',
    'B200, vLLM 0.20, KV cache dropped, container start not counted',
    '0.6B: 52.4 → 3.51 s; 8B: 58.3 → 8.07 s; 72B: 97.8 → 40.9 s',
    KINDS.read,
    'https://github.com/ai-dynamo/snapshot',
  ),
  row(
    'Dynamo, 8 parallel page readers',
    'L40S, 20.3 GiB from tmpfs',
    '44.1 → 9.0 s',
    KINDS.thread,
    'https://github.com/ai-dynamo/dynamo/pull/13400',
  ),
  row(
    'vLLM native snapshot',
    'Qwen3-0.6B, RTX 4090 Laptop, n = 1',
    '2.93 s restored',
    KINDS.thread,
    'https://github.com/vllm-project/vllm/pull/51360',
  ),
  row(
    'Beam (gVisor)',
    'Qwen2.5-1.5B, RTX 5090, n = 5',
    'p50 7.81 s (7.31–8.16) to completion',
    KINDS.thread,
    'https://github.com/beam-cloud/beta9/pull/1779',
  ),
  row(
    'llmux (podman, CRIU)',
    'RTX 4090, OPT-125M and Qwen2.5-3B',
    '34 and 99 s cold, about 11 s restored',
    KINDS.read,
    'https://github.com/doublewordai/llmux',
  ),
  row('fast-vllm', 'Llama-3.2-3B', '81 → 8.1 → about 6 s', KINDS.read, 'https://github.com/j9smith/fast-vllm'),
  row(
    'nvsnap',
    'H100, driver 580; 1.1B and 8B',
    '44.3 → 25.8 s; 58.9 → 32.4 s',
    KINDS.read,
    'https://github.com/NVIDIA/nvcf',
  ),
  row(
    'Hugging Face',
    'Qwen3-8B; asleep before the dump, and not',
    '24.5 → 17.8 s with sleep, 14.4 s without',
    KINDS.thread,
    'https://github.com/checkpoint-restore/criu/pull/3021',
  ),
  row(
    'CRIUgpu (paper)',
    'Llama-3.1-8B, H100',
    '39 s restored (11 GPU, 28 CPU)',
    KINDS.second,
    'https://arxiv.org/abs/2502.16631',
  ),
  row('Modal', 'Ministral 3', '120 → 12 s', KINDS.thread, 'https://github.com/modal-labs/modal-examples/pull/1416'),
  row('llm-d', 'Qwen3-32B, H100', '176 → 26 s', KINDS.thread, 'https://github.com/llm-d/llm-d/pull/2489'),
  row(
    'InferX',
    '22B, A6000, a container on standby not counted',
    'below 2 s',
    KINDS.vendor,
    'https://github.com/inferx-net/inferx',
  ),
  row('vLLM sleep level 1', 'A100, 0.6B, the process stayed', '0.26 s to wake', KINDS.read, 'https://blog.vllm.ai'),
]

function row(system: string, conditions: string, result: string, kind: string, url: string): Published {
  return { system, conditions, result, kind, source: url.replace('https://', '').replace('github.com/', ''), url }
}
