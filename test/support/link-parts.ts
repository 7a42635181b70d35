import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';
import type { HostKeyTrust, HostKeySession } from '../../src/main/engine/host-keys/trust.ts';
import { systemClock } from '../../src/main/engine/lifecycle/clock.ts';
import { type Log, silentLog } from '../../src/main/engine/log/log.ts';
import { PromptBroker } from '../../src/main/engine/prompts/broker.ts';
import type { Authenticator } from '../../src/main/engine/ssh/authenticator.ts';
import { createConnector } from '../../src/main/engine/ssh/connect.ts';
import type { ConnectRequest, Connector, SshLink } from '../../src/main/engine/ssh/link.ts';
import type { HostConfig } from '../../src/shared/model/config.ts';
import { HoldfastError } from '../../src/shared/model/failure.ts';
import { hostConfig } from './host-config.ts';

/** A host on this machine for tests of the link alone: nothing asks, and nothing is sent that the test does not send. */
export function hostFor(port: number, overrides: Partial<HostConfig> = {}): HostConfig {
  return hostConfig({
    name: 'testhost',
    address: '127.0.0.1',
    port,
    user: 'root',
    knownHostsConfigured: true,
    hostKeyPolicy: 'strict',
    updateHostKeys: false,
    connectTimeoutMs: 10_000,
    authTimeoutMs: 10_000,
    aliveIntervalMs: 0,
    rekeyBytes: 0,
    rekeyIntervalMs: 0,
    maxChannels: 100,
    ...overrides,
  });
}

/** Trusts exactly one key, given as its public line, and counts the calls. */
export class OneKeyTrust implements HostKeyTrust {
  readonly decided: Buffer[] = [];
  committed = 0;
  readonly updates: { proven: readonly Buffer[]; advertised: readonly Buffer[] | null }[] = [];
  readonly #blobs: readonly Buffer[];
  readonly onDecide: (() => Promise<void>) | null;

  constructor(lines: readonly string[], onDecide: (() => Promise<void>) | null = null) {
    this.#blobs = lines.map((line) => Buffer.from(line.split(' ')[1] ?? '', 'base64'));
    this.onDecide = onDecide;
  }

  prepare(host: HostConfig): Promise<HostKeySession> {
    return Promise.resolve({
      lookupName: host.address,
      orderAlgorithms: (supported: readonly string[]) => supported,
      decide: async (key: Buffer) => {
        this.decided.push(key);
        await this.onDecide?.();
        if (this.#blobs.some((blob) => blob.equals(key))) return;
        throw new HoldfastError({
          code: 'host-key-unknown',
          where: host.name,
          message: 'unknown key',
          next: 'none',
          phase: 'host-key',
          hop: host.name,
        });
      },
      commit: () => {
        this.committed += 1;
        return Promise.resolve();
      },
      update: (proven: readonly Buffer[], advertised: readonly Buffer[] | null) => {
        this.updates.push({ proven, advertised });
        return Promise.resolve();
      },
    });
  }
}

/** Logs in with one unencrypted ed25519 key, without asking anybody. */
export function oneKeyAuthenticator(keyFile: string): Authenticator {
  return {
    authenticate: async (wire) => {
      const parsed = ssh2.utils.parseKey(readFileSync(keyFile));
      if (parsed instanceof Error) throw parsed;
      const key = Array.isArray(parsed) ? parsed[0] : parsed;
      if (!key) throw new Error('no key');
      const type = Buffer.from(key.type);
      const reply = await wire.signKey(key.type, key.getPublicSSH(), (data) => {
        const signature = key.sign(data);
        const size = (n: number): Buffer => {
          const bytes = Buffer.alloc(4);
          bytes.writeUInt32BE(n);
          return bytes;
        };
        return Promise.resolve(Buffer.concat([size(type.length), type, size(signature.length), signature]));
      });
      if (reply.kind === 'success') return { methods: ['publickey'], afterSuccess: () => Promise.resolve() };
      throw new HoldfastError({
        code: 'auth-failed',
        where: 'testhost',
        message: 'The login was refused.',
        next: 'none',
        phase: 'auth',
        hop: 'testhost',
      });
    },
  };
}

export interface LinkSetup {
  readonly connector: Connector;
  readonly prompts: PromptBroker;
  connect(host: HostConfig, options?: Partial<ConnectRequest>): Promise<SshLink>;
}

/** A connector with these parts, and requests filled in. */
export function linkSetup(
  trust: HostKeyTrust,
  authenticator: Authenticator,
  log: Log = silentLog,
  redact: (text: string) => string = (text) => text,
): LinkSetup {
  const prompts = new PromptBroker(systemClock);
  const connector = createConnector({
    clock: systemClock,
    trust,
    authenticator,
    prompts,
    log,
    redact,
  });
  return {
    connector,
    prompts,
    connect: (host, options = {}) =>
      connector.connect({
        host,
        hops: [],
        via: null,
        target: host.name,
        tunnels: () => ['tunnel'],
        memory: { trustedOnce: new Map() },
        patience: { handshakeMs: 0 },
        observer: { onPhase() {}, onWaiting() {} },
        signal: new AbortController().signal,
        ...options,
      }),
  };
}
