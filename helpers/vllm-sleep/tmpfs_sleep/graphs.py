"""CUDA graphs whose memory sleeps with the weights."""

# Blocks that the allocator hands out while no tag is set; vLLM itself sets one wherever it uses the allocator.
TAG = "default"


def use_sleeping_pool():
    """vLLM asks the platform, once in each process, for the pool that all graphs are captured in."""
    from vllm.platforms.interface import Platform

    ask = Platform.get_global_graph_pool

    def get_global_graph_pool(self):
        cls = self.__class__
        if cls._global_graph_pool is None:
            cls._global_graph_pool = sleeping_pool()
        return ask(self)

    Platform.get_global_graph_pool = get_global_graph_pool


def sleeping_pool():
    """Id of a pool whose memory comes from vLLM's sleeping allocator."""
    import torch
    from vllm.device_allocator import get_mem_allocator_instance
    from vllm.device_allocator.cumem import get_pluggable_allocator

    allocator = get_mem_allocator_instance()
    plugged = get_pluggable_allocator(allocator.python_malloc_callback, allocator.python_free_callback)
    pool = torch.cuda.MemPool(plugged._allocator)
    # kept as vLLM keeps its own: a pool must not outlive its allocator
    allocator.allocator_and_pools[TAG] = (pool, plugged)
    return pool.id
