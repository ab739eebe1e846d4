"""What changed on the GPU since it was copied to the image: found by checksums, which the GPU makes at its memory's
speed, many times that of the bus. Weights hardly ever change, but adapters and scales may."""

import contextlib

from . import say

WORDS = 4 << 20  # of 8 bytes, at a time: 32 MB
MIX = 0x9E3779B97F4A7C15 - (1 << 64)  # odd, as a signed number
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
    """int64[WORDS], the same in each call; torch's own random numbers stay as they are."""
    import torch

    generator = torch.Generator(device=device).manual_seed(1)
    factors = torch.randint(-(1 << 62), 1 << 62, (WORDS,), generator=generator, device=device, dtype=torch.int64)
    return factors * 2 + 1


def checksum(words, factors):
    """words: int64[any]. Returns int64[1]; all is modulo 2^64. One word that changes always changes it, because factors
    are odd; several do not once in 2^32 times at the most.

    Each word's upper half is mixed into the lower one, or words that differ in their upper bits alone, such as every
    fourth number of bfloat16, could cancel each other out: products have that difference in their upper bits alone.
    """
    import torch

    total = torch.zeros(1, dtype=torch.int64, device=words.device)
    for part in words.split(len(factors)):
        mixed = part >> 32
        mixed &= LOWER
        mixed ^= part
        mixed *= factors[: len(part)]
        total = total * MIX + mixed.sum()
    return total


def checksums(blocks):
    """Of (offset, address, bytes) on this process's GPU; bytes are a multiple of 8. Returns {block: number}."""
    import torch

    with torch.inference_mode():
        factors = odd_factors("cuda")
        sums = [checksum(torch.as_tensor(Memory(at, length), device="cuda"), factors) for _, at, length in blocks]
        return dict(zip(blocks, torch.cat(sums).tolist()))


class Unchanged:
    """Of blocks and the one image that they were copied to."""

    def __init__(self):
        self._known = {}  # block -> its checksum when it was copied last

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
