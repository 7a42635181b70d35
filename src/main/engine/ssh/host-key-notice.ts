import type { Buffer } from 'node:buffer';
import { lookAtHostKey } from './host-key-size.ts';
import { WireFormatError, WireReader, WireWriter } from './wire-format.ts';

const messageGlobalRequest = 80;
const noticeName = 'hostkeys-00@openssh.com';
/** Keys of one notice that are looked at: each is proven by a signature. */
export const maxAdvertisedKeys = 32;

/** The key blobs of a hostkeys-00 notice (OpenSSH's PROTOCOL 2.5), in its order; null if the payload is something else or malformed. */
export function advertisedHostKeys(payload: Buffer): readonly Buffer[] | null {
  if (payload[0] !== messageGlobalRequest || payload.length < 1 + 4 + noticeName.length + 1) return null;
  if (payload.toString('latin1', 5, 5 + noticeName.length) !== noticeName) return null;
  try {
    const reader = new WireReader(payload.subarray(1));
    if (reader.text() !== noticeName) return null;
    reader.boolean();
    const blobs: Buffer[] = [];
    while (reader.remaining > 0) blobs.push(Uint8Array.prototype.slice.call(reader.string()) as Buffer);
    return blobs;
  } catch (error) {
    if (error instanceof WireFormatError) return null;
    throw error;
  }
}

/**
 * A notice without the keys that nothing is to be calculated with: foreign types, lengths out of bounds, and all behind the first 32. `blobs`: what
 * `advertisedHostKeys` found in it.
 */
export function filterHostKeyNotice(payload: Buffer, blobs: readonly Buffer[]): Buffer {
  const fitting = blobs.slice(0, maxAdvertisedKeys).filter((blob) => lookAtHostKey(blob).kind === 'fits');
  if (fitting.length === blobs.length) return payload;
  const writer = new WireWriter().raw(payload.subarray(0, 1 + 4 + noticeName.length + 1));
  for (const blob of fitting) writer.string(blob);
  return writer.toBuffer();
}

/** True if no signature in the reply to hostkeys-prove-00 is made with SHA-1, which ssh2 takes from RSA keys. */
export function areProofsModern(reply: Buffer): boolean {
  try {
    const reader = new WireReader(reply);
    while (reader.remaining > 0) if (new WireReader(reader.string()).name() === 'ssh-rsa') return false;
    return true;
  } catch (error) {
    if (error instanceof WireFormatError) return false;
    throw error;
  }
}
