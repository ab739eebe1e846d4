"""The backend: what happens at POST /sleep?level=2 and POST /wake_up."""

import contextlib
import ctypes
import os
import time

from vllm.device_allocator import get_mem_allocator_instance
from vllm.device_allocator.sleep_mode_backend import CuMemBackend

from . import hooks, late, say, setting
from .communicators import Communicators
from .driver import Driver
from .image import Image, PinnedImage, Return
from .scales import keep_scales
from .served import Served, Unserved, beside, offer
from .wake import Wake

WEIGHTS = "weights"
KV_CACHE = "kv_cache"


def kept(data):
    """Whether a block must come back with its content: vLLM 0.33 has further tags for what runs with the weights."""
    return data.tag != KV_CACHE


def keep_what_is_no_cache():
    """Small blocks of the KV cache's tag are kept as weights are.

    vLLM makes all of `initialize_kv_cache` with that tag: block tables, and constants and counters of attention, which
    nobody writes again after a sleep (its own comment: "comes back with undefined contents"). torch puts tensors below
    10 MB into blocks of 2 or 20 MiB; a layer's cache is larger, and has a block of its own.
    """
    largest = setting("KEEP_MB", 20) << 20
    for data in get_mem_allocator_instance().pointer_to_data.values():
        if data.tag == KV_CACHE and data.handle[1] <= largest:
            data.tag = WEIGHTS


def kept_tags():
    return sorted({data.tag for data in get_mem_allocator_instance().pointer_to_data.values() if kept(data)})


def left_on_the_gpu():
    """What goes through a CUDA checkpoint: bytes that torch holds outside the sleeping pool, and all that is in use on
    the device."""
    import torch

    asleep = sum(data.handle[1] for data in get_mem_allocator_instance().pointer_to_data.values())
    free, total = torch.cuda.mem_get_info()
    return {"torch": torch.cuda.memory_reserved() - asleep, "device": total - free}


def unmap(driver, items):
    """What of it is mapped, once the GPU has done what was asked of it. items: (address, what vLLM knows of it).

    Raises OSError where the driver refuses, RuntimeError where the GPU has failed.
    """
    from vllm.device_allocator.cumem import libcudart

    libcudart.cudaDeviceSynchronize()
    for address, data in items:
        if not data.is_asleep:
            driver.drop(address, data, late.cache.ends(address, data))


