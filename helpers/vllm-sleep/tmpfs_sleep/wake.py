"""The weights' way from their file back to the GPU."""

import bisect
import contextlib
import ctypes
import mmap
import os
import queue
import threading
import time

from . import say, setting


class Staging:
    """Host memory that pieces of the file go through.

    A piece is pinned when it has been filled once: its pages are there then.
    """

    def __init__(self, runtime, size, count):
        self.size = size
        self._runtime = runtime
        self._map = mmap.mmap(-1, size * count, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        # a kernel without huge pages refuses
        with contextlib.suppress(AttributeError, OSError):
            self._map.madvise(mmap.MADV_HUGEPAGE)
        self._first = ctypes.c_char.from_buffer(self._map)
        self._view = memoryview(self._map)
        self._address = ctypes.addressof(self._first)
        self._pin = True
        self.pinned = set()
        self.free = queue.SimpleQueue()
        for slot in range(count):
            self.free.put(slot)

    def address(self, slot):
        return self._address + slot * self.size

    def fill(self, slot, descriptor, start, length):
        at, end = slot * self.size, slot * self.size + length
        while at < end:
            count = os.preadv(descriptor, [self._view[at:end]], start)
            if count == 0:
                raise OSError(f"the weights' file ends at {start} bytes")
            at, start = at + count, start + count
        if self._pin and slot not in self.pinned:
            if code := int(self._runtime.cudaHostRegister(self.address(slot), self.size, 0)):
                self._pin = False
                say("fallback", f"the weights are copied without being pinned: CUDA error {code}")
            else:
                self.pinned.add(slot)

    def release(self):
        """Memory that cannot be unpinned stays: the driver may use it."""
        while self.pinned:
            if code := int(self._runtime.cudaHostUnregister(self.address(self.pinned.pop()))):
                raise OSError(f"cudaHostUnregister: CUDA error {code}")
        self._view.release()
        del self._first
        self._map.close()


class Wake:
    """Threads read the file into pinned memory from the first moment on; from `begin` on another copies what they read.

    Pinning the file itself took as long as copying it, and the driver copies nothing while it pins.
    """

    def __init__(self, path, blocks):
        """blocks: (offset in the file, GPU address, bytes), one after the other."""
        import torch

        self._torch, self._blocks, self._began, self._seconds = torch, blocks, time.perf_counter(), {}
        self._device = torch.cuda.current_device()
        self._offsets = [offset for offset, _, _ in blocks]
        self._size = blocks[-1][0] + blocks[-1][2]
        self._file = os.open(path, os.O_RDONLY)
        chunk = max(1, setting("CHUNK_MB", 16)) << 20
        # two CPUs are left for what maps and what copies; more than 14 were not measured
        readers = max(1, setting("READERS", min(14, len(os.sched_getaffinity(0)) // self._ranks() - 2)))
        self._staging = Staging(torch.cuda.cudart(), chunk, readers + 4)
        self._pieces, self._ready, self._error = iter(range(0, self._size, chunk)), queue.SimpleQueue(), None
        self._readers = [self._thread(self._read) for _ in range(readers)]
        self._copying = None

    def _ranks(self):
        """Processes that wake at the same time."""
        distributed = self._torch.distributed
        return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1

    def _thread(self, work):
        thread = threading.Thread(target=self._guarded, args=(work,), name=f"tmpfs-sleep{work.__name__}", daemon=True)
        thread.start()
        return thread

    def _guarded(self, work):
        try:
            self._torch.cuda.set_device(self._device)
            work()
        except BaseException as error:
            self._error = self._error or error
            self._ready.put(None)

    def _mark(self, name):
        self._seconds[name] = round(time.perf_counter() - self._began, 4)

    def _read(self):
        # next() of an iterator over a range holds the interpreter's lock: no piece is read twice
        for start in self._pieces:
            slot = self._staging.free.get()
            if self._error:
                return
            end = min(start + self._staging.size, self._size)
            self._staging.fill(slot, self._file, start, end - start)
            self._ready.put((slot, start, end))

    def begin(self):
        """Copies from now on: the weights' GPU memory is mapped."""
        self._copying = self._thread(self._copy)

    def _copy(self):
        from vllm.device_allocator.cumem import libcudart

        for _ in range(0, self._size, self._staging.size):
            piece = self._ready.get()
            if self._error:
                return
            slot, start, end = piece
            for offset, address, length in self._blocks[bisect.bisect_right(self._offsets, start) - 1 :]:
                low, high = max(start, offset), min(end, offset + length)
                if low >= high:
                    break
                libcudart.cudaMemcpy(
                    ctypes.c_void_p(address + low - offset),
                    ctypes.c_void_p(self._staging.address(slot) + low - start),
                    high - low,
                )
            self._staging.free.put(slot)
        # what was not pinned may still be on its way
        libcudart.cudaDeviceSynchronize()

    def end(self, mapped):
        """Waits for the last copy; all GPU memory is mapped. Returns the thread that will take the pins away again."""
        self._mark("mapped")
        self._copying.join()
        if self._error:
            raise self._error
        self._mark("copied")
        say(
            "wake",
            {
                "bytes": self._size,
                **mapped,
                "readers": len(self._readers),
                "pinned": len(self._staging.pinned),
                "seconds": self._seconds,
            },
        )
        releasing = threading.Thread(target=self._release_later, name="tmpfs-sleep-release", daemon=True)
        releasing.start()
        return releasing

    def abandon(self):
        """After an error: its threads, its memory and its file go, and another wake-up can be tried."""
        self._error = self._error or InterruptedError("the wake-up was given up")
        for _ in self._readers:
            self._staging.free.put(None)
        self._ready.put(None)
        self._close()

    def _release_later(self):
        # taking pins away holds the driver: not while the first requests are served
        time.sleep(setting("UNPIN_AFTER", 1.0))
        self._torch.cuda.set_device(self._device)
        self._close()

    def _close(self):
        for thread in [*self._readers, self._copying]:
            if thread:
                thread.join()
        os.close(self._file)
        self._staging.release()
