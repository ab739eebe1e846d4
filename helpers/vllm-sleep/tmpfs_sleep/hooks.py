"""Where vLLM tells the late KV cache what it is about to do.

All of it runs in the engine's main thread, which schedules, wakes up and puts to sleep. An engine in the process of its
caller (VLLM_ENABLE_V1_MULTIPROCESSING=0) does not say when it has nothing to do: the rest is mapped when it is needed.
Names: vLLM 0.26, and 0.33.
"""

import functools
import sys

from . import say
from .late import PATIENCE, cache


def watch_scheduler():
    """Called in each of vLLM's processes: the one that hands out blocks asks before it does."""
    try:
        from vllm.v1.core.block_pool import BlockPool

        get = BlockPool.get_new_blocks
    except (ImportError, AttributeError) as error:
        say("fallback", f"the KV cache is mapped at once: this vLLM has other names: {error}")
        return
    if hasattr(get, "asks"):
        return

    @functools.wraps(get)
    def get_new_blocks(self, num_blocks):
        found = get(self, num_blocks)
        cache.taken(self, found)
        return found

    get_new_blocks.asks = True
    BlockPool.get_new_blocks = get_new_blocks


def watch_engine():
    """Called where the engine is loaded: who wakes up is known, and when it has nothing to do."""
    worker = getattr(sys.modules.get("vllm.v1.worker.gpu_worker"), "Worker", None)
    core = getattr(sys.modules.get("vllm.v1.engine.core"), "EngineCoreProc", None)
    if worker and not hasattr(worker.wake_up, "watched"):
        worker.wake_up = watched(worker.wake_up, before=remember_runner, after=wipe_block_tables)
    step = getattr(core, "_process_engine_step", None)
    if step and not hasattr(step, "watched"):
        core._process_engine_step = watched(step, after=complete_when_idle)


def watched(method, before=lambda _: None, after=lambda _: None):
    @functools.wraps(method)
    def call(self, *args, **named):
        before(self)
        result = method(self, *args, **named)
        after(self)
        return result

    call.watched = True
    return call


def remember_runner(worker):
    cache.runner = worker.model_runner


def wipe_block_tables(worker):
    """After a wake-up: no request has blocks. What cannot be wiped must not be read where nothing is mapped."""
    if not cache.waits:
        return
    try:
        wipe(worker.model_runner)
    except (AttributeError, RuntimeError) as error:
        cache.complete(f"block tables cannot be wiped: {error!r}", PATIENCE)


def wipe(runner):
    """vLLM's second model runner has tables of all requests and of a step's; its first has both in one."""
    import torch

    # they may have been made in this mode, and outside of it nothing may be written to them then
    with torch.inference_mode():
        if tables := getattr(runner, "block_tables", None):
            for table in [*(kept.gpu for kept in tables.block_tables), *tables.input_block_tables]:
                table.zero_()
        else:
            runner.input_batch.block_table.clear()


def complete_when_idle(core):
    """After a step whose answers are on their way. What cannot be mapped now is when it is needed."""
    if cache.waits and not core.scheduler.has_unfinished_requests():
        try:
            cache.complete("the engine has nothing to do")
        except OSError as error:
            say("fallback", f"the rest of the KV cache is mapped later: {error}")
