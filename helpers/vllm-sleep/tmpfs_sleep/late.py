"""The KV cache mapped late: its beginning at the wake-up, the rest when it is needed or the engine has nothing to do.

Most of a wake-up is a wait where another process has just released its memory, because the driver clears it before it
hands it on, and the KV cache is most of the memory. The first answers need little of it: blocks are numbered, a freed
one is the next to be taken, and a layer's cache holds them in the order of their numbers. No block beyond the beginning
is handed to a request before all is mapped.
"""

import functools
import sys
import time

from . import say, setting

GRANULE = 2 << 20  # bytes: what the driver maps is a multiple of it
PATIENCE = 60  # seconds for memory that somebody else still holds


def block_bytes(tensor, blocks):
    """Bytes from one of the scheduler's blocks to the next in a layer's cache; None where it does not begin with the
    blocks in order, or where vLLM clears all of it at the wake-up (FP8)."""
    strides = tensor.stride()
    if tensor.element_size() == 1 or tensor.shape[0] % blocks or strides[0] != max(strides):
        return None
    return tensor.shape[0] // blocks * strides[0] * tensor.element_size()


def share_of(tensors, blocks, address, size, share):
    """How many of the scheduler's blocks lie in the first bytes of an allocation; None where that is not known."""
    inside = [tensor for tensor in tensors if address <= tensor.data_ptr() < address + size]
    found = [(tensor.data_ptr() - address, block_bytes(tensor, blocks)) for tensor in inside]
    if not found or share >= size or any(step is None for _, step in found):
        return None
    return min((share - offset) // step for offset, step in found)


class LateCache:
    """The KV cache of this process, and the scheduler that hands out its blocks."""

    def __init__(self):
        self.blocks = None  # that the scheduler of this process has, once it has handed one out
        self.runner = None  # of vLLM, which has the layers' caches
        self._beginnings = {}  # address of an allocation -> bytes at its beginning that have a mapping of their own
        self._missing = {}  # address -> what vLLM knows of an allocation whose rest is not mapped
        self._limit = 0  # number of the first block that is not mapped
        self._driver = None

    @property
    def waits(self):
        return bool(self._missing)

    def plan(self, cache):
        """What to map first. cache: (address, what vLLM knows of it) of all allocations. Returns {address: bytes}."""
        if not cache:
            return {}
        if why := self._obstacle():
            say("fallback", f"the KV cache is mapped at once: {why}")
            return {}
        share = -(-(setting("FIRST_MB", 1024) << 20) // len(cache) // GRANULE) * GRANULE
        shares = {
            address: share_of(self.runner.kv_caches, self.blocks, address, data.handle[1], share)
            for address, data in cache
        }
        limits = [limit for limit in shares.values() if limit is not None]
        # block 0 stands for none
        if not limits or min(limits) < 2:
            say("fallback", "the KV cache is mapped at once: its blocks do not lie one after the other")
            return {}
        self._limit = min([*limits, self._limit] if self.waits else limits)
        return {address: share for address, limit in shares.items() if limit is not None}

    def _obstacle(self):
        if self.blocks is None:
            return "no scheduler in this process has handed out a block"
        if not all(hasattr(cache, "data_ptr") for cache in getattr(self.runner, "kv_caches", [None])):
            return "not all layers have a cache of blocks"
        return None

    def begin(self, driver, address, data, share):
        """Maps the beginning. Returns whether the driver did."""
        try:
            driver.map_beginning(address, data, share)
        except OSError as error:
            say("fallback", f"a part of the KV cache is mapped at once: {error}")
            return False
        self._beginnings[address], self._missing[address], self._driver = share, data, driver
        return True

    def ends(self, address, data):
        """Where the mappings of an allocation end, in bytes from its address. They are about to go."""
        beginning = self._beginnings.pop(address, None)
        if self._missing.pop(address, None):
            return [beginning]
        size = data.handle[1]
        return [size] if beginning is None else [beginning, size]

    def taken(self, blocks):
        """Before blocks are handed to a request."""
        if self.waits and any(block.block_id >= self._limit for block in blocks):
            self.complete("a request needs it", PATIENCE)

    def complete(self, why, patience=0):
        """Maps the rest. Memory that is still in use is waited for.

        Raises OSError where there is none in time; what is missing then can be mapped later.
        """
        began, size = time.perf_counter(), 0
        for address, data in list(self._missing.items()):
            beginning = self._beginnings[address]
            while True:
                try:
                    self._driver.map_rest(address, data, beginning)
                    break
                except OSError:
                    if time.perf_counter() - began >= patience:
                        raise
                    time.sleep(0.005)
            del self._missing[address]
            size += data.handle[1] - beginning
        say("late", {"bytes": size, "seconds": round(time.perf_counter() - began, 4), "why": why})


cache = LateCache()


def watch_scheduler():
    """Called in each of vLLM's processes: the one that hands out blocks asks before it does."""
    from vllm.v1.core.block_pool import BlockPool

    if hasattr(BlockPool.get_new_blocks, "asks"):
        return
    get = BlockPool.get_new_blocks

    @functools.wraps(get)
    def get_new_blocks(self, num_blocks):
        found = get(self, num_blocks)
        cache.blocks = self.num_gpu_blocks
        cache.taken(found)
        return found

    get_new_blocks.asks = True
    BlockPool.get_new_blocks = get_new_blocks


def watch_engine():
    """Called where the engine is loaded: who wakes up is known, and when it has nothing to do."""
    worker = getattr(sys.modules.get("vllm.v1.worker.gpu_worker"), "Worker", None)
    core = getattr(sys.modules.get("vllm.v1.engine.core"), "EngineCoreProc", None)
    if worker and not hasattr(worker.wake_up, "watched"):
        worker.wake_up = watched(worker.wake_up, before=remember_runner)
    if core and not hasattr(core._process_engine_step, "watched"):
        core._process_engine_step = watched(core._process_engine_step, after=complete_when_idle)


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


def complete_when_idle(core):
    """After a step whose answers are on their way. What cannot be mapped now is when it is needed."""
    if cache.waits and not core.scheduler.has_unfinished_requests():
        try:
            cache.complete("the engine has nothing to do")
        except OSError as error:
            say("fallback", f"the rest of the KV cache is mapped later: {error}")
