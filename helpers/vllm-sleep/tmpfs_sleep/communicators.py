"""Communicators that map memory of other GPUs: gone while asleep, made again at the wake-up.

The driver takes a checkpoint of such memory and cannot restore it (error 801). NCCL's communicators and vLLM's custom
all-reduce need nothing but their group of CPU processes to be made again, in the very objects that everybody holds.
Both are collective: vLLM has all ranks sleep and wake at the same time, and its groups are in the same order in each.

CUDA graphs keep addresses of the communicators that were there when they were captured, so there must be none.
"""

import contextlib
import inspect
import time
from concurrent.futures import ThreadPoolExecutor

from . import say
from .driver import Driver

# What else a group of vLLM may hold that maps memory of other GPUs, and what leaves it off.
OTHERS = {
    "symm_mem_comm": "VLLM_ALLREDUCE_USE_SYMM_MEM=0",
    "fi_ar_comm": "VLLM_ALLREDUCE_USE_FLASHINFER=0",
    "all2all_manager": "no expert parallelism",
}


def device_communicators():
    """vLLM's of this rank, one for each group of more than one rank."""
    from vllm.distributed import parallel_state

    groups = [reference() for reference in parallel_state._groups.values()]
    return [group.device_communicator for group in groups if group is not None and group.device_communicator]


def obstacles(held):
    """What cannot be made again, each with what leaves it off."""
    taken_down = {Custom.attribute, Nccl.attribute}
    for one in held:
        # vLLM 0.33 has more of them than 0.26
        for name in sorted({*OTHERS, *(name for name in vars(one) if name.endswith("_comm"))} - taken_down):
            if getattr(one, name, None) is not None:
                yield f"{name} of group {one.unique_name} (leave it off: {OTHERS.get(name, 'not known here')})"
        if getattr(getattr(one, Custom.attribute, None), "mnnvl_handle", None) is not None:
            yield f"symmetric memory of {Custom.attribute} of group {one.unique_name} (--disable-custom-all-reduce)"
    for name in torch_groups():
        yield f"torch's own NCCL communicator of group {name} (leave off pipeline and data parallelism)"


def torch_groups():
    """Names of torch's process groups that have used NCCL: it makes a communicator at the first collective. Tensor
    parallelism alone uses vLLM's."""
    import torch
    from torch.distributed import distributed_c10d

    for group, name in distributed_c10d._world.pg_names.items():
        with contextlib.suppress(RuntimeError):  # a group without a backend for GPUs
            if getattr(group._get_backend(torch.device("cuda")), "_is_initialized", bool)():
                yield name


class Communicators:
    def __init__(self):
        self._gone = []

    def take_down(self):
        """Raises before anything is touched where something cannot be made again."""
        import torch

        held = device_communicators()
        if found := list(obstacles(held)):
            raise RuntimeError(f"these communicators cannot be made again after a sleep: {'; '.join(found)}")
        began, gone = time.perf_counter(), len(self._gone)
        for one in held:
            # no rank frees what another one still reads
            torch.distributed.barrier(group=one.cpu_group)
            for kind in (Custom, Nccl):
                communicator = getattr(one, kind.attribute, None)
                if communicator is not None and not communicator.disabled:
                    self._gone.append(kind(communicator))
                    self._gone[-1].take_down()
        if len(self._gone) > gone:
            say("communicators", {"gone": self._names(), "seconds": round(time.perf_counter() - began, 4)})

    @contextlib.contextmanager
    def coming_back(self):
        """Made again by a thread beside what is done meanwhile, and there at the end."""
        if not self._gone:
            yield
            return
        import torch

        with ThreadPoolExecutor(1, "tmpfs-sleep-communicators") as thread:
            made = thread.submit(self._make_again, torch.cuda.current_device())
            yield
            made.result()

    def _make_again(self, device):
        import torch

        torch.cuda.set_device(device)
        began, names = time.perf_counter(), self._names()
        # one that fails stays on the list for the next wake-up
        while self._gone:
            self._gone[0].make_again()
            del self._gone[0]
        say("communicators", {"made": names, "at": began, "seconds": round(time.perf_counter() - began, 4)})

    def _names(self):
        return [kind.attribute for kind in self._gone]


class Nccl:
    attribute = "pynccl_comm"

    def __init__(self, communicator):
        self._communicator = communicator

    def take_down(self):
        """As vLLM's destroy(), which aborts from a thread because graphs may hold it."""
        self._communicator.nccl.ncclCommDestroy(self._communicator.comm)
        self._off()

    def make_again(self):
        begin_again(self._communicator, self._off)

    def _off(self):
        self._communicator.available, self._communicator.disabled = False, True


class Custom:
    attribute = "ca_comm"

    def __init__(self, communicator):
        self._communicator = communicator

    def take_down(self):
        import torch

        custom, driver = self._communicator, Driver()
        for addresses in (custom.meta_ptrs, custom.buffer_ptrs):
            for rank, address in enumerate(addresses):
                if rank != custom.rank:
                    # vLLM's close() frees its own buffers and leaves those of the others mapped
                    driver.close_shared(address)
        torch.distributed.barrier(group=custom.group)
        custom.close()
        self._off()

    def make_again(self):
        begin_again(self._communicator, self._off)

    def _off(self):
        self._communicator.disabled = True


def begin_again(communicator, off):
    """The same object anew, with the arguments that it keeps: layers and groups have references to it. vLLM's
    constructors turn themselves off where something is missing, which was there before."""
    kept = vars(communicator)
    names = [name for name in inspect.signature(type(communicator)).parameters if name in kept]
    try:
        communicator.__init__(**{name: kept[name] for name in names})
    except BaseException:
        off()
        raise
    if communicator.disabled:
        raise RuntimeError(f"{type(communicator).__name__} could not be made again after the sleep")
