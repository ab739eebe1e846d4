"""What the sleep backend asks of the driver itself. Layouts and numbers: cuda.h."""

import ctypes
import time

from . import say, setting


class Location(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("id", ctypes.c_int)]


class Flags(ctypes.Structure):
    _fields_ = [
        ("compression", ctypes.c_ubyte),
        ("rdma", ctypes.c_ubyte),
        ("usage", ctypes.c_ushort),
        ("reserved", ctypes.c_ubyte * 4),
    ]


class Properties(ctypes.Structure):
    """CUmemAllocationProp of cuda.h."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("handle_types", ctypes.c_int),
        ("location", Location),
        ("win32", ctypes.c_void_p),
        ("flags", Flags),
    ]


class Access(ctypes.Structure):
    """CUmemAccessDesc of cuda.h."""

    _fields_ = [("location", Location), ("flags", ctypes.c_int)]


PINNED, DEVICE, READ_WRITE, STACK_SIZE, POSIX_DESCRIPTOR = 1, 1, 3, 0, 1
OUT_OF_MEMORY = 2


class Driver:
    """Maps GPU memory at addresses that are still reserved, and says how much stack GPU threads have.

    Calls through ctypes hold no interpreter lock.
    """

    library = None

    def __init__(self, patience=0):
        """patience: seconds, of all mappings together, for memory that other processes still hold."""
        Driver.library = Driver.library or ctypes.CDLL("libcuda.so.1")
        self._plain = True
        self.wait(patience)

    def wait(self, patience):
        """From now on."""
        self._deadline = time.monotonic() + patience

    def stack_size(self):
        """Bytes for each GPU thread (CU_LIMIT_STACK_SIZE)."""
        size = ctypes.c_size_t()
        self._call("cuCtxGetLimit", ctypes.byref(size), STACK_SIZE)
        return size.value

    def set_stack_size(self, size):
        """Waits for the GPU. The driver gives a kernel that needs more its own when it is launched, but not every CUDA
        graph."""
        self._call("cuCtxSetLimit", STACK_SIZE, ctypes.c_size_t(size))

    def map(self, address, data):
        """Falls back to vLLM's own extension, once and for good, where the driver refuses."""
        try:
            if self._plain:
                self._map(address, data.handle)
        except OSError as error:
            say("fallback", f"GPU memory is mapped by vLLM's extension: {error}")
            self._plain = False
        if not self._plain:
            from vllm.device_allocator.cumem import create_and_map

            create_and_map(data.handle)
        data.is_asleep = False

    def map_beginning(self, address, data, length):
        """Maps the first bytes of an allocation. Raises OSError."""
        device, _, _, memory = data.handle
        self._map(address, (device, length, address, memory))
        data.is_asleep = False

    def map_rest(self, address, data, beginning):
        """Maps all but the first bytes, which are mapped already. Raises OSError; nothing has changed then."""
        device, size, _, memory = data.handle
        first = ctypes.c_uint64.from_address(memory).value
        self._map(address + beginning, (device, size - beginning, address + beginning, memory))
        # mapped memory stays without its number; vLLM knows one of an allocation, and releases that
        try:
            self._call("cuMemRelease", ctypes.c_uint64(first))
        except OSError as error:
            say("fallback", f"the beginning of the KV cache stays on the GPU at the next sleep: {error}")

    def adopt(self, address, data, descriptor):
        """Maps another process's memory; vLLM releases it as it does its own.

        A process that holds such memory may not be one that can be checkpointed: it must sleep first.
        """
        number = ctypes.c_uint64()
        self._call(
            "cuMemImportFromShareableHandle", ctypes.byref(number), ctypes.c_void_p(descriptor), POSIX_DESCRIPTOR
        )
        self._place(address, data.handle, number)
        data.is_asleep = False

    def drop(self, address, data, ends=None):
        """Unmaps and releases what is mapped there. ends: of its mappings, in bytes from the address; one by
        default."""
        _, size, _, memory = data.handle
        ends = ends or [size]
        for start, end in zip([0, *ends], ends):
            self._call("cuMemUnmap", ctypes.c_uint64(address + start), ctypes.c_size_t(end - start))
        data.is_asleep = True
        self._call("cuMemRelease", ctypes.c_uint64.from_address(memory))

    def close_shared(self, address):
        """Unmaps another process's memory that was opened by its CUDA IPC handle."""
        self._call("cuIpcCloseMemHandle", ctypes.c_uint64(address))

    def _map(self, address, handle):
        device, size, _, _ = handle
        number = ctypes.c_uint64()
        properties = Properties(type=PINNED, location=Location(DEVICE, device), flags=Flags(rdma=setting("RDMA", 0)))
        while code := self.library.cuMemCreate(
            ctypes.byref(number), ctypes.c_size_t(size), ctypes.byref(properties), ctypes.c_uint64(0)
        ):
            if code != OUT_OF_MEMORY or time.monotonic() >= self._deadline:
                raise OSError(f"cuMemCreate: CUDA error {code}")
            time.sleep(0.005)
        self._place(address, handle, number)

    def _place(self, address, handle, number):
        """Maps the memory of that number, or releases it."""
        device, size, _, memory = handle
        where = Location(DEVICE, device)
        try:
            self._call(
                "cuMemMap",
                ctypes.c_uint64(address),
                ctypes.c_size_t(size),
                ctypes.c_size_t(0),
                number,
                ctypes.c_uint64(0),
            )
        except OSError:
            self.library.cuMemRelease(number)
            raise
        try:
            self._call(
                "cuMemSetAccess",
                ctypes.c_uint64(address),
                ctypes.c_size_t(size),
                ctypes.byref(Access(where, READ_WRITE)),
                ctypes.c_size_t(1),
            )
        except OSError:
            self.library.cuMemUnmap(ctypes.c_uint64(address), ctypes.c_size_t(size))
            self.library.cuMemRelease(number)
            raise
        # where vLLM's extension looks for it when it unmaps and releases
        ctypes.c_uint64.from_address(memory).value = number.value

    def _call(self, name, *arguments):
        code = getattr(self.library, name)(*arguments)
        if code:
            raise OSError(f"{name}: CUDA error {code}")
