import { Buffer } from 'node:buffer';
import type { KeyObject } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { KeyError, type KeyErrorCode } from './key-error.ts';
import { unlockPrivateKey } from './private-key.ts';

/** The worker thread that decrypts private keys: deriving a key takes up to seconds and must not hold the engine's thread. */

/** To the worker. Both arrays are transferred and overwritten when done. */
export interface KeyWorkerRequest {
  readonly id: number;
  readonly file: Uint8Array;
  readonly passphrase: Uint8Array | null;
}

/** From the worker. */
export type KeyWorkerReply =
  | {
      readonly id: number;
      readonly key: KeyObject;
      readonly type: string;
      readonly blob: Uint8Array;
      readonly comment: string;
    }
  | { readonly id: number; readonly code: KeyErrorCode; readonly message: string };

parentPort?.on('message', (request: KeyWorkerRequest) => {
  parentPort?.postMessage(answer(request));
});

function answer({ id, file, passphrase }: KeyWorkerRequest): KeyWorkerReply {
  try {
    const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
    const { key, type, blob, comment } = unlockPrivateKey(bytes, passphrase);
    return { id, key, type, blob: Uint8Array.from(blob), comment };
  } catch (thrown) {
    if (thrown instanceof KeyError) return { id, code: thrown.code, message: thrown.message };
    return { id, code: 'broken', message: 'the private key is damaged' };
  } finally {
    file.fill(0);
    passphrase?.fill(0);
  }
}
