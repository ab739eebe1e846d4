"""The KV cache mapped late: its beginning at the wake-up, the rest when it is needed or the engine has nothing to do.

Most of a wake-up is a wait where another process has just released its memory, because the driver clears it before it
hands it on, and the KV cache is most of the memory. The first answers need little of it: blocks are numbered, and a
layer's cache holds them in the order of their numbers. The scheduler's queue is put in order where it does not begin
with low numbers. No block beyond the beginning is handed to a request before all is mapped, and numbers from before the
sleep are wiped from the block tables, which some kernels read beyond a request's last block.
"""

import functools
import time
import weakref

from . import say, setting
from .layout import counted, share_of
from .obstacles import obstacle

GRANULE = 2 << 20  # bytes: what the driver maps is a multiple of it
PATIENCE = 60  # seconds for memory that somebody else still holds
FIRST_BLOCKS = 256  # of the queue, that must be mapped: those of 4,096 tokens in most models


def low_numbers_first(pool, limit):
    """All blocks are free. A cached block that is freed joins the queue's end, so a server that has served for long
    would begin anywhere."""
    queue = pool.free_block_queue
    first = queue.fake_free_list_head
    for _ in range(FIRST_BLOCKS):
        first = first.next_free_block
        if first is None or first.block_id >= limit:
            break
    else:
        return
    low = pool.blocks[1:limit]
    for block in low:
        queue.remove(block)
    queue.prepend_n(low)


class LateCache:
    """The KV cache of this process, and the scheduler that hands out its blocks."""

    def __init__(self):
        self.pools = weakref.WeakSet()  # of vLLM's blocks in this process, once they have handed one out
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
        if why := obstacle(self.runner, self.pools):
            say("fallback", f"the KV cache is mapped at once: {why}")
            return {}
        [pool], tensors, counts = self.pools, self.runner.kv_caches, functools.cache(counted)
        share = -(-(setting("FIRST_MB", 1024) << 20) // len(cache) // GRANULE) * GRANULE
        shares = {
            address: share_of(tensors, pool.num_gpu_blocks, address, data.handle[1], share, counts)
            for address, data in cache
        }
        limits = {address: limit for address, limit in shares.items() if isinstance(limit, int)}
        # block 0 stands for none
        if not limits or min(limits.values()) < 2:
            why = next(iter(shares.values())) if not limits else "what is mapped first holds less than two blocks"
            say("fallback", f"the KV cache is mapped at once: {why}")
            return {}
        self._limit = min([*limits.values(), self._limit] if self.waits else limits.values())
        low_numbers_first(pool, self._limit)
        return dict.fromkeys(limits, share)

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

    def taken(self, pool, blocks):
        """Before blocks are handed to a request.

        Raises RuntimeError where all cannot be mapped in time. It ends the engine.
        """
        self.pools.add(pool)
        if self.waits and any(block.block_id >= self._limit for block in blocks):
            try:
                self.complete("a request needs it", PATIENCE)
            except OSError as error:
                raise RuntimeError(
                    f"a request needs the rest of the KV cache, and {self.missing_bytes()} bytes of GPU memory cannot "
                    f"be mapped: {error} (2: other processes have held the memory for {PATIENCE} s). Start this "
                    "server again when it is free, and without TMPFS_SLEEP_LATE where others may take it"
                ) from error

    def missing_bytes(self):
        return sum(data.handle[1] - self._beginnings[address] for address, data in self._missing.items())

    def complete(self, why, patience=0):
        """Maps the rest. Memory that is still in use is waited for.

        Raises OSError where there is none in time; what is missing then can be mapped later.
        """
        began, size = time.perf_counter(), 0
        if self.waits:
            self._driver.wait(patience)
        for address, data in list(self._missing.items()):
            beginning = self._beginnings[address]
            self._driver.map_rest(address, data, beginning)
            del self._missing[address]
            size += data.handle[1] - beginning
        say("late", {"bytes": size, "seconds": round(time.perf_counter() - began, 4), "why": why})


cache = LateCache()
