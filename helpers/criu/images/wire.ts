/**
 * Protobuf's wire format, in both directions, with every field kept: also those this suite has no name for. Generated
 * readers (protobufjs among them) drop unknown fields, and an image written without them may no longer restore.
 * Source: protobuf.dev/programming-guides/encoding.
 */

/** Bytes that are no image, or no message. The only error that reading images throws. */
export class ImageError extends Error {
  override name = 'ImageError'
}

export interface Field {
  number: number
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  type: 0 | 1 | 2 | 5
  /** A varint as its 64 bits without sign; everything else as its bytes. */
  value: bigint | Uint8Array
}

/** Reads the fields of one message, in the order in which they stand. */
export function decode(bytes: Uint8Array): Field[] {
  const fields: Field[] = []
  const cursor = { bytes, at: 0 }
  while (cursor.at < bytes.length) {
    const key = readVarint(cursor)
    const number = Number(key >> 3n)
    const type = Number(key & 7n)
    if (number < 1 || number > 0x1fff_ffff) throw new ImageError(`field number ${number} at byte ${cursor.at}`)
    fields.push(
      type === 0
        ? { number, type, value: readVarint(cursor) }
        : type === 1
          ? { number, type, value: take(cursor, 8) }
          : type === 2
            ? { number, type, value: take(cursor, Number(readVarint(cursor))) }
            : type === 5
              ? { number, type, value: take(cursor, 4) }
              : fail(`wire type ${type} at byte ${cursor.at}`),
    )
  }
  return fields
}

/** The bytes of a message; {@link decode} gives the same fields back. */
export function encode(fields: readonly Field[]): Uint8Array {
  const out: number[] = []
  const parts: Uint8Array[] = []
  const flush = () => parts.push(Uint8Array.from(out.splice(0)))
  for (const { number, type, value } of fields) {
    writeVarint(out, (BigInt(number) << 3n) | BigInt(type))
    if (typeof value === 'bigint') writeVarint(out, value)
    else {
      if (type === 2) writeVarint(out, BigInt(value.length))
      flush()
      parts.push(value)
    }
  }
  flush()
  return Buffer.concat(parts)
}

/** protobuf's sint32 and sint64 (zigzag): 0, -1, 1, -2 are 0, 1, 2, 3. */
export const zigzag = {
  decode: (value: bigint): number => Number(BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n))),
  encode: (value: number): bigint => BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n)),
}

interface Cursor {
  bytes: Uint8Array
  at: number
}

function readVarint(cursor: Cursor): bigint {
  let low = 0
  let wide: bigint | undefined
  for (let index = 0; index < 10; index++) {
    const byte = cursor.bytes[cursor.at++] ?? fail(`ends in the middle of a number, at byte ${cursor.bytes.length}`)
    // Up to 28 bits in plain numbers: nearly all values are small, and bigint arithmetic is an order slower.
    if (index < 4) low |= (byte & 127) << (7 * index)
    else wide = (wide ?? BigInt(low)) | (BigInt(byte & 127) << BigInt(7 * index))
    if (byte < 128) {
      if (index === 9 && byte > 1) break
      return wide ?? BigInt(low)
    }
  }
  return fail(`a number of more than 64 bits, before byte ${cursor.at}`)
}

function writeVarint(out: number[], value: bigint): void {
  let rest = value
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  out.push(Number(rest))
}

function take(cursor: Cursor, length: number): Uint8Array {
  if (cursor.at + length > cursor.bytes.length)
    fail(`${length} bytes wanted at byte ${cursor.at}, ${cursor.bytes.length - cursor.at} are left`)
  return cursor.bytes.subarray(cursor.at, (cursor.at += length))
}

function fail(message: string): never {
  throw new ImageError(message)
}
