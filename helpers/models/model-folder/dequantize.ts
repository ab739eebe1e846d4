/**
 * Weights of a GGUF file as numbers. Layouts: ggml's ggml-common.h, block_q4_0, block_q4_1 and block_q8_0; the low
 * halves of bytes are a block's first 16 weights.
 */

interface Layout {
  name: string
  /** Weights of one block, and its bytes. */
  weights: number
  bytes: number
  /** Writes the weights of the block that begins at `from` to `to`, from `at` on. */
  unpack(bytes: DataView, from: number, to: Float32Array, at: number): void
}

const BLOCK = 32
const HALF = BLOCK / 2

/** Nibbles from `from` on, each as `nibble * scale + least`. */
function nibbles(bytes: DataView, from: number, scale: number, least: number, to: Float32Array, at: number) {
  for (let i = 0; i < HALF; i++) {
    const byte = bytes.getUint8(from + i)
    to[at + i] = (byte & 15) * scale + least
    to[at + HALF + i] = (byte >> 4) * scale + least
  }
}

/** A layout without blocks. */
const numbers = (name: string, size: number, read: (bytes: DataView, from: number) => number): Layout => ({
  name,
  weights: 1,
  bytes: size,
  unpack(bytes, from, to, at) {
    to[at] = read(bytes, from)
  },
})

const word = new DataView(new ArrayBuffer(4))
function bf16At(bytes: DataView, from: number): number {
  word.setUint16(0, bytes.getUint16(from, true))
  return word.getFloat32(0)
}

/** By the number of its ggml type. */
export const LAYOUTS: Record<number, Layout> = {
  0: numbers('F32', 4, (bytes, from) => bytes.getFloat32(from, true)),
  1: numbers('F16', 2, (bytes, from) => bytes.getFloat16(from, true)),
  2: {
    name: 'Q4_0',
    weights: BLOCK,
    bytes: 2 + HALF,
    unpack(bytes, from, to, at) {
      const scale = bytes.getFloat16(from, true)
      nibbles(bytes, from + 2, scale, -8 * scale, to, at)
    },
  },
  3: {
    name: 'Q4_1',
    weights: BLOCK,
    bytes: 4 + HALF,
    unpack(bytes, from, to, at) {
      nibbles(bytes, from + 4, bytes.getFloat16(from, true), bytes.getFloat16(from + 2, true), to, at)
    },
  },
  8: {
    name: 'Q8_0',
    weights: BLOCK,
    bytes: 2 + BLOCK,
    unpack(bytes, from, to, at) {
      const scale = bytes.getFloat16(from, true)
      for (let i = 0; i < BLOCK; i++) to[at + i] = bytes.getInt8(from + 2 + i) * scale
    },
  },
  30: numbers('BF16', 2, bf16At),
}

/** @param packed whole blocks of that layout */
export function dequantize(layout: Layout, packed: Uint8Array): Float32Array {
  const bytes = new DataView(packed.buffer, packed.byteOffset, packed.length)
  const blocks = packed.length / layout.bytes
  const to = new Float32Array(blocks * layout.weights)
  for (let i = 0; i < blocks; i++) layout.unpack(bytes, i * layout.bytes, to, i * layout.weights)
  return to
}

/** The nearest bf16 of each number, as bits; of two as near the even one. Numbers are finite. */
export function asBf16(numbers: Float32Array): Uint16Array {
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length)
  const halves = new Uint16Array(numbers.length)
  for (let i = 0; i < words.length; i++) halves[i] = (words[i]! + 0x7fff + ((words[i]! >>> 16) & 1)) >>> 16
  return halves
}
