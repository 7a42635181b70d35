import { Buffer } from 'node:buffer';

/**
 * SSH's data types (RFC 4251 section 5). The reader hands out views of its buffer: a length is compared with what is there before anything
 * is allocated.
 */

/** The bytes are not what the format says. */
export class WireFormatError extends Error {
  override readonly name = 'WireFormatError';
  readonly code: 'truncated' | 'malformed';

  constructor(code: 'truncated' | 'malformed', message: string) {
    super(message);
    this.code = code;
  }
}

/** Reads SSH values one after the other. Every method throws `WireFormatError` when the bytes run out or do not fit the type. */
export class WireReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** The next `length` bytes as a view. */
  raw(length: number): Buffer {
    if (length < 0 || length > this.remaining)
      throw new WireFormatError('truncated', `${length} bytes wanted, ${this.remaining} left`);
    const view = this.#bytes.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    return view;
  }

  byte(): number {
    return this.raw(1).readUInt8(0);
  }

  boolean(): boolean {
    return this.byte() !== 0;
  }

  uint32(): number {
    return this.raw(4).readUInt32BE(0);
  }

  uint64(): bigint {
    return this.raw(8).readBigUInt64BE(0);
  }

  /** A `string` as a view of the reader's buffer. */
  string(): Buffer {
    return this.raw(this.uint32());
  }

  /** A `string` as UTF-8. */
  text(): string {
    return this.string().toString('utf8');
  }

  /** A `string` that names something of the protocol: printable US-ASCII, at most 64 characters (RFC 4251 section 6). */
  name(): string {
    const bytes = this.string();
    if (bytes.length > 64 || bytes.some((byte) => byte <= 0x20 || byte >= 0x7f))
      throw new WireFormatError('malformed', 'not a protocol name');
    return bytes.toString('latin1');
  }

  /** A non-negative `mpint` as big-endian bytes without leading zeros; zero is empty. */
  mpint(): Buffer {
    const bytes = this.string();
    if (bytes.length > 0 && bytes.readUInt8(0) >= 0x80) throw new WireFormatError('malformed', 'negative number');
    return withoutLeadingZeros(bytes);
  }

  /** Everything not read yet. */
  rest(): Buffer {
    return this.raw(this.remaining);
  }

  /** Fails if bytes are left. */
  end(): void {
    if (this.remaining > 0) throw new WireFormatError('malformed', `${this.remaining} bytes too many`);
  }
}

/** Writes SSH values one after the other. */
export class WireWriter {
  readonly #parts: Buffer[] = [];

  raw(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes));
    return this;
  }

  byte(value: number): this {
    return this.raw(Buffer.of(value));
  }

  boolean(value: boolean): this {
    return this.byte(value ? 1 : 0);
  }

  uint32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return this.raw(bytes);
  }

  uint64(value: bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(value);
    return this.raw(bytes);
  }

  string(value: Uint8Array | string): this {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    return this.uint32(bytes.length).raw(bytes);
  }

  /** A non-negative number given as big-endian bytes. */
  mpint(value: Uint8Array): this {
    const bytes = withoutLeadingZeros(Buffer.from(value));
    const first = bytes[0];
    return this.string(first !== undefined && first >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
  }

  toBuffer(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

function withoutLeadingZeros(bytes: Buffer): Buffer {
  let start = 0;
  while (start < bytes.length && bytes[start] === 0) start += 1;
  return bytes.subarray(start);
}
