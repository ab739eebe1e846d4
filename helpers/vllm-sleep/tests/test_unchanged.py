"""Checksums of what sleeps, with numbers of 64 bits in place of torch's."""

import random
import unittest

from tmpfs_sleep import unchanged

TOP = 1 << 63
UPPER = 0xFFFFFFFF << 32
SIGNS_16 = 0x8000800080008000
SIGNS_8 = 0x8080808080808080


def signed(number):
    return (number + TOP) % (1 << 64) - TOP


class Words:
    """int64[any] as torch has it, on no device."""

    def __init__(self, numbers):
        self.numbers = [signed(number) for number in numbers]

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self, part):
        return Words(self.numbers[part])

    def _each(self, other, do):
        others = other.numbers if isinstance(other, Words) else [other] * len(self)
        return Words(do(one, another) for one, another in zip(self.numbers, others, strict=True))

    def __rshift__(self, by):
        return self._each(by, lambda one, bits: one >> bits)

    def __and__(self, other):
        return self._each(other, lambda one, another: one & another)

    def __mul__(self, other):
        return self._each(other, lambda one, another: one * another)

    def split(self, length):
        return [self[at : at + length] for at in range(0, len(self), length)]

    def sum(self):
        return signed(sum(self.numbers))


class Checksum(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(1)
        # as odd_factors makes them
        self.factors = [Words(2 * self.random.randrange(-(1 << 62), 1 << 62) + 1 for _ in range(16)) for _ in range(2)]
        self.words = [self.random.getrandbits(64) for _ in range(40)]

    def of(self, words):
        return [signed(number) for number in unchanged.checksums_of_parts(Words(words), self.factors)]

    def changed(self, places, change):
        words = list(self.words)
        for place in places:
            words[place] = change(words[place])
        return self.of(words)

    def test_the_same_words_have_the_same(self):
        self.assertEqual(self.of(self.words), self.of(list(self.words)))

    def test_any_bit_of_any_word(self):
        was = self.of(self.words)
        for place in (0, 15, 16, 39):
            for bit in range(64):
                self.assertNotEqual(self.changed([place], lambda word: word ^ 1 << bit), was, (place, bit))

    def test_the_same_bits_of_several_words(self):
        was = self.of(self.words)
        # a sign, the last number of FP8, of bfloat16, of float32; all signs of float32, of bfloat16, of FP8; all bits
        for bits in (TOP, 0xFF << 56, 0xFFFF << 48, UPPER, TOP | TOP >> 32, SIGNS_16, SIGNS_8, UPPER | UPPER >> 32):
            for places in ((2, 3), (4, 5, 6, 7), range(0, 16), (3, 19), range(32), range(40)):
                self.assertNotEqual(self.changed(places, lambda word: word ^ bits), was, (hex(bits), places))

    def test_two_random_words_and_all_signs(self):
        was = self.of(self.words)
        for _ in range(500):
            places = self.random.sample(range(16), 2)
            for bits in (TOP | TOP >> 32, SIGNS_16):
                self.assertNotEqual(self.changed(places, lambda word: word ^ bits), was, (hex(bits), places))

    def test_words_that_change_places(self):
        was = self.of(self.words)
        for one, another in ((0, 1), (7, 8), (0, 16), (20, 39)):
            words = list(self.words)
            words[one], words[another] = words[another], words[one]
            self.assertNotEqual(self.of(words), was)
