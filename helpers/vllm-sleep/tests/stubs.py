"""vLLM, torch and the driver without a GPU: GPU memory is host memory, mapped where it was reserved."""

import contextlib
import ctypes
import dataclasses
import os
import sys
import types


class World:
    def __init__(self):
        self.calls, self.memory, self.pointer_to_data, self.buffers, self.handles = [], {}, {}, [], {}
        self.python_malloc_callback, self.python_free_callback, self.allocator_and_pools = "malloc", "free", {}
        self.imported = {}  # number of another process's memory -> its descriptor
        self.refuse = {}  # name of a call -> error code
        self.stack = 1024  # bytes for each GPU thread
        self.ranks = 1  # processes of one server that work on GPUs
        self.groups = {}  # vLLM's, by name -> what gives one
        self.torch_groups = {}  # torch's -> their names

    def allocate(self, tag, content):
        """A block of GPU memory with that content; returns its address."""
        buffer = ctypes.create_string_buffer(content, len(content))
        handle = ctypes.c_uint64(7)
        self.buffers += [buffer, handle]
        address = ctypes.addressof(buffer)
        self.memory[address] = len(content)
        self.pointer_to_data[address] = AllocationData((0, len(content), address, ctypes.addressof(handle)), tag)
        self.handles[address] = handle
        return address

    def read(self, address):
        return ctypes.string_at(address, self.pointer_to_data[address].handle[1])

    def sleep(self, offload_tags):
        """vLLM's allocator: all is unmapped, what has one of the tags is kept in the process."""
        self.calls.append(("vllm.sleep", tuple(offload_tags)))
        for address, data in self.pointer_to_data.items():
            if data.is_asleep:
                raise AssertionError("vLLM 0.26 would unmap this block again")
            if data.tag in offload_tags:
                data.cpu_backup_tensor = self.read(address)
            ctypes.memset(address, 0, data.handle[1])
            data.is_asleep = True

    def result(self, name, *detail):
        self.calls.append((name, *detail))
        return self.refuse.get(name, 0)


@dataclasses.dataclass
class AllocationData:
    handle: tuple
    tag: str
    cpu_backup_tensor: object = None
    is_asleep: bool = False


class Library:
    """libcuda.so.1."""

    def __init__(self, world):
        self.world = world

    def cuMemCreate(self, number, size, properties, flags):
        wanted = properties._obj
        number._obj.value = 100 + len(self.world.calls)
        return self.world.result(
            "cuMemCreate",
            size.value,
            wanted.type,
            wanted.location.type,
            wanted.location.id,
            wanted.handle_types,
            wanted.flags.rdma,
        )

    def cuMemImportFromShareableHandle(self, number, descriptor, kind):
        number._obj.value = 1000 + len(self.world.calls)
        # the caller closes its descriptor
        self.world.imported[number._obj.value] = os.dup(descriptor.value)
        return self.world.result("cuMemImportFromShareableHandle", kind)

    def cuMemMap(self, address, size, offset, number, flags):
        if number.value in self.world.imported:
            content = os.pread(self.world.imported[number.value], size.value, 0)
            ctypes.memmove(address.value, content, len(content))
        return self.world.result("cuMemMap", address.value, size.value)

    def cuMemSetAccess(self, address, size, access, count):
        return self.world.result("cuMemSetAccess", address.value, access._obj.flags, count.value)

    def cuMemUnmap(self, address, size):
        code = self.world.result("cuMemUnmap", address.value)
        if not code:
            ctypes.memset(address.value, 0, size.value)
        return code

    def cuCtxGetLimit(self, size, limit):
        size._obj.value = self.world.stack
        return self.world.result("cuCtxGetLimit", limit)

    def cuCtxSetLimit(self, limit, size):
        if not self.world.refuse.get("cuCtxSetLimit"):
            self.world.stack = max(size.value, 16)
        return self.world.result("cuCtxSetLimit", limit, size.value)

    def cuIpcCloseMemHandle(self, address):
        return self.world.result("cuIpcCloseMemHandle", address.value)

    def cuMemRelease(self, number):
        if number.value in self.world.imported:
            os.close(self.world.imported.pop(number.value))
        return self.world.result("cuMemRelease", number.value)


class CuMemBackend:
    """vLLM's own."""

    world = None

    def __init__(self):
        self._state = "RUNNING"

    def discard(self, tags):
        """Of 0.33."""
        for data in self.world.pointer_to_data.values():
            if data.tag in tags and not data.is_asleep:
                raise AssertionError("vLLM would unmap all of this block at once")

    def resume(self, tags=None):
        self.world.calls.append(("vllm.resume", tags))
        for address, data in self.world.pointer_to_data.items():
            if tags is not None and data.tag not in tags:
                continue
            if not data.is_asleep:
                raise AssertionError("vLLM maps again what is mapped")
            data.is_asleep = False
            if data.cpu_backup_tensor is not None:
                ctypes.memmove(address, data.cpu_backup_tensor, data.handle[1])
        self._state = "RUNNING"


