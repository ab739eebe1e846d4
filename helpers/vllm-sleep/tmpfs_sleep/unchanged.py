"""What changed on the GPU since it was copied to the image: found by checksums, which the GPU makes at its memory's
speed, many times that of the bus. Weights hardly ever change, but adapters and scales may."""

import contextlib
import itertools

from . import say

WORDS = 4 << 20  # of 8 bytes, at a time: 32 MB
LOWER = (1 << 32) - 1


class Memory:
    """A block of GPU memory as torch takes it from elsewhere: numbers of 8 bytes."""

    def __init__(self, address, length):
        self.__cuda_array_interface__ = {
            "shape": (length // 8,),
            "typestr": "<i8",
            "data": (address, False),
            "strides": None,
            "version": 3,
        }


def odd_factors(device):
    """int64[2, WORDS], the same in each call; torch's own random numbers stay as they are."""
    import torch

    generator = torch.Generator(device=device).manual_seed(1)
    factors = torch.randint(-(1 << 62), 1 << 62, (2, WORDS), generator=generator, device=device, dtype=torch.int64)
    return factors * 2 + 1


def checksums_of_parts(words, factors):
    """words: int64[any]; factors: for the lower and for the upper halves of as many words as a part has. Returns an
    int64 for each part; all is modulo 2^64. One half that changes always changes it, because factors are odd; several
    do not once in 2^32 times at the most, whichever of their bits change.

    Halves, not whole words: what differs in the upper bits of whole words alone, such as every fourth number of
    bfloat16, differs in the upper bits of their products alone, where a sum soon cancels out.
    """
    lower_factors, upper_factors = factors
    sums = []
    for part in words.split(len(lower_factors)):
        lower = part & LOWER
        lower *= lower_factors[: len(part)]
        upper = part >> 32
        upper *= upper_factors[: len(part)]
        sums.append(lower.sum() + upper.sum())
    return sums


def checksums(blocks):
    """Of (offset, address, bytes) on this process's GPU; bytes are a multiple of 8. Returns {block: numbers}."""
    import torch

    with torch.inference_mode():
        factors = odd_factors("cuda")
        sums = [
            checksums_of_parts(torch.as_tensor(Memory(at, length), device="cuda"), factors) for _, at, length in blocks
        ]
        numbers = iter(torch.stack([one for parts in sums for one in parts]).tolist())
        return {block: tuple(itertools.islice(numbers, len(parts))) for block, parts in zip(blocks, sums)}


class Unchanged:
    """Of blocks and the one image that they were copied to."""

    def __init__(self):
        self._known = {}  # block -> its checksums when it was copied last

    def forget(self):
        self._known = {}

    @contextlib.contextmanager
    def copying(self, blocks):
        """Gives those that must be copied: all where no checksum can be had. Nothing is known where a copy fails."""
        known, now = self._known, {}
        self.forget()
        try:
            now = checksums(blocks)
        except Exception as error:
            say("fallback", f"all that sleeps is copied, changed or not: {error!r}")
        yield [block for block in blocks if block not in now or now[block] != known.get(block)]
        self._known = now
