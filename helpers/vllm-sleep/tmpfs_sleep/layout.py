"""Where the scheduler's blocks lie in the memory of the layers' caches."""

SPLIT = 1 << 20  # bytes: torch gives what is left of a large allocation to another tensor where it is more


def block_bytes(tensor, blocks):
    """Bytes from one of the scheduler's blocks to the next in a layer's cache; None where it does not begin with the
    blocks in order."""
    step, *inner = tensor.stride()
    reach = 1 + sum((length - 1) * stride for length, stride in zip(tensor.shape[1:], inner))
    if tensor.shape[0] % blocks or reach > step:
        return None
    return tensor.shape[0] // blocks * step * tensor.element_size()


def share_of(tensors, blocks, address, size, share, counts):
    """How many of the scheduler's blocks lie in the first bytes of an allocation; where that is not known, why.
    counts: gives what `counted` does."""
    inside = [tensor for tensor in tensors if address <= tensor.data_ptr() < address + size]
    if not inside:
        return "it is no layer's"
    if share >= size:
        return "it is not larger than what is mapped first"
    found = [(tensor.data_ptr() - address, block_bytes(tensor, blocks)) for tensor in inside]
    if any(step is None for _, step in found):
        return "its blocks do not lie one after the other"
    if max(offset for offset, _ in found) >= share:
        return "a layer's cache begins behind what is mapped first"
    if size - max(offset + blocks * step for offset, step in found) > SPLIT and counts().get(address) != 1:
        return "vLLM keeps something else behind it"
    return min((share - offset) // step for offset, step in found)


def counted():
    """How many tensors torch holds in each allocation, by its address. It takes milliseconds."""
    import torch

    return {
        segment["address"]: sum(block["state"] != "inactive" for block in segment["blocks"])
        for segment in torch.cuda.memory_snapshot()
    }
