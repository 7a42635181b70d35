/**
 * host-keys: whose key is trusted for which name. Everything about known_hosts; nothing here opens a connection.
 *
 * - trust.ts              the seam to the connection: `HostKeyTrust`, `HostKeySession`
 * - host-key-trust.ts     `createHostKeyTrust`: policies, questions, pins
 * - verdict.ts            what known_hosts says about a key, and in which order to ask for keys (pure)
 * - host-names.ts         lookup names, patterns, hashed names
 * - known-hosts-file.ts   the parser: every byte kept, every line explained
 * - public-key.ts         key blobs, fingerprints, strict base64; randomart.ts draws
 * - trust-record.ts       since when a key is trusted, for people; changed-keys.ts, replace-host-key.ts: refusals and their way out
 * - known-hosts-store.ts  reading, appending and replacing files
 * - update-host-keys.ts   rotation of keys by the server (UpdateHostKeys)
 * - known-hosts-edit.ts   list, find and remove for the command line
 * - host-key-text.ts      the words
 */
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
   * `remoteAddress`: where the socket goes; null through a jump host or a proxy.
   */
  decide(key: Buffer, ask: AskHostKey, remoteAddress?: string | null): Promise<void>;
  /** Writes the pin that `decide` promised, if any. Rejects with `host-key-not-saved`; then the connection must be refused. */
  commit(): Promise<void>;
  /**
   * UpdateHostKeys, after authentication. `provenKeys`: keys whose possession the server has proved over this session. `advertisedKeys`: every
   * blob of its hostkeys-00 notice, as it came; only with these can keys that the server no longer has be told from keys whose proof failed.
   * Null if the notice is not at hand: then keys are added, but none is removed. Never rejects: a fault is logged and nothing changes.
   */
  update(provenKeys: readonly Buffer[], advertisedKeys: readonly Buffer[] | null): Promise<void>;
}

/** Reads known_hosts afresh for each attempt. */
export interface HostKeyTrust {
  prepare(host: HostConfig, memory: ConnectMemory): Promise<HostKeySession>;
}