class PyNcclCommunicator:
    """vLLM's, of which 0.26 has one for each group: rank 0 of two."""

    def __init__(self, group, device):
        self.world = group.world
        if self.world.result("ncclCommInitRank"):
            self.disabled = False
            raise RuntimeError("NCCL error: unhandled system error")
        self.group, self.device, self.nccl, self.comm = group, device, self, len(self.world.calls)
        self.available, self.disabled = True, group.world.refuse.get("NCCL library", False)

    def ncclCommDestroy(self, comm):
        assert comm == self.comm
        self.world.result("ncclCommDestroy", self.group)


class CustomAllreduce:
    """vLLM's: close() frees what is this rank's own."""

    def __init__(self, group, device, max_size=8192 * 1024):
        self.group, self.device, self.max_size, self.rank, self.disabled = group, device, max_size, 0, False
        at = 1000 * len(group.world.calls)
        self.meta_ptrs, self.buffer_ptrs = [at, at + 1], [at + 2, at + 3]
        group.world.result("create_shared_buffer", max_size)

    def close(self):
        assert not self.disabled
        self.group.world.calls += [("free", self.meta_ptrs[0]), ("free", self.buffer_ptrs[0])]


class Group:
    """A group of CPU processes, and vLLM's device communicator on it."""

    def __init__(self, world, name, custom=False):
        self.world, self.unique_name, self.cpu_group = world, name, self
        self.pynccl_comm = PyNcclCommunicator(self, "cuda:0")
        self.ca_comm = CustomAllreduce(self, "cuda:0", max_size=4 << 20) if custom else None
        self.symm_mem_comm = self.fi_ar_comm = self.all2all_manager = None
        world.groups[name] = lambda: types.SimpleNamespace(device_communicator=self)


class Platform:
    _global_graph_pool = None

    def get_global_graph_pool(self):
        return self._global_graph_pool or "vLLM's own"


class MessageQueue:
    def __init__(self, n_reader, n_local_reader, local_reader_ranks=None, max_chunk_bytes=24 << 20, max_chunks=10):
        self.size = max_chunk_bytes * max_chunks


class MemPool:
    def __init__(self, allocator):
        self.allocator, self.id = allocator, (0, 7)


class Factory:
    _registry = {"cumem": lambda: CuMemBackend}

    @classmethod
    def register_backend(cls, name, module, class_name):
        import importlib

        cls._registry[name] = lambda: getattr(importlib.import_module(module), class_name)

    @classmethod
    def get_backend_class(cls, name):
        return cls._registry[name]()

    @classmethod
    def create_backend(cls, model_config):
        return cls.get_backend_class(model_config.sleep_mode_backend)()


def install(world):
    """Puts the stubs where imports find them."""
    CuMemBackend.world = world
    runtime = types.SimpleNamespace(
        cudaHostRegister=lambda address, size, flags: world.result("cudaHostRegister", size),
        cudaHostUnregister=lambda address: world.result("cudaHostUnregister"),
    )
    cuda = types.SimpleNamespace(
        set_device=lambda device: None,
        current_device=lambda: 0,
        cudart=lambda: runtime,
        MemPool=MemPool,
        mem_get_info=lambda: (70, 100),
        memory_reserved=lambda: 5 + sum(data.handle[1] for data in world.pointer_to_data.values()),
    )

    distributed = types.SimpleNamespace(
        is_available=lambda: True,
        is_initialized=lambda: world.ranks > 1,
        get_world_size=lambda: world.ranks,
        barrier=lambda group: world.calls.append(("barrier", group)),
        distributed_c10d=types.SimpleNamespace(_world=types.SimpleNamespace(pg_names=world.torch_groups)),
    )

    def copy_memory(to, source, size):
        if code := world.result("cudaMemcpy", size):
            raise RuntimeError(f"CUDART error: {code}")
        ctypes.memmove(to, source, size)

    copy = types.SimpleNamespace(
        cudaMemcpy=copy_memory, cudaDeviceSynchronize=lambda: world.calls.append(("cudaDeviceSynchronize",))
    )

    def create_and_map(handle):
        world.calls.append(("vllm.create_and_map", handle[1]))

    modules = {
        "torch": dict(
            cuda=cuda, distributed=distributed, device=str, inference_mode=contextlib.nullcontext
        ),
        "torch.distributed": vars(distributed),
        "vllm": {},
        "vllm.device_allocator": dict(get_mem_allocator_instance=lambda: world),
        "vllm.device_allocator.cumem": dict(
            libcudart=copy,
            create_and_map=create_and_map,
            get_pluggable_allocator=lambda malloc, free: types.SimpleNamespace(_allocator=(malloc, free)),
        ),
        "vllm.config": dict(VllmConfig=type("VllmConfig", (), {})),
        "vllm.distributed": dict(parallel_state=types.SimpleNamespace(_groups=world.groups)),
        "vllm.distributed.device_communicators": {},
        "vllm.distributed.device_communicators.shm_broadcast": dict(
            MessageQueue=type("MessageQueue", (MessageQueue,), {"__init__": MessageQueue.__init__})
        ),
        "vllm.platforms": {},
        "vllm.platforms.interface": dict(Platform=Platform),
        "vllm.device_allocator.sleep_mode_backend": dict(CuMemBackend=CuMemBackend, SleepModeBackendFactory=Factory),
    }
    for name, content in modules.items():
        module = types.ModuleType(name)
        module.__dict__.update(content)
        sys.modules[name] = module
    from tmpfs_sleep.driver import Driver

    Driver.library = Library(world)
