"""The file of what sleeps, mapped."""

import contextlib
import ctypes
import mmap
import os
import threading
import time

from . import say
from .unchanged import Unchanged


class Image:
    """A new file for the weights' blocks, one after the other, mapped into this process until it is closed."""

    def __init__(self, path, size):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, size)
            self._map = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
        self._view = ctypes.c_char.from_buffer(self._map)
        self.address = ctypes.addressof(self._view)

    @staticmethod
    def to_copy(blocks):
        """It is new: all of them."""
        return contextlib.nullcontext(blocks)

    def close(self):
        del self._view
        self._map.close()


class PinnedImage:
    """Of a process that stays, and so may hold pinned memory while it sleeps: mapped and pinned at the first sleep, and
    from then on the driver copies between it and the GPU by itself, both ways."""

    def __init__(self, path):
        self._path, self._image, self._size, self.pinned = path, None, 0, False
        self._unchanged = Unchanged()

    @property
    def address(self):
        return self._image.address

    @contextlib.contextmanager
    def opened(self, size):
        """Stays open afterwards."""
        if self._size != size:
            self.drop()
            self._image, self._size = Image(self._path, size), size
            self._pin()
        yield self

    def to_copy(self, blocks):
        """Those whose content is not in it yet, as a context in which they are copied."""
        return self._unchanged.copying(blocks)

    def _pin(self):
        import torch

        code = int(torch.cuda.cudart().cudaHostRegister(self.address, self._size, 0))
        self.pinned = code == 0
        if code:
            say("fallback", f"the weights are copied without being pinned: CUDA error {code}")

    def drop(self):
        """Memory that cannot be unpinned stays mapped: the driver may use it."""
        if not self._image:
            return
        self._unchanged.forget()
        if self.pinned:
            import torch

            if code := int(torch.cuda.cudart().cudaHostUnregister(self.address)):
                raise OSError(f"cudaHostUnregister: CUDA error {code}")
        self._image.close()
        self._image, self._size, self.pinned = None, 0, False


class Return:
    """A thread copies the image's blocks back from `begin` on."""

    def __init__(self, image, blocks):
        """blocks: (offset in the image, GPU address, bytes)."""
        import torch

        self._torch, self._image, self._blocks, self._error = torch, image, blocks, None
        self._began, self._device = time.perf_counter(), torch.cuda.current_device()
        self._thread = None

    def begin(self):
        """The weights' GPU memory is mapped."""
        self._thread = threading.Thread(target=self._copy, name="tmpfs-sleep-return", daemon=True)
        self._thread.start()

    def _copy(self):
        from vllm.device_allocator.cumem import libcudart

        try:
            self._torch.cuda.set_device(self._device)
            for offset, address, length in self._blocks:
                libcudart.cudaMemcpy(ctypes.c_void_p(address), ctypes.c_void_p(self._image.address + offset), length)
            # what was not pinned may still be on its way
            libcudart.cudaDeviceSynchronize()
        except BaseException as error:
            self._error = error

    def end(self, mapped):
        """Waits for the last copy; all GPU memory is mapped. Nothing is left to release."""
        at = self._seconds()
        self._thread.join()
        if self._error:
            raise self._error
        say(
            "wake",
            {
                "bytes": sum(length for _, _, length in self._blocks),
                **mapped,
                "stays": self._image.pinned,
                "seconds": {"mapped": at, "copied": self._seconds()},
            },
        )

    def _seconds(self):
        return round(time.perf_counter() - self._began, 4)

    def abandon(self):
        """After an error: another wake-up can be tried."""
        if self._thread:
            self._thread.join()
