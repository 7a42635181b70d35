import { Buffer } from 'node:buffer';
import { createDiffieHellmanGroup } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitsOf, DhExchange, groupFault, publicValueFault } from '../../../src/main/engine/ssh/dh-group.ts';

const prime = createDiffieHellmanGroup('modp14').getPrime();
const generator = Buffer.of(2);
const number = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(514, '0'), 'hex');
const p = BigInt(`0x${prime.toString('hex')}`);

describe('a group of the server', () => {
  test.each([
    [2047, true],
    [2048, false],
    [8192, false],
    [8193, true],
  ])('of %i bits', (bits, isRefused) => {
    const odd = Buffer.from((1n << BigInt(bits - 1)).toString(16).padStart(2 * Math.ceil(bits / 8), '0'), 'hex');
    odd.writeUInt8(1, odd.length - 1);
    expect(bitsOf(odd)).toBe(bits);
    expect(groupFault(odd, generator) !== null).toBe(isRefused);
  });

  test('generator and public value: 1 < x < p - 1', () => {
    for (const [value, isRefused] of [
      [0n, true],
      [1n, true],
      [2n, false],
      [p - 2n, false],
      [p - 1n, true],
      [p, true],
      [p + 1n, true],
      [p * 4n, true],
    ] as const) {
      expect([value, groupFault(prime, number(value)) !== null]).toEqual([value, isRefused]);
      expect([value, publicValueFault(number(value), prime) !== null]).toEqual([value, isRefused]);
    }
  });

  test('any value is judged as arithmetic would', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 2052n }), (value) => {
        expect(publicValueFault(number(value), prime) === null).toBe(value > 1n && value < p - 1n);
      }),
    );
  });
});

test('calculates as OpenSSL does', () => {
  for (let i = 0; i < 5; i += 1) {
    const theirs = createDiffieHellmanGroup('modp14');
    const theirValue = theirs.generateKeys();
    const ours = new DhExchange(prime, generator);
    const secret = theirs.computeSecret(ours.publicValue);
    expect(ours.secret(theirValue).equals(secret.subarray(secret.findIndex((byte) => byte !== 0)))).toBe(true);
  }
});
