"""CUDA graphs whose memory sleeps with the weights."""

# Blocks that the allocator hands out while no tag is set; vLLM itself sets one wherever it uses the allocator.
TAG = "default"


def use_sleeping_pool():
    """vLLM's own pool for them where it has one (0.33), else one in place of the pool that it asks the platform for."""
    from vllm.config import VllmConfig

    if hasattr(VllmConfig, "use_cumem_cudagraph_pool"):
        turn_on(VllmConfig)
    else:
        replace_global_pool()


def turn_on(config):
    """As --sleep-mode-offload-cudagraph does, which older ones do not know."""
    asked = config.use_cumem_cudagraph_pool.fget

    def use_cumem_cudagraph_pool(self):
        model = self.model_config
        if model is not None and model.enable_sleep_mode:
            model.sleep_mode_offload_cudagraph = True
        return asked(self)

    config.use_cumem_cudagraph_pool = property(use_cumem_cudagraph_pool)


def replace_global_pool():
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
