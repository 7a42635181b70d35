import { Buffer } from 'node:buffer';
import { timingSafeEqual } from 'node:crypto';
import { poly1305 } from '@noble/ciphers/_poly1305.js';
import { chacha20orig } from '@noble/ciphers/chacha.js';

/**
 * ChaCha20 with a 64-bit nonce and Poly1305 as `chacha20-poly1305@openssh.com` puts them together (OpenSSH PROTOCOL.chacha20poly1305), for
 * key files: packet number 0, no length field. From a library because BoringSSL (Electron) has no bare ChaCha20 and node:crypto no bare Poly1305.
 * Only a few hundred bytes go through it, in the key worker.
 */

/** The packet number of a key file. */
const nonce = new Uint8Array(8);

/** The plain text, or null if the tag does not fit. `key` has 64 bytes; the second half is for packet lengths, which files do not have. */
export function openChachaPoly(key: Uint8Array, sealed: Uint8Array, tag: Uint8Array): Buffer | null {
  const cipherKey = key.subarray(0, 32);
  const macKey = chacha20orig(cipherKey, nonce, new Uint8Array(32));
  if (tag.length !== 16 || !timingSafeEqual(poly1305(sealed, macKey), tag)) return null;
  return Buffer.from(chacha20orig(cipherKey, nonce, sealed, undefined, 1));
}
