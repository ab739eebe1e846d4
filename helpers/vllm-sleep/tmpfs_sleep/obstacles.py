"""Why a KV cache cannot be mapped late: who may touch blocks that were not handed out since the wake-up."""

# speculation whose drafts have no KV cache
WITHOUT_CACHE = ("ngram", "ngram_gpu", "suffix")
# of cache_dtype: vLLM 0.26 clears caches of all others when it wakes
NOT_QUANTIZED = ("auto", "float16", "bfloat16", "float32")


def obstacle(runner, pools):
    """In words, for the log; None where nothing is in the way. runner: vLLM's. pools: all of vLLM's pools of blocks in
    this process."""
    try:
        return of_layers(runner.kv_caches) or of_settings(runner.vllm_config) or of_pools(pools)
    except AttributeError as error:
        return f"this vLLM has other names: {error}"


def of_layers(caches):
    if not caches or not all(hasattr(cache, "data_ptr") for cache in caches):
        return "not all layers have a cache of blocks"
    if any(cache.element_size() == 1 for cache in caches):
        return "a layer's cache has numbers of one byte, and vLLM clears such caches when it wakes"
    return None


def of_settings(config):
    parallel, speculation = config.parallel_config, config.speculative_config
    if parallel.world_size > 1 or parallel.data_parallel_size > 1:
        return "several GPUs serve together"
    if config.kv_transfer_config is not None:
        return "a KV connector copies blocks by itself"
    if speculation is not None and speculation.method not in WITHOUT_CACHE:
        return f"drafts have a KV cache of their own ({speculation.method})"
    if config.cache_config.cache_dtype not in NOT_QUANTIZED:
        return f"vLLM clears a cache of {config.cache_config.cache_dtype} when it wakes"
    return None


def of_pools(pools):
    if not pools:
        return "no scheduler in this process has handed out a block"
    if len(pools) > 1:
        return "this process has several pools of blocks"
    if not all(unused(pool) for pool in pools):
        return "blocks from before the sleep are still in use or cached"
    return None


def unused(pool):
    """Whether each block must be handed out before it is touched: all are free, and none can be found by its prefix.
    Block 0 stands for none, and is never free."""
    return pool.get_num_free_blocks() == pool.num_gpu_blocks - 1 and not len(pool.cached_block_hash_to_block)
