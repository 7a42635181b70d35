import { createDiffieHellmanGroup } from 'node:crypto';
import { expect, test } from 'vitest';
import { fixedGroupExchange, fixedPrime } from '../../../src/main/engine/ssh/fixed-group.ts';

test.each(['modp2', 'modp14', 'modp15', 'modp16', 'modp17', 'modp18'])('%s is the one that OpenSSL has', (name) => {
  const theirs = createDiffieHellmanGroup(name);
  expect(fixedPrime(name)?.toString('hex')).toBe(theirs.getPrime('hex'));
  const ours = fixedGroupExchange(name);
  expect(ours?.generator.equals(theirs.getGenerator())).toBe(true);
  const secret = ours?.secret(theirs.generateKeys()).toString('hex') ?? '';
  const expected = theirs.computeSecret(ours?.publicValue ?? Buffer.of()).toString('hex');
  expect(secret.padStart(expected.length, '0')).toBe(expected);
});

test('another name is none', () => {
  expect(fixedPrime('modp5')).toBeNull();
  expect(fixedGroupExchange('constructor')).toBeNull();
});