class TmpfsBackend(CuMemBackend):
    def __init__(self):
        super().__init__()
        keep_scales()
        self._path = os.path.join(os.environ["TMPFS_SLEEP_DIR"], f"weights-{os.getpid()}.img")
        self._blocks = []  # of the weights that are not back: (offset in the file, GPU address, bytes)
        self._image = PinnedImage(self._path) if setting("STAYS", 0) else None  # where the process is never dumped
        self._kept = False  # this class put them to sleep, so it wakes all memory
        self._releasing = None
        self._communicators = Communicators() if setting("COMMUNICATORS", 0) else None
        self._stack = None  # bytes for each GPU thread, where the memory for it was given back
        if setting("LATE", 0):
            hooks.watch_engine()

    @classmethod
    def is_supported(cls):
        return bool(os.environ.get("TMPFS_SLEEP_DIR"))

    def suspend(self, level=1):
        if self._releasing:
            self._releasing.join()
            self._releasing = None
        if self._communicators:
            self._communicators.take_down()
        keep_what_is_no_cache()
        self._release_cache()
        # what a wake-up did not bring back lies in its file still
        self._kept = bool(self._blocks) or level == 2 and self._saved()
        self._state = "SUSPENDED"
        with self._awake_blocks_only() as allocator:
            allocator.sleep(offload_tags=() if self._kept else tuple(kept_tags()))
        if setting("STACKS", 0):
            self._give_stacks_back()
        say("left", left_on_the_gpu())

    def discard(self, tags):
        """Of vLLM 0.33: gives up the KV cache of an engine that stays awake."""
        if KV_CACHE in tags:
            self._release_cache()
        super().discard(tags)

    @staticmethod
    def _release_cache():
        """First, before the weights are copied: the driver clears memory before it hands it on, and can do so during
        the copy."""
        allocations = get_mem_allocator_instance().pointer_to_data.items()
        try:
            unmap(Driver(), [item for item in allocations if not kept(item[1])])
        except OSError as error:
            say("fallback", f"the KV cache is released with everything else: {error}")

    @staticmethod
    @contextlib.contextmanager
    def _awake_blocks_only():
        """vLLM's allocator without the blocks that are asleep already: 0.26 would unmap them again."""
        allocator = get_mem_allocator_instance()
        asleep = {address: data for address, data in allocator.pointer_to_data.items() if data.is_asleep}
        for address in asleep:
            del allocator.pointer_to_data[address]
        try:
            yield allocator
        finally:
            allocator.pointer_to_data.update(asleep)

    def _give_stacks_back(self):
        """The driver keeps a stack for every thread that can run at once, as large as a kernel ever needed."""
        driver = Driver()
        try:
            size = self._stack or driver.stack_size()
            driver.set_stack_size(0)
            self._stack = size
            say("stacks", {"bytes": size, "left": driver.stack_size()})
        except OSError as error:
            say("fallback", f"the stacks of GPU threads stay: {error}")

    def _take_stacks(self):
        """As they were, before anything runs: CUDA graphs need them (without: error 719), and kernels whose need the
        driver cannot know before. Without them the engine stays asleep."""
        if not self._stack:
            return
        began = time.perf_counter()
        Driver().set_stack_size(self._stack)
        say("stacks", {"bytes": self._stack, "seconds": round(time.perf_counter() - began, 4)})
        self._stack = None

    def _saved(self):
        try:
            self._save()
        except Exception as error:
            # vLLM's level 2 would lose the weights, and nobody would load them again
            say("fallback", f"the weights stay in the process (level 1): {error!r}")
            return False
        return True

    def _save(self):
        from vllm.device_allocator.cumem import libcudart

        began = time.perf_counter()
        blocks, size = [], 0
        allocations = get_mem_allocator_instance().pointer_to_data
        for address, data in allocations.items():
            if kept(data):
                if data.is_asleep:
                    raise RuntimeError(f"some of vLLM's memory sleeps already: {data.tag}")
                blocks.append((size, address, data.handle[1]))
                size += data.handle[1]
        if not any(data.tag == WEIGHTS for data in allocations.values()):
            raise RuntimeError("no weights in vLLM's memory pool")
        try:
            with self._image.opened(size) if self._image else contextlib.closing(Image(self._path, size)) as image:
                with image.to_copy(blocks) as some:
                    for offset, address, length in some:
                        libcudart.cudaMemcpy(ctypes.c_void_p(image.address + offset), ctypes.c_void_p(address), length)
            # the device by the number that this process knows it by
            device = allocations[blocks[0][1]].handle[0]
            with open(beside(self._path, "blocks"), "w") as sizes:
                sizes.writelines([f"device {device}\n", *(f"{length}\n" for _, _, length in blocks)])
        except BaseException:
            if self._image:
                try:
                    self._image.drop()
                except OSError as error:
                    say("fallback", f"the image of the weights stays in memory: {error}")
            for path in (self._path, beside(self._path, "blocks")):
                with contextlib.suppress(OSError):
                    os.unlink(path)
            raise
        self._blocks = blocks
        say(
            "saved",
            {
                "bytes": size,
                "blocks": len(blocks),
                "copied_bytes": sum(length for _, _, length in some),
                "seconds": round(time.perf_counter() - began, 4),
                "file": self._path,
            },
        )

    def resume(self, tags=None):
        """What was kept comes back whatever the tags, the KV cache where it is named or none is."""
        self._take_stacks()
        with self._communicators.coming_back() if self._communicators else contextlib.nullcontext():
            self._resume(tags)

    def _resume(self, tags):
        if not self._kept:
            # vLLM's own would map again what came back with an earlier part
            if not any(data.is_asleep for data in get_mem_allocator_instance().pointer_to_data.values()):
                self._state = "RUNNING"
                return None
            return super().resume([*tags, *kept_tags()] if tags is not None and WEIGHTS in tags else tags)
        self._state = "RESUMING"
        allocations = get_mem_allocator_instance().pointer_to_data
        asleep = [
            item
            for item in allocations.items()
            if item[1].is_asleep and (tags is None or KV_CACHE in tags or kept(item[1]))
        ]
        began = time.perf_counter()
        # such an engine may wake while another still has the memory
        driver = Driver(patience=late.PATIENCE if setting("LATE", 0) else 0)
        first = late.cache.plan([item for item in asleep if not kept(item[1])]) if setting("LATE", 0) else {}
        served = self._served(allocations, driver)
        wake = None
        try:
            if self._blocks and not served:
                wake = self._wake()
                self._map(driver, [item for item in asleep if kept(item[1])], first)
                wake.begin()
            self._map(driver, asleep, first)
            late_bytes = sum(data.handle[1] - first[address] for address, data in asleep if address in first)
            mapped = {
                "blocks": len(asleep),
                "mapped_bytes": sum(data.handle[1] for _, data in asleep) - late_bytes,
                "late_bytes": late_bytes,
                "map_seconds": round(time.perf_counter() - began, 4),
            }
            if served:
                try:
                    steps = served.wait()
                except Unserved as reason:
                    say("fallback", f"the weights are copied from their file: {reason}")
                    served = None
                    wake = self._wake()
                    self._map(driver, asleep, first)
                    wake.begin()
            if wake:
                self._releasing = wake.end(mapped)
            elif served:
                seconds = {"mapped": mapped["map_seconds"], "copied": round(time.perf_counter() - began, 4)}
                say(
                    "wake",
                    {
                        "bytes": sum(length for _, _, length in self._blocks),
                        **mapped,
                        "at": began,
                        "served": steps,
                        "seconds": seconds,
                    },
                )
            else:
                say("wake", mapped)
            self._blocks = []
        except BaseException:
            if served:
                served.give_back()
            if wake:
                wake.abandon()
            self._give_back(driver, asleep)
            raise
        self._kept = any(data.is_asleep for data in allocations.values())
        self._state = "RUNNING"

    def _give_back(self, driver, items):
        """What a wake-up that failed has mapped: vLLM takes the engine for asleep, and others want the memory."""
        try:
            unmap(driver, items)
        except (OSError, RuntimeError) as error:
            say("fallback", f"a part of the memory stays on the GPU: {error}")

    def _wake(self):
        return Return(self._image, self._blocks) if self._image else Wake(self._path, self._blocks)

    @staticmethod
    def _map(driver, items, first):
        """first: of allocations whose rest is mapped later, the bytes to map. What the driver refuses is taken out."""
        for address, data in items:
            if not data.is_asleep:
                continue
            if address in first and not late.cache.begin(driver, address, data, first[address]):
                del first[address]
            if address not in first:
                driver.map(address, data)

    def _served(self, allocations, driver):
        """The weights' memory from the program that ran beside the restore; None where nobody offers it, or it cannot
        be had, which is said."""
        offered = self._blocks and offer(self._path)
        if not offered:
            return None
        if setting("RDMA", 0) or not all(allocations[address].is_asleep for _, address, _ in self._blocks):
            say(
                "fallback",
                "the weights are copied from their file: only all of them together are handed over, as plain memory",
            )
            return None
        try:
            return Served(offered, self._blocks, allocations, driver)
        except Unserved as reason:
            say("fallback", f"the weights are copied from their file: {reason}")
            return None
