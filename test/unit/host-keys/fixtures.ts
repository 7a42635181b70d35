import { createHash, generateKeyPairSync } from 'node:crypto';
import type { HostConfig } from '../../../src/shared/model/config.ts';
import { hashName } from '../../../src/main/engine/host-keys/host-names.ts';
import { hostConfig } from '../../support/host-config.ts';

/** A length-prefixed field of a key blob. */
export function field(data: string | Uint8Array): Buffer {
  const bytes = Buffer.from(data as Uint8Array);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function bytesOf(seed: string, count: number): Buffer {
  const chunks: Buffer[] = [];
  for (let i = 0; chunks.length * 32 < count; i += 1) chunks.push(createHash('sha256').update(`${seed} ${i}`).digest());
  return Buffer.concat(chunks).subarray(0, count);
}

/** A deterministic Ed25519 blob. */
export function ed25519(seed: string): Buffer {
  return Buffer.concat([field('ssh-ed25519'), field(bytesOf(seed, 32))]);
}

/** A deterministic RSA blob: a number of that many bits as modulus. `label` as in the blob, `zeros` superfluous zero bytes. */
export function rsa(seed: string, bits = 2048, label = 'ssh-rsa', zeros = 1): Buffer {
  const modulus = bytesOf(seed, Math.ceil(bits / 8));
  modulus[0] = ((modulus[0] ?? 0) | 0x80) >> (modulus.length * 8 - bits);
  const padded = Buffer.concat([Buffer.alloc((modulus[0] ?? 0) & 0x80 ? zeros : Math.max(0, zeros - 1)), modulus]);
  return Buffer.concat([field(label), field(Uint8Array.of(1, 0, 1)), field(padded)]);
}

const points = new Map<string, Buffer>();

/** An ECDSA blob over nistp256 with a real point; the same one for the same seed within a process. */
export function ecdsa(seed: string): Buffer {
  let point = points.get(seed);
  if (!point) {
    const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
    point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
    points.set(seed, point);
  }
  return Buffer.concat([field('ecdsa-sha2-nistp256'), field('nistp256'), field(point)]);
}

/** `type base64`, as in known_hosts. */
export function keyText(blob: Buffer): string {
  const length = blob.readUInt32BE(0);
  return `${blob.subarray(4, 4 + length).toString('latin1')} ${blob.toString('base64')}`;
}

export function hashed(name: string): string {
  return hashName(name, bytesOf(name, 20));
}

/** A host whose files of known hosts are chosen by the test. */
export function hostWith(parts: Partial<HostConfig>): HostConfig {
  return hostConfig({ knownHostsConfigured: true, ...parts });
}
