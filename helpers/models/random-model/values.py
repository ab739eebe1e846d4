"""Random values, drawn once and taken from another place of the pool for every tensor.

Drawing all of a large model would take minutes on CPUs. A compressor's window, some megabytes, never sees the pool's
beginning again.
"""

from tensors import BF16, F32, FP8, NORM, SCALE

POOL = 1 << 27  # values
STEP = 15485863  # from tensor to tensor: a prime, so that layers differ
LARGEST = 448.0  # that float8_e4m3fn holds; what is beyond would become NaN
DEVIATIONS = 6  # of the normal distribution, which the largest stands for


class Pool:
    def __init__(self, torch, seed, deviation, size=POOL):
        generator = torch.Generator().manual_seed(seed)
        values = torch.empty(size, dtype=torch.float32).normal_(0, 1, generator=generator)
        self.scale = DEVIATIONS * deviation / LARGEST
        fp8 = (values * (LARGEST / DEVIATIONS)).clamp_(-LARGEST, LARGEST).to(torch.float8_e4m3fn)
        bf16 = values.mul_(deviation).to(torch.bfloat16)
        self._torch, self._size, self._at = torch, size, 0
        self._values = {form: self._bytes(values) for form, values in ((FP8, fp8), (BF16, bf16))}

    def _bytes(self, values):
        return memoryview(values.view(self._torch.uint8).numpy()).cast("B")

    def pieces(self, count, kind, form, width):
        """Yields the bytes of so many values of `width` bytes."""
        if kind == SCALE:
            assert form == F32
            yield self._bytes(self._torch.full((count,), self.scale))
        elif kind == NORM:
            yield self._bytes(self._torch.ones(count, dtype=self._torch.bfloat16))
        else:
            self._at = (self._at + STEP) % self._size
            at = self._at
            while count:
                length = min(count, self._size - at)
                yield self._values[form][at * width : (at + length) * width]
                count, at = count - length, 0
