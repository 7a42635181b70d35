import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';

/**
 * ChaCha20 with a 64-bit nonce and Poly1305 as `chacha20-poly1305@openssh.com` puts them together (OpenSSH PROTOCOL.chacha20poly1305), for
 * key files: packet number 0, no length field. Written out because BoringSSL (Electron) has no bare ChaCha20 and node:crypto no bare Poly1305.
 * Only a few hundred bytes go through it, in the key worker.
 */

/** The plain text, or null if the tag does not fit. `key` has 64 bytes; the second half is for packet lengths, which files do not have. */
export function openChachaPoly(key: Uint8Array, sealed: Uint8Array, tag: Uint8Array): Buffer | null {
  const words = new Uint32Array(8);
  const view = Buffer.from(key);
  for (let i = 0; i < 8; i += 1) words[i] = view.readUInt32LE(i * 4);
  const macKey = chachaBlock(words, 0).subarray(0, 32);
  if (tag.length !== 16 || !timingSafeEqual(poly1305(macKey, sealed), tag)) return null;
  const out = Buffer.from(sealed);
  for (let at = 0, counter = 1; at < out.length; at += 64, counter += 1) {
    const stream = chachaBlock(words, counter);
    for (let i = 0; i < 64 && at + i < out.length; i += 1) out[at + i] = (out[at + i] ?? 0) ^ (stream[i] ?? 0);
  }
  return out;
}

/** One block of key stream; the nonce is all zero. */
function chachaBlock(key: Uint32Array, counter: number): Buffer {
  const start = new Uint32Array(16);
  start.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
  start.set(key, 4);
  start[12] = counter;
  const x = start.slice();
  for (let round = 0; round < 10; round += 1) {
    for (let i = 0; i < 4; i += 1) quarter(x, i, 4 + i, 8 + i, 12 + i);
    for (let i = 0; i < 4; i += 1) quarter(x, i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4));
  }
  const out = Buffer.alloc(64);
  for (let i = 0; i < 16; i += 1) out.writeUInt32LE(((x[i] ?? 0) + (start[i] ?? 0)) >>> 0, i * 4);
  return out;
}

function quarter(x: Uint32Array, a: number, b: number, c: number, d: number): void {
  step(x, a, b, d, 16);
  step(x, c, d, b, 12);
  step(x, a, b, d, 8);
  step(x, c, d, b, 7);
}

function step(x: Uint32Array, to: number, add: number, mix: number, turn: number): void {
  const sum = ((x[to] ?? 0) + (x[add] ?? 0)) >>> 0;
  x[to] = sum;
  const mixed = (x[mix] ?? 0) ^ sum;
  x[mix] = (mixed << turn) | (mixed >>> (32 - turn));
}

const prime = (1n << 130n) - 5n;

function poly1305(key: Buffer, message: Uint8Array): Buffer {
  const r = littleEndian(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  const s = littleEndian(key.subarray(16, 32));
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = Buffer.concat([message.subarray(at, at + 16), Buffer.of(1)]);
    sum = ((sum + littleEndian(block)) * r) % prime;
  }
  const hex = ((sum + s) & ((1n << 128n) - 1n)).toString(16).padStart(32, '0');
  return Buffer.from(hex, 'hex').reverse();
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex') || '0'}`);
}
