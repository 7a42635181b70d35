import { expect, test } from 'vitest';
import { areProofsModern } from '../../../src/main/engine/ssh/host-key-notice.ts';
import { createClient, Ssh2Seam } from '../../../src/main/engine/ssh/ssh2-seam.ts';
import { WireWriter } from '../../../src/main/engine/ssh/wire-format.ts';
import { Duplex } from 'node:stream';

function proofs(...algorithms: string[]): Buffer {
  const writer = new WireWriter();
  for (const algorithm of algorithms)
    writer.string(new WireWriter().string(algorithm).string(Buffer.from('signature')).toBuffer());
  return writer.toBuffer();
}

test('a proof with SHA-1, or one that cannot be read, is none', () => {
  expect(areProofsModern(proofs('rsa-sha2-512', 'ssh-ed25519', 'ecdsa-sha2-nistp256'))).toBe(true);
  expect(areProofsModern(proofs('ssh-ed25519', 'ssh-rsa'))).toBe(false);
  expect(areProofsModern(proofs('ssh-ed25519').subarray(0, 20))).toBe(false);
});

test('the reply is seen before ssh2 believes it', () => {
  const client = createClient();
  client.on('error', () => {});
  client.connect({ sock: new Duplex({ read() {}, write: (_c, _e, done) => done() }), username: 'me', readyTimeout: 0 });
  type Answered = (failed: boolean, reply?: Buffer) => void;
  const internals = client as unknown as {
    _callbacks: Answered[];
    _protocol: { openssh_hostKeysProve(keys: readonly unknown[]): void };
  };
  const asked: unknown[] = [];
  internals._protocol.openssh_hostKeysProve = (keys) => asked.push(keys);
  new Ssh2Seam(client).checkHostKeyProofs(areProofsModern);
  const verdicts: boolean[] = [];
  for (const [failed, reply] of [
    [false, proofs('rsa-sha2-256')],
    [false, proofs('ssh-rsa')],
    [true, undefined],
  ] as const) {
    internals._callbacks.push((isFailed) => verdicts.push(isFailed));
    internals._protocol.openssh_hostKeysProve(['key']);
    internals._callbacks.pop()?.(failed, reply);
  }
  expect(verdicts).toEqual([false, true, true]);
  expect(asked).toEqual([['key'], ['key'], ['key']]);
  client.destroy();
});
