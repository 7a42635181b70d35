import type { Buffer } from 'node:buffer';
import { WireFormatError, WireReader } from './wire-format.ts';

const messageGlobalRequest = 80;
const noticeName = 'hostkeys-00@openssh.com';

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
