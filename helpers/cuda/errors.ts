/** What the driver's error numbers mean for a CUDA checkpoint, and what to do. Numbers: cuda.h, CUresult. */
const MEANINGS: Record<number, [name: string, meaning: string]> = {
  1: ['CUDA_ERROR_INVALID_VALUE', 'the process has no CUDA context, or is gone'],
  3: ['CUDA_ERROR_NOT_INITIALIZED', 'the process has not initialised CUDA (or the helper has not: cuInit failed)'],
  100: [
    'CUDA_ERROR_NO_DEVICE',
    'the driver sees no GPU; is /dev/nvidiactl there, and does CUDA_VISIBLE_DEVICES hide it?',
  ],
  2: [
    'CUDA_ERROR_OUT_OF_MEMORY',
    'too little memory: GPU memory goes to host memory at a checkpoint and back at a restore; free some, ' +
      'or let the engine sleep before the checkpoint',
  ],
  304: [
    'CUDA_ERROR_OPERATING_SYSTEM',
    'the kernel refused, often for lack of host memory or because the caller may not trace the process: ' +
      'run as root, look at dmesg',
  ],
  400: ['CUDA_ERROR_INVALID_HANDLE', 'the process is not one that CUDA knows'],
  401: [
    'CUDA_ERROR_ILLEGAL_STATE',
    'the process is in another state than this step needs: the order is lock, checkpoint, restore, unlock',
  ],
  600: [
    'CUDA_ERROR_NOT_READY',
    'the process did not come to rest within the lock timeout: work is still running on the GPU; make ' +
      'sure that nobody else sends requests to the server, then run again',
  ],
  719: ['CUDA_ERROR_LAUNCH_FAILED', 'a kernel of the process failed earlier; restart the process'],
  801: [
    'CUDA_ERROR_NOT_SUPPORTED',
    'this driver or this use of the GPU does not support checkpoints: driver 570 or newer is needed, and no ' +
      'MPS, no IPC memory shared with another process, no memory of another GPU mapped (P2P: NCCL by default, custom ' +
      'all-reduces), no UVM-only feature in use',
  ],
  909: [
    'CUDA_ERROR_TIMEOUT',
    'the process did not come to rest within the lock timeout: work is still running on the GPU; make ' +
      'sure that nobody else sends requests to the server, then run again',
  ],
  999: ['CUDA_ERROR_UNKNOWN', 'the driver does not say more; look at dmesg for NVRM lines'],
}

/** A driver's error number as a sentence. `name` is what the driver itself calls it, where it was asked. */
export function describeError(code: number, name?: string): string {
  const [known, meaning] = MEANINGS[code] ?? []
  return `${name ?? known ?? `CUDA error ${code}`} (${code})${meaning ? `: ${meaning}` : ''}`
}
