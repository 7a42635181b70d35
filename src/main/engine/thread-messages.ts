import type { MessagePort } from 'node:worker_threads';
import type { Cause } from '../../shared/model/failure.ts';
import type { Profile } from './config/paths.ts';
import type { CryptoPath } from './ssh/ssh2-seam.ts';

/** What the engine's thread is started with. */
export interface ThreadOptions {
  readonly profile: Profile;
  readonly logToStderr: boolean;
  /** Starts without a configuration too: a shell with a first-run page makes it. */
  readonly mayBeMissing: boolean;
}

/** From the engine's thread to the process around it. */
export type ThreadMessage =
  | { readonly kind: 'ready'; readonly line: string; readonly cryptoPath: CryptoPath }
  | { readonly kind: 'failed'; readonly causes: readonly Cause[]; readonly exitCode: number }
  | { readonly kind: 'stopped' };

/** To the engine's thread: end, or speak the contract over this port. */
export type ThreadCommand = { readonly kind: 'stop' } | { readonly kind: 'attach'; readonly port: MessagePort };
