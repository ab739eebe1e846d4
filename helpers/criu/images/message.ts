import { decode, encode, type Field, ImageError } from './wire.ts'

/** One protobuf message, never changed: every `with` gives a new one. Fields nobody asks for stay as they were. */
export class Message {
  readonly fields: readonly Field[]
  constructor(fields: readonly Field[] = []) {
    this.fields = fields
  }

  /** @throws ImageError where the bytes are no message */
  static decode(bytes: Uint8Array): Message {
    return new Message(decode(bytes))
  }

  encode(): Uint8Array {
    return encode(this.fields)
  }

  has(number: number): boolean {
    return this.fields.some(field => field.number === number)
  }

  /** A number that fits a double exactly: counts, flags, and addresses and offsets that are whole pages. */
  number(number: number, otherwise?: number): number {
    const value = this.integer(number)
    return value === undefined ? (otherwise ?? missing(number)) : Number(value)
  }

  /** All 64 bits. */
  integer(number: number): bigint | undefined {
    const value = this.last(number)
    if (value !== undefined && typeof value !== 'bigint') throw new ImageError(`field ${number} is not a number`)
    return value
  }

  /** Every value of a repeated number, packed or not. */
  numbers(number: number): number[] {
    return this.fields
      .filter(field => field.number === number)
      .flatMap(({ value }) => (typeof value === 'bigint' ? [Number(value)] : decodePacked(value)))
  }

  text(number: number): string | undefined {
    const value = this.bytes(number)
    return value && Buffer.from(value).toString('utf8')
  }

  bytes(number: number): Uint8Array | undefined {
    const value = this.last(number)
    if (typeof value === 'bigint') throw new ImageError(`field ${number} is a number, not bytes`)
    return value
  }

  /** The message in a field. */
  message(number: number): Message | undefined {
    const value = this.bytes(number)
    return value && Message.decode(value)
  }

  /** Every message of a repeated field. */
  messages(number: number): Message[] {
    return this.fields
      .filter(field => field.number === number)
      .map(({ value }) =>
        typeof value === 'bigint' ? fail(`field ${number} is a number, not a message`) : Message.decode(value),
      )
  }

  /** This message with one value for a field, where the field stood, or in the order of numbers where it did not. */
  with(number: number, value: number | bigint | string | Message): Message {
    return this.replace(number, [toField(number, value)])
  }

  /** This message with these messages for a repeated field. */
  withMessages(number: number, messages: readonly Message[]): Message {
    return this.replace(
      number,
      messages.map(message => toField(number, message)),
    )
  }

  private replace(number: number, fields: Field[]): Message {
    const found = this.fields.findIndex(field => field.number === number)
    const next = this.fields.findIndex(field => field.number > number)
    const at = found >= 0 ? found : next >= 0 ? next : this.fields.length
    const others = (field: Field) => field.number !== number
    return new Message([...this.fields.slice(0, at).filter(others), ...fields, ...this.fields.slice(at).filter(others)])
  }

  private last(number: number): Field['value'] | undefined {
    return this.fields.findLast(field => field.number === number)?.value
  }
}

function toField(number: number, value: number | bigint | string | Message): Field {
  if (typeof value === 'string') return { number, type: 2, value: Buffer.from(value) }
  if (value instanceof Message) return { number, type: 2, value: value.encode() }
  return { number, type: 0, value: BigInt.asUintN(64, BigInt(value)) }
}

/** A packed list is the varints of a message without their keys. */
function decodePacked(bytes: Uint8Array): number[] {
  const values: number[] = []
  let value = 0n
  let shift = 0n
  for (const byte of bytes) {
    value |= BigInt(byte & 127) << shift
    shift += 7n
    if (byte > 127) continue
    values.push(Number(value))
    value = shift = 0n
  }
  return values
}

const missing = (number: number): never => fail(`field ${number} is missing`)

function fail(message: string): never {
  throw new ImageError(message)
}
