import type { Buffer } from 'node:buffer';
import type { HostConfig } from '../../../src/shared/model/config.ts';
import { type FailureCode, HoldfastError } from '../../../src/shared/model/failure.ts';
import { Emitter } from '../../../src/main/engine/lifecycle/emitter.ts';
import type {
  ConnectRequest,
  Connector,
  ExecResult,
  LinkInfo,
  RemoteListener,
  SshChannel,
  SshLink,
} from '../../../src/main/engine/ssh/link.ts';
import { hostConfig } from '../../support/host-config.ts';

/** A host that is called by its name, with the usual agent and file of known hosts; neither is ever opened. */
export function hostNamed(name: string, changes: Partial<HostConfig> = {}): HostConfig {
  return hostConfig({
    name,
    address: `${name}.example.org`,
    agent: true,
    knownHosts: ['/home/me/.ssh/known_hosts'],
    ...changes,
  });
}

export function failure(code: FailureCode, hop = 'web', message = `It went wrong: ${code}.`): HoldfastError {
  return new HoldfastError({ code, where: hop, hop, message, next: 'Do something.' });
}

const info: LinkInfo = {
  serverVersion: 'SSH-2.0-Fake',
  kex: 'curve25519-sha256',
  cipher: 'aes128-gcm@openssh.com',
  mac: '',
  hostKeyType: 'ssh-ed25519',
  hostKeyFingerprint: 'SHA256:fake',
  strictKex: true,
  authenticatedBy: 'publickey',
  localAddress: null,
  remoteAddress: null,
};

/** A link whose life the test decides. */
export class FakeLink implements SshLink {
  readonly info: LinkInfo;
  readonly #close = new Emitter<HoldfastError | null>();
  readonly onDidClose = this.#close.event;
  isClosed = false;
  disposed = false;
  channels = 0;
  bytesIn = 0;
  bytesOut = 0;
  readonly verified: number[] = [];
  pings = 0;
  /** What a ping gives; a rejection makes it fail. */
  onPing: () => Promise<number> = async () => 12;
  onExec: () => Promise<ExecResult> = async () => ({ exitCode: 0, signal: null, stdout: '', stderr: '' });
  onOpen: () => Promise<SshChannel> = async () => {
    throw failure('target-refused');
  };
  onListenRemote: () => Promise<RemoteListener> = async () => {
    throw failure('remote-port-refused');
  };

  constructor(facts: Partial<LinkInfo> = {}) {
    this.info = { ...info, ...facts };
  }

  open(): Promise<SshChannel> {
    return this.onOpen();
  }

  listenRemote(): Promise<RemoteListener> {
    return this.onListenRemote();
  }

  exec(): Promise<ExecResult> {
    return this.onExec();
  }

  ping(): Promise<number> {
    this.pings += 1;
    return this.onPing();
  }

  verifySoon(withinMs: number): void {
    this.verified.push(withinMs);
  }

  /** The network or the server ends it. */
  die(error: HoldfastError): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#close.fire(error);
  }

  dispose(): void {
    this.disposed = true;
    if (this.isClosed) return;
    this.isClosed = true;
    this.#close.fire(null);
  }
}

/** One call of `connect` that waits for the test. */
export interface PendingConnect {
  readonly request: ConnectRequest;
  /** Lets it succeed. */
  succeed(link?: FakeLink): FakeLink;
  fail(error: HoldfastError): void;
}

/** Records connects; each waits until the test settles it, unless `automatic` gives the outcome (null: not yet). */
export class FakeConnector implements Connector {
  readonly calls: PendingConnect[] = [];
  readonly links: FakeLink[] = [];
  automatic: ((request: ConnectRequest) => FakeLink | HoldfastError | null) | null = null;

  connect(request: ConnectRequest): Promise<SshLink> {
    return new Promise((resolve, reject) => {
      const call: PendingConnect = {
        request,
        succeed: (link = new FakeLink()) => {
          this.links.push(link);
          resolve(link);
          return link;
        },
        fail: (error) => reject(error),
      };
      this.calls.push(call);
      request.signal.addEventListener('abort', () => reject(failure('cancelled')), { once: true });
      const outcome = this.automatic?.(request);
      if (outcome instanceof HoldfastError) call.fail(outcome);
      else if (outcome) call.succeed(outcome);
    });
  }

  /** The call with this number, from the end if negative. */
  call(index: number): PendingConnect {
    const call = this.calls.at(index);
    if (!call) throw new Error(`there is no connect ${index}; there were ${this.calls.length}`);
    return call;
  }
}

/** Remembers a key as trusted once, as the host-key part does. */
export function trustOnce(request: ConnectRequest, name: string, key: Buffer): void {
  request.memory.trustedOnce.set(name, key);
}
