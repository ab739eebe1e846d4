"""A sleep backend for vLLM whose level-2 sleep keeps the weights' raw blocks in one file on a tmpfs.

vLLM's own level 2 throws the weights away and reads the model again; its level 1 keeps them in pinned memory of the
process, where a checkpoint of the process would hold them. Here they lie outside the process, as the GPU had them: any
model, any quantization, no conversion at wake-up. POST /sleep?level=2 and POST /wake_up are all that is needed.

At wake-up some threads read the file, piece by piece, into a little pinned memory, while GPU memory is mapped through
the driver's API: the weights' first, the KV cache's while pieces are copied already.

Which properties memory gets: vLLM asks for memory that can be exported to other nodes (fabric handles, POSIX handles
where that fails) and that network cards may read (GPUDirect RDMA). Here it is plain memory, what cudaMalloc gives,
which is enough as long as no KV connector hands blocks to other processes; TMPFS_SLEEP_RDMA=1 sets the RDMA flag as
vLLM does.

CUDA graphs: vLLM keeps their memory outside its sleep pool, so it stays on the GPU over a sleep and goes through the
CUDA checkpoint, which is slower than this. TMPFS_SLEEP_GRAPHS=1 gives graphs a pool of the sleeping allocator, and
their blocks are saved with the weights: the same bytes at the same addresses. vLLM 0.33 has such a pool itself, which
is turned on then.

All that sleeps is saved but the KV cache: vLLM 0.33 has memory of its own for what runs with the weights. Small blocks
that vLLM makes with the KV cache are saved too (block tables, constants of attention), and so are scales of an FP8 KV
cache. LoRA adapters lie in the weights' pool, outside the model's buffers: vLLM's own level 2 loses them, this does
not. Prefix caches are cleared by vLLM before it sleeps; ngram speculation keeps its tables in host memory.

Weights beside the restore: the file has a list of its blocks beside it, so that a program outside (weight-server.c) can
fill GPU memory from both while this process is still being restored. Where its socket is there, the wake-up maps that
memory in place of copying; where it fails, the weights are copied as ever, and a line says so.

Stacks of GPU threads: the driver keeps memory for all that can run at once. TMPFS_SLEEP_STACKS=1 gives it back while
asleep.

The KV cache mapped late: with TMPFS_SLEEP_LATE=1 a wake-up maps the beginning of each layer's cache, in all
TMPFS_SLEEP_FIRST_MB, and the rest comes before a request needs it, or when the first answers are out (late.py). Where
others may touch blocks that the scheduler did not hand out, all of it is mapped at once, and a line says why
(obstacles.py). Memory that other processes still hold is waited for, a minute at most.

A process that stays: one that is never dumped may hold pinned memory while it sleeps. With TMPFS_SLEEP_STAYS=1 the file
stays mapped and pinned from the first sleep on, and the driver copies both ways by itself, at the bus's speed. Blocks
that did not change since they were copied are not copied again when it falls asleep (unchanged.py).

Several GPUs: each rank is a process with a file of its own, and they wake at the same time, so that each has its share
of the host's CPUs. TMPFS_SLEEP_QUEUE_MB is the size of a chunk of vLLM's queues between them (0: as vLLM has it).
TMPFS_SLEEP_COMMUNICATORS=1 takes down what maps memory of other GPUs, which no checkpoint survives, and makes it again
at the wake-up, beside the weights' copy (communicators.py); it needs --enforce-eager.

Environment: TMPFS_SLEEP_DIR (no default: without it vLLM is left alone), TMPFS_SLEEP_CHUNK_MB (16),
TMPFS_SLEEP_READERS (14, or two less than its share of the host's CPUs where there are fewer), TMPFS_SLEEP_GRAPHS (0),
TMPFS_SLEEP_STACKS (0), TMPFS_SLEEP_STAYS (0), TMPFS_SLEEP_LATE (0), TMPFS_SLEEP_FIRST_MB (1024),
TMPFS_SLEEP_QUEUE_MB (0), TMPFS_SLEEP_COMMUNICATORS (0), TMPFS_SLEEP_RDMA (0), TMPFS_SLEEP_KEEP_MB (20: blocks of the KV
cache's tag up to that size are saved),
TMPFS_SLEEP_SERVED_PATIENCE (seconds, 5), TMPFS_SLEEP_UNPIN_AFTER (seconds, 1).
Lines it prints begin with `tmpfs-sleep: `: `backend` with the folder, `saved`, `left`, `stacks`, `communicators`,
`late` and `wake` with JSON, `fallback` with the reason.
"""

import json
import os
import sys


def say(what, detail):
    # one write: print writes text and line end apart where Python does not buffer, and other processes write there too
    sys.stdout.write(f"tmpfs-sleep: {what} {detail if isinstance(detail, str) else json.dumps(detail)}\n")
    sys.stdout.flush()


def setting(name, default):
    return type(default)(os.environ.get(f"TMPFS_SLEEP_{name}", default))


def register():
    """Called by vLLM in each of its processes (entry point group vllm.general_plugins).

    Makes the tmpfs backend the one in use where TMPFS_SLEEP_DIR is set: vLLM 0.26 has no flag for it, and with 0.33's
    flag there is no pool for graphs.
    """
    if not os.environ.get("TMPFS_SLEEP_DIR"):
        return
    try:
        from vllm.device_allocator.sleep_mode_backend import SleepModeBackendFactory as Factory
    except ImportError:
        say("fallback", "this vLLM has no pluggable sleep backends (0.26 has); its own sleep is used")
        return
    if "tmpfs" in Factory._registry:
        return
    Factory.register_backend("tmpfs", "tmpfs_sleep.backend", "TmpfsBackend")
    create = Factory.create_backend

    def create_backend(model_config):
        if model_config.sleep_mode_backend != "cumem":
            return create(model_config)
        if setting("COMMUNICATORS", 0) and not model_config.enforce_eager:
            raise RuntimeError(
                "TMPFS_SLEEP_COMMUNICATORS needs --enforce-eager: CUDA graphs keep addresses of the "
                "communicators that were there when they were captured"
            )
        say("backend", os.environ["TMPFS_SLEEP_DIR"])
        return Factory.get_backend_class("tmpfs")()

    Factory.create_backend = staticmethod(create_backend)
    if chunk := setting("QUEUE_MB", 0):
        from .queues import shrink_queues

        shrink_queues(chunk << 20)
    if setting("LATE", 0):
        from .hooks import watch_scheduler

        watch_scheduler()
    if setting("GRAPHS", 0):
        from .graphs import use_sleeping_pool

        use_sleeping_pool()
