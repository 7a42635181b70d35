import { Buffer } from 'node:buffer';
import type { Said } from '../../../shared/i18n/said.ts';
import { server } from '../../../shared/i18n/sentences/server.ts';
import { randomBytes } from 'node:crypto';

/** Bits that a group of the server's choice must have at least and may have at most (RFC 8270 section 3; OpenSSH's DH_GRP_MIN and DH_GRP_MAX). */
export const minGroupBits = 2048;
export const maxGroupBits = 8192;

/** Bits of the private exponent: twice the strength of the strongest cipher, as OpenSSH takes it. */
const exponentBytes = 64;
const windowBits = 4;

/** Bits of a number given as big-endian bytes. */
export function bitsOf(number: Uint8Array): number {
  const start = number.findIndex((byte) => byte !== 0);
  const first = start === -1 ? undefined : number[start];
  return first === undefined ? 0 : (number.length - start) * 8 - (Math.clz32(first) - 24);
}

/**
 * What is wrong with the group of SSH_MSG_KEX_DH_GEX_GROUP (RFC 4419 section 3), or null. Looks at lengths and order alone: a server may choose
 * the numbers, and so what it costs to calculate with them. Big-endian bytes without leading zeros.
 */
export function groupFault(prime: Buffer, generator: Buffer): Said | null {
  const bits = bitsOf(prime);
  if (bits < minGroupBits || bits > maxGroupBits)
    return server.groupBits({ bits, least: minGroupBits, most: maxGroupBits });
  if (!isOdd(prime)) return server.groupWithoutPrime();
  return isBetween(generator, prime) ? null : server.groupWithoutGenerator();
}

/** What is wrong with the public value that the server sent, or null: 1 < f < p - 1 (RFC 8268 section 4). */
export function publicValueFault(value: Buffer, prime: Buffer): Said | null {
  return isBetween(value, prime) ? null : server.publicValue();
}

/** 1 < value < p - 1, for an odd p. */
function isBetween(value: Buffer, prime: Buffer): boolean {
  const bits = bitsOf(value);
  if (bits < 2 || bits > bitsOf(prime)) return false;
  const last = Buffer.from(prime);
  last.writeUInt8((last.at(-1) ?? 0) & 0xfe, last.length - 1);
  const width = Math.max(last.length, value.length);
  return widened(value, width).compare(widened(last, width)) < 0;
}

function widened(number: Buffer, bytes: number): Buffer {
  return Buffer.concat([Buffer.alloc(bytes - number.length), number]);
}

function isOdd(number: Buffer): boolean {
  return ((number.at(-1) ?? 0) & 1) === 1;
}

/**
 * One Diffie-Hellman exchange in a group that `groupFault` let pass. Node's own `createDiffieHellman` first proves that a prime is one, which takes
 * a second for 3,072 bits and a minute for 8,192; OpenSSH does without, for a server that wants to give the secret away can do so anyway.
 */
export class DhExchange {
  /** Big-endian, without leading zeros. */
  readonly publicValue: Buffer;
  readonly prime: Buffer;
  readonly generator: Buffer;
  readonly #exponent: bigint;

  constructor(prime: Buffer, generator: Buffer, exponent: Buffer = randomExponent()) {
    this.prime = prime;
    this.generator = generator;
    this.#exponent = numberOf(exponent);
    this.publicValue = bytesOf(power(numberOf(generator), this.#exponent, numberOf(prime)));
  }

  /** The shared secret with the other side's value, which `publicValueFault` must have let pass. */
  secret(other: Buffer): Buffer {
    return bytesOf(power(numberOf(other), this.#exponent, numberOf(this.prime)));
  }
}

function randomExponent(): Buffer {
  const bytes = randomBytes(exponentBytes);
  bytes.writeUInt8(bytes.readUInt8(0) | 0x80, 0);
  return bytes;
}

function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x0${bytes.toString('hex')}`);
}

/** Big-endian, without leading zeros. */
export function bytesOf(number: bigint): Buffer {
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 === 1 ? `0${hex}` : hex, 'hex');
}

/** base^exponent mod modulus, four bits of the exponent at a time. */
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  const powers = [1n];
  for (let i = 1; i < 1 << windowBits; i += 1) powers.push(((powers[i - 1] ?? 1n) * base) % modulus);
  let result = 1n;
  for (const digit of exponent.toString(1 << windowBits)) {
    for (let i = 0; i < windowBits; i += 1) result = (result * result) % modulus;
    result = (result * (powers[Number.parseInt(digit, 1 << windowBits)] ?? 1n)) % modulus;
  }
  return result;
}
