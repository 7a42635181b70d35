import type { TunnelConfig } from '../../../src/shared/model/config.ts';
import { asHoldfastError, type Cause, type HoldfastError } from '../../../src/shared/model/failure.ts';
import type { ForwardSpec, ForwardState } from '../../../src/shared/model/forward-spec.ts';
import type { ForwardStatus } from '../../../src/shared/model/tunnel.ts';
import type { ForwardRunner } from '../../../src/main/engine/forward/forward-runner.ts';
import { Emitter } from '../../../src/main/engine/lifecycle/emitter.ts';
import type { Log, LogFields } from '../../../src/main/engine/log/log.ts';
import type { SshLink } from '../../../src/main/engine/ssh/link.ts';

export function localForward(port: number, changes: { enabled?: boolean } = {}): ForwardSpec {
  return {
    spec: `local 127.0.0.1:${port} -> db:5432`,
    name: null,
    enabled: changes.enabled ?? true,
    maxConnections: 0,
    unlink: false,
    kind: 'local',
    listen: { kind: 'tcp', host: '127.0.0.1', port, lastPort: port },
    target: { kind: 'tcp', host: 'db', port: 5432 },
  };
}

export function remoteForward(port: number): ForwardSpec {
  return {
    spec: `remote ${port} -> 127.0.0.1:3000`,
    name: null,
    enabled: true,
    maxConnections: 0,
    unlink: false,
    kind: 'remote',
    listen: { kind: 'tcp', host: null, port, lastPort: port },
    target: { kind: 'tcp', host: '127.0.0.1', port: 3000 },
  };
}

export function tunnelConfig(changes: Partial<TunnelConfig> = {}): TunnelConfig {
  return {
    name: 'db',
    host: 'web',
    start: 'login',
    group: null,
    description: null,
    production: false,
    interactive: false,
    parkMs: 20_000,
    idleMs: 300_000,
    forwards: [localForward(5432)],
    probe: { kind: 'keepalive' },
    probeTimeoutMs: 10_000,
    backoff: { kind: 'exponential', firstMs: 1000, capMs: 60_000 },
    gateTimeMs: 0,
    pollMs: 60_000,
    firstPollMs: 60_000,
    maxStarts: -1,
    maxLifetimeMs: 0,
    stableMs: 60_000,
    ...changes,
  };
}

/** A runner that does what the test says. Local ones listen from `open`, all are up from `attach`. */
export class FakeRunner implements ForwardRunner {
  readonly spec: ForwardSpec;
  readonly tunnel: TunnelConfig;
  readonly calls: string[] = [];
  readonly #change = new Emitter<void>();
  readonly onDidChange = this.#change.event;
  readonly #knock = new Emitter<void>();
  readonly onDidKnock = this.#knock.event;
  readonly #fail = new Emitter<void>();
  readonly onDidFail = this.#fail.event;
  clients = 0;
  parked = 0;
  held = false;
  disposed = false;
  link: SshLink | null = null;
  openError: HoldfastError | null = null;
  attachError: HoldfastError | null = null;
  attachHangs = false;
  /** Attaching waits for this. */
  attachGate: Promise<void> | null = null;
  #state: ForwardState = 'waiting';
  #cause: Cause | null = null;

  constructor(spec: ForwardSpec, tunnel: TunnelConfig) {
    this.spec = spec;
    this.tunnel = tunnel;
  }

  get isListening(): boolean {
    return this.#state === 'listening' || this.#state === 'up';
  }

  connections(): readonly [] {
    return [];
  }

  async open(): Promise<void> {
    this.calls.push('open');
    if (this.spec.kind !== 'local') return;
    if (this.openError) this.#throw(this.openError);
    if (!this.isListening) this.#show('listening');
  }

  async attach(link: SshLink): Promise<void> {
    this.calls.push('attach');
    if (this.openError) this.#throw(this.openError);
    if (this.attachHangs) await new Promise<void>(() => {});
    if (this.attachGate) await this.attachGate;
    if (this.attachError) this.#throw(this.attachError);
    this.link = link;
    this.#cause = null;
    this.clients += this.parked;
    this.parked = 0;
    this.#show('up');
  }

  detach(): void {
    this.calls.push('detach');
    this.link = null;
    this.clients = 0;
    if (this.tunnel.parkMs === 0) this.parked = 0;
    this.#show(this.spec.kind === 'local' && this.tunnel.parkMs > 0 && this.isListening ? 'listening' : 'waiting');
    if (this.parked > 0) this.#knock.fire();
  }

  holdParked(held: boolean): void {
    this.held = held;
  }

  releaseParked(): void {
    this.calls.push('release');
    this.parked = 0;
  }

  status(): ForwardStatus {
    return {
      spec: this.spec.spec,
      state: this.#state,
      listen: this.isListening ? this.spec.spec : null,
      cause: this.#cause,
      clients: this.clients,
      bytesIn: 0,
      bytesOut: 0,
    };
  }

  /** A client comes. */
  knock(): void {
    if (this.link) {
      this.clients += 1;
    } else {
      this.parked += 1;
      this.#knock.fire();
    }
    this.#change.fire();
  }

  /** A client leaves. */
  leave(): void {
    this.clients -= 1;
    this.#change.fire();
  }

  /** The forward ends by itself. */
  breakDown(error: HoldfastError): void {
    this.#cause = error.toCause();
    this.#show('waiting');
    this.#fail.fire();
  }

  dispose(): void {
    this.calls.push('dispose');
    this.disposed = true;
    this.link = null;
    this.clients = 0;
    this.parked = 0;
    this.#state = 'off';
  }

  #throw(error: HoldfastError): never {
    this.#cause = asHoldfastError(error, this.spec.spec).toCause();
    this.#show('waiting');
    throw error;
  }

  #show(state: ForwardState): void {
    this.#state = state;
    this.#change.fire();
  }
}

/** Keeps what is logged, as `level message`. */
export class RecordingLog implements Log {
  readonly lines: string[] = [];
  /** The fields of each `info`. */
  readonly fields: LogFields[] = [];

  error(message: string): void {
    this.lines.push(`error ${message}`);
  }

  warn(message: string): void {
    this.lines.push(`warn ${message}`);
  }

  info(message: string, fields: LogFields = {}): void {
    this.lines.push(`info ${message}`);
    this.fields.push(fields);
  }

  debug(): void {}

  trace(): void {}

  child(): Log {
    return this;
  }
}
