import { Buffer } from 'node:buffer';
import { bytesOf, DhExchange } from './dh-group.ts';

/**
 * The fixed groups of RFC 2409 and RFC 3526: p = 2^bits - 2^(bits-64) - 1 + 2^64 * (floor(2^(bits-130) * pi) + c), generator 2. Calculated here and not
 * by Node's `createDiffieHellmanGroup`, which on BoringSSL (Electron) proves at each exchange that the prime is one: 2 s for 4,096 bits, more than
 * half a minute for 8,192, on the thread that carries all tunnels.
 */
const groups: ReadonlyMap<string, { readonly bits: bigint; readonly c: bigint }> = new Map([
  ['modp2', { bits: 1024n, c: 129_093n }],
  ['modp14', { bits: 2048n, c: 124_476n }],
  ['modp15', { bits: 3072n, c: 1_690_314n }],
  ['modp16', { bits: 4096n, c: 240_904n }],
  ['modp17', { bits: 6144n, c: 929_484n }],
  ['modp18', { bits: 8192n, c: 4_743_158n }],
]);

const generator = Buffer.of(2);
const primes = new Map<string, Buffer>();

/** An exchange in the group of this name (`modp14`); null if there is none. */
export function fixedGroupExchange(name: string): DhExchange | null {
  const prime = fixedPrime(name);
  return prime === null ? null : new DhExchange(prime, generator);
}

/** Big-endian. Some milliseconds at first, for the largest. */
export function fixedPrime(name: string): Buffer | null {
  const group = groups.get(name);
  if (group === undefined) return null;
  const known = primes.get(name);
  if (known !== undefined) return known;
  const { bits, c } = group;
  const prime = bytesOf((1n << bits) - (1n << (bits - 64n)) - 1n + ((scaledPi(bits - 130n) + c) << 64n));
  primes.set(name, prime);
  return prime;
}

/** floor(2^bits * pi), by Machin's formula: pi = 16 arctan(1/5) - 4 arctan(1/239). */
function scaledPi(bits: bigint): bigint {
  // What the divisions below cut off in all stays far below 2^64 of these units.
  const spareBits = 64n;
  const one = 1n << (bits + spareBits);
  return (16n * scaledArctan(5n, one) - 4n * scaledArctan(239n, one)) >> spareBits;
}

/** one * arctan(1/x). */
function scaledArctan(x: bigint, one: bigint): bigint {
  let power = one / x;
  let sum = power;
  for (let n = 3n; power !== 0n; n += 2n) {
    power = -power / (x * x);
    sum += power / n;
  }
  return sum;
}
