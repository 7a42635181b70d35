import type { Buffer } from 'node:buffer';
import type { HostConfig } from '../../../shared/model/config.ts';
import type { HostKeyDetails } from '../../../shared/model/prompt.ts';
import type { ConnectMemory } from '../ssh/link.ts';

/** Asks a person about an unknown key; `no` and cancelled become errors of the caller. */
export type AskHostKey = (details: HostKeyDetails, message: string) => Promise<'yes' | 'no' | 'once'>;

/**
 * The host-key side of one hop of one attempt. Order of calls: `orderAlgorithms`, `decide`, then, once the server has proved that it holds the
 * key (its signature over the exchange was checked), `commit`; after authentication perhaps `update`.
 */
export interface HostKeySession {
  /** Name under which known_hosts is searched: `host`, `[host]:port`, or the alias. */
  readonly lookupName: string;
  /** Sorts `supported` so that types with known keys come first, as OpenSSH does (order_hostkeyalgs). */
  orderAlgorithms(supported: readonly string[]): readonly string[];
  /**
   * Resolves if the key may be used. Rejects with `host-key-unknown`, `-changed`, `-revoked`, `-refused`, `-pin`, `-certificate`. Writes nothing.
   */
  decide(key: Buffer, ask: AskHostKey): Promise<void>;
  /** Writes the pin that `decide` promised, if any. Rejects with `host-key-not-saved`; then the connection must be refused. */
  commit(): Promise<void>;
  /** UpdateHostKeys with keys whose possession the server has proved. Never rejects: a fault is logged and nothing changes. */
  update(provenKeys: readonly Buffer[]): Promise<void>;
}

/** Reads known_hosts afresh for each attempt. */
export interface HostKeyTrust {
  prepare(host: HostConfig, memory: ConnectMemory): Promise<HostKeySession>;
}
