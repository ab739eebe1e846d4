import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * `--slim`: what serving a text model with vLLM on a Hopper GPU (H100, H200) never loads, left out of the bundle. Its
 * wheel shrinks from 304 to 116 MB. On other GPUs, or for pictures, sound and quantized models, bundle without --slim.
 */

/** Packages that vLLM names as needs and imports for other work only. Normalized names. */
export const SLIM_PACKAGES = new Set([
  'torchcodec',
  'pynvvideocodec', // sound and video
  'tilelang',
  'z3-solver',
  'tokenspeed-kernel',
  'tokenspeed-mla',
  'tokenspeed-triton', // kernels of models that are not dense
  'nvidia-cutlass-dsl-libs-cu12',
  'nvidia-cutlass-dsl-libs-cu13', // Blackwell's kernels
  'nvidia-cuda-nvcc',
  'nvidia-nvvm',
  'nvidia-cuda-crt',
  'nvidia-cuda-cccl',
  'nvidia-cuda-nvdisasm',
  'cuda-python', // compilers
  'nccl-extensions',
  'nccl4py', // experts spread over GPUs
  'instanttensor', // a loader of one's own choice
  'sentry-sdk',
  'fastapi-cloud-cli',
  'rignore',
  'agent-detector',
  'detect-installer', // telemetry, cloud
])

/** Files of vLLM's wheel by their path in site-packages. Checked with vLLM 0.26 and 0.33. */
const SLIM_FILES = [
  /^vllm\/.*_vllm_fa2_C[^/]*$/, // FlashAttention 2: Ampere
  /^vllm\/.*flashmla[^/]*\.so$/, // multi-head latent attention
  /^vllm\/.*qutlass[^/]*\.so$/, // Blackwell's FP4
  /^vllm\/(.*\/)?vllm-rs$/, // the front end in Rust
  /^vllm\/third_party\/[^/]*cutlass[^/]*(\/|$)/,
]

/** The same for a Python version: DeepGEMM is built once for each. @param python such as 3.12 */
const otherPythons = (path: string, python: string) =>
  /deep_gemm.*\/_C\.cpython-[^/]*$/.test(path) && !path.includes(`-${python.replace('.', '')}-`)

/** Whether a file of site-packages is left out. @param path relative to site-packages */
export const isSlimmedAway = (path: string, python: string): boolean =>
  SLIM_FILES.some(pattern => pattern.test(path)) || otherPythons(path, python)

/** Removes those files. @returns their paths */
export async function slim(site: string, python: string): Promise<string[]> {
  const files = (await readdir(site, { recursive: true, withFileTypes: true }))
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name).slice(site.length + 1))
  const away = files.filter(path => isSlimmedAway(path, python)).sort()
  for (const path of away) await rm(join(site, path))
  return away
}
